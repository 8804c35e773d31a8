//! Compressed deliveries, opened within limits.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use thiserror::Error;

/// Most bytes that a delivery may hold once it is expanded, all layers taken together.
pub(crate) const MAX_EXPANDED: usize = 256 * 1024 * 1024;
/// Most layers of compression around each other.
const MAX_LAYERS: usize = 3;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// First bytes of what is often delivered by mistake, with its name.
const UNREAD: [(&[u8], &str); 6] = [
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BZh", "bzip2"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "Zstandard"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
];

/// What came out of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expanded {
    /// The text, as far as it could be expanded.
    pub(crate) bytes: Vec<u8>,
    /// Why the rest could not be, where a compressed stream is damaged or cut off.
    pub(crate) damage: Option<String>,
}

/// Why a delivery is not opened at all.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ExpandError {
    #[error("expands to more than {limit} bytes; deliver it in smaller parts")]
    TooLarge { limit: usize },
    #[error("is compressed more than {MAX_LAYERS} times over; deliver it compressed once or not at all")]
    TooManyLayers,
    #[error("is {0}, which is not read; deliver JSON, plain or compressed with gzip")]
    NotRead(&'static str),
    #[error("is UTF-16 text; deliver UTF-8")]
    Utf16,
}

/// Undoes gzip (RFC 1952; several members too, as concatenated log files have) up to `limit` bytes. What a damaged
/// stream gave before the damage is kept, so that a delivery that was cut off loses only its tail.
pub(crate) fn expand(delivered: &[u8], limit: usize) -> Result<Expanded, ExpandError> {
    let mut bytes = delivered.to_vec();
    let mut damage = None;
    for _ in 0..MAX_LAYERS {
        if !bytes.starts_with(GZIP) {
            return plain(bytes, limit, damage);
        }
        let mut inner = Vec::new();
        let mut bounded = MultiGzDecoder::new(bytes.as_slice()).take(limit as u64 + 1);
        if let Err(error) = bounded.read_to_end(&mut inner) {
            damage =
                Some(format!("the gzip stream is damaged or cut off ({error}); what came before is read"));
        }
        if inner.len() > limit {
            return Err(ExpandError::TooLarge { limit });
        }
        bytes = inner;
    }
    if bytes.starts_with(GZIP) {
        return Err(ExpandError::TooManyLayers);
    }
    plain(bytes, limit, damage)
}

fn plain(mut bytes: Vec<u8>, limit: usize, damage: Option<String>) -> Result<Expanded, ExpandError> {
    if bytes.len() > limit {
        return Err(ExpandError::TooLarge { limit });
    }
    if let Some((_, name)) = UNREAD.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(ExpandError::NotRead(name));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ExpandError::Utf16);
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    Ok(Expanded { bytes, damage })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_and_layers_are_opened() {
        let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
        for (delivered, expected) in [
            (b"plain".to_vec(), &b"plain"[..]),
            (gzip(b"once"), b"once"),
            (gzip(&gzip(b"twice")), b"twice"),
            (two, b"one\ntwo\n"),
            (b"\xef\xbb\xbfmarked".to_vec(), b"marked"),
            (Vec::new(), b""),
        ] {
            assert_eq!(expand(&delivered, 100), Ok(Expanded { bytes: expected.to_vec(), damage: None }));
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_expanded() {
        let bomb = gzip(&vec![b'a'; 10 * 1024 * 1024]);
        assert!(bomb.len() < 100_000);
        assert_eq!(expand(&bomb, 1024), Err(ExpandError::TooLarge { limit: 1024 }));
        assert_eq!(expand(&gzip(&bomb), 1024 * 1024), Err(ExpandError::TooLarge { limit: 1024 * 1024 }));
        assert_eq!(expand(&gzip(&gzip(&gzip(&gzip(b"x")))), 1024), Err(ExpandError::TooManyLayers));
    }

    #[test]
    fn a_stream_that_was_cut_off_keeps_its_beginning() {
        let text = (0..2000).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>();
        let whole = gzip(text.as_bytes());
        let cut = expand(&whole[..whole.len() / 2], MAX_EXPANDED).unwrap();
        assert!(cut.damage.is_some());
        assert!(!cut.bytes.is_empty() && text.as_bytes().starts_with(&cut.bytes));
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (delivered, name) in
            [(&b"PAR1\x00"[..], "Parquet"), (b"PK\x03\x04", "ZIP"), (b"\xff\xfe{\x00", "UTF-16")]
        {
            let error = expand(delivered, 100).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
