//! Values as they look inside of something that encodes them.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A modifier that changes the value that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf16Le,
    Utf16Be,
    /// Little-endian behind a byte order mark.
    Utf16,
    Base64,
    /// Base64 of it at each of the three places where it can stand in what was encoded.
    Base64Offset,
}

impl Encoding {
    /// What becomes of the values.
    pub(crate) fn apply(self, values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        values.into_iter().flat_map(|value| self.of(&value)).collect()
    }

    fn of(self, value: &[u8]) -> Vec<Vec<u8>> {
        let units = || String::from_utf8_lossy(value).encode_utf16().collect::<Vec<_>>();
        match self {
            Encoding::Utf16Le => vec![units().into_iter().flat_map(u16::to_le_bytes).collect()],
            Encoding::Utf16Be => vec![units().into_iter().flat_map(u16::to_be_bytes).collect()],
            Encoding::Utf16 => {
                let units = std::iter::once(0xfeff).chain(units());
                vec![units.flat_map(u16::to_le_bytes).collect()]
            }
            Encoding::Base64 => vec![STANDARD.encode(value).into_bytes()],
            Encoding::Base64Offset => (0..3).map(|offset| at_offset(value, offset)).collect(),
        }
    }
}

/// Of the text, those characters that depend on nothing but the value: six bits each.
fn at_offset(value: &[u8], offset: usize) -> Vec<u8> {
    let shifted: Vec<u8> = std::iter::repeat_n(0, offset).chain(value.iter().copied()).collect();
    let encoded = STANDARD.encode(&shifted).into_bytes();
    let (first, end) = ((offset * 8).div_ceil(6), shifted.len() * 8 / 6);
    encoded.get(first..end).unwrap_or_default().to_vec()
}
