//! What is remembered of one group: a few bytes.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form in which windows are packed. Another one is not understood.
const VERSION: u8 = 1;

/// As many bytes as fit beside a table's other fields: three observations, mostly.
const INLINE: usize = 38;

/// The bytes of a token that are kept. Nobody finds many values of one token among 2^56.
const TOKEN: usize = 7;

/// What a correlation remembers of one group, packed.
///
/// It is kept as text that says nothing to people. A text of another version, or one that is damaged, is read as an empty
/// window: a rule then sees what comes from there on, which is better than an engine that stands still.
#[derive(Clone)]
pub struct Window(Packed);

#[derive(Clone)]
enum Packed {
    Inline { length: u8, bytes: [u8; INLINE] },
    Spilled(Box<[u8]>),
}

/// A window that is open to be worked on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// In the order of time, and of tokens where the time is the same; each once.
    pub(super) seen: Vec<Seen>,
    /// In the order of time.
    pub(super) bursts: Vec<Burst>,
}

/// That a token was seen then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) at: i64,
    pub(super) token: u64,
}

/// That the condition held from `first` to `last`, and was first reported where a window ended `since`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Burst {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) since: i64,
}

impl Seen {
    pub(super) fn new(at: i64, token: u64) -> Self {
        Self { at, token: token & (u64::MAX >> (64 - 8 * TOKEN)) }
    }
}

impl Window {
    /// The time of the newest observation in it, milliseconds since 1970.
    pub fn newest(&self) -> Option<i64> {
        self.open().seen.last().map(|seen| seen.at)
    }

    /// How many observations it holds.
    pub fn len(&self) -> usize {
        self.open().seen.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    pub(super) fn open(&self) -> State {
        State::unpack(self.bytes()).unwrap_or_default()
    }

    pub(super) fn keep(&mut self, state: &State) {
        *self = Self::from_bytes(&state.pack());
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Packed::Inline { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Packed::Spilled(bytes) => bytes,
        }
    }

    fn from_bytes(packed: &[u8]) -> Self {
        let mut bytes = [0; INLINE];
        Self(match bytes.get_mut(..packed.len()) {
            Some(start) => {
                start.copy_from_slice(packed);
                Packed::Inline { length: packed.len() as u8, bytes }
            }
            None => Packed::Spilled(packed.into()),
        })
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::from_bytes(&[])
    }
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Window {}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.open().fmt(f)
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(self.bytes()))
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = BASE64.decode(String::deserialize(deserializer)?).unwrap_or_default();
        Ok(State::unpack(&bytes).map_or_else(Self::default, |_| Self::from_bytes(&bytes)))
    }
}

impl State {
    /// The version, and whether tokens are a byte each; the number of observations; the time of the newest and what each
    /// lies before the one after it, with their tokens; the bursts, counted back from the newest observation.
    fn pack(&self) -> Vec<u8> {
        let Some(newest) = self.seen.last() else { return Vec::new() };
        let narrow = self.seen.iter().all(|seen| seen.token <= u64::from(u8::MAX));
        let mut out = vec![VERSION << 1 | u8::from(narrow)];
        put(&mut out, self.seen.len() as u64);
        put(&mut out, zigzag(newest.at));
        let mut later = None;
        for seen in self.seen.iter().rev() {
            if let Some(later) = later.replace(seen.at) {
                put(&mut out, later.wrapping_sub(seen.at) as u64);
            }
            let token = seen.token.to_be_bytes();
            out.extend_from_slice(if narrow { &token[7..] } else { &token[8 - TOKEN..] });
        }
        for burst in &self.bursts {
            put(&mut out, zigzag(newest.at.wrapping_sub(burst.last)));
            put(&mut out, burst.last.wrapping_sub(burst.first) as u64);
            put(&mut out, zigzag(burst.since.wrapping_sub(burst.first)));
        }
        out
    }

    fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let mut state = Self::default();
        let Some(head) = take(&mut bytes, 1) else { return Some(state) };
        if head[0] >> 1 != VERSION {
            return None;
        }
        let narrow = head[0] & 1 == 1;
        let count = get(&mut bytes)?;
        let newest = unzigzag(get(&mut bytes)?);
        let mut at = newest;
        for n in 0..count {
            if n > 0 {
                at = at.wrapping_sub(get(&mut bytes)? as i64);
            }
            let token = take(&mut bytes, if narrow { 1 } else { TOKEN })?;
            let token = token.iter().fold(0, |token, byte| token << 8 | u64::from(*byte));
            state.seen.push(Seen { at, token });
        }
        state.seen.reverse();
        while !bytes.is_empty() {
            let last = newest.wrapping_sub(unzigzag(get(&mut bytes)?));
            let first = last.wrapping_sub(get(&mut bytes)? as i64);
            let since = first.wrapping_add(unzigzag(get(&mut bytes)?));
            state.bursts.push(Burst { first, last, since });
        }
        let in_order = state.seen.is_sorted_by(|a, b| a < b) && state.bursts.is_sorted_by_key(|b| b.first);
        (in_order && count > 0).then_some(state)
    }
}

/// Signed numbers near zero become small ones.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Seven bits a byte, the lowest first; the eighth says that more follow (LEB128).
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn get(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_window_in_a_table_is_forty_bytes() {
        assert_eq!(size_of::<Window>(), 40);
    }

    #[test]
    fn what_is_not_understood_is_an_empty_window() {
        for text in ["", "!", "AA", "//////", "BAEAAAAAAAAAAAA", "AwAA", "AwEA"] {
            let window: Window = serde_json::from_value(text.into()).unwrap();
            assert_eq!(window, Window::default(), "{text}");
        }
        assert_eq!(serde_json::to_value(Window::default()).unwrap(), "");
    }

    /// What is stored today must be read tomorrow.
    #[test]
    fn the_stored_form_stays() {
        let state = State {
            seen: vec![Seen { at: 1_700_000_000_000, token: 0 }, Seen { at: 1_700_000_060_000, token: 1 }],
            bursts: vec![Burst {
                first: 1_700_000_060_000,
                last: 1_700_000_060_000,
                since: 1_700_000_060_000,
            }],
        };
        let mut window = Window::default();
        window.keep(&state);
        let text = serde_json::to_string(&window).unwrap();
        assert_eq!(text, r#""AwLAybL++WIB4NQDAAAAAA""#);
        assert_eq!(serde_json::from_str::<Window>(&text).unwrap().open(), state);
    }

    prop_compose! {
        fn state()(
            seen in prop::collection::btree_set((any::<i64>(), prop_oneof![0u64..9, any::<u64>()]), 1..9),
            bursts in prop::collection::btree_map(any::<i64>(), (0i64..9, any::<i64>()), 0..3),
        ) -> State {
            State {
                seen: seen.into_iter().map(|(at, token)| Seen::new(at, token)).collect(),
                bursts: bursts
                    .into_iter()
                    .map(|(first, (n, since))| Burst { first, last: first.saturating_add(n), since })
                    .collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_is_opened(state in state()) {
            let mut window = Window::default();
            window.keep(&state);
            prop_assert_eq!(&window.open(), &state);
            let text = serde_json::to_string(&window).unwrap();
            prop_assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            State::unpack(&bytes);
            State::unpack(&[&[VERSION << 1 | 1], &bytes[..]].concat());
        }
    }
}
