//! Brackets and quotes of one value, followed through as much of its text as is there.

use memchr::memchr3;

use crate::MAX_DEPTH;

/// How far back is looked for what stands before a bracket, in bytes; what stands farther away is not asked for.
pub(crate) const LOOKBACK: usize = 256;

/// A place in a value's text, and what is open there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Follow {
    place: usize,
    depth: usize,
    deepest: usize,
    /// Which of the open brackets are those of lists, the innermost last.
    lists: u128,
    is_quoted: bool,
    /// What stood before the text, if it is not the value's beginning.
    prior: Option<u8>,
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The text ends before the value does.
    More,
    /// The value ends here.
    Whole(usize),
    /// Behind this place it cannot be JSON.
    Broken(usize),
    /// Behind the bracket of a list under one of the asked keys of the outermost object.
    List(usize),
}

impl Step {
    /// How much of the text belongs to the value as far as it is known.
    pub(crate) fn reached(self, text: &[u8]) -> usize {
        match self {
            Step::More => text.len(),
            Step::Whole(at) | Step::Broken(at) | Step::List(at) => at,
        }
    }
}

/// JSON's white space (RFC 8259, section 2).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

static OUTSIDE: [bool; 256] = table(b"{}[]\"");
static INSIDE: [bool; 256] = table(b"\"\\\n");

impl Follow {
    /// Where it stands.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// Whether it was deeper than [`MAX_DEPTH`] anywhere.
    pub(crate) fn is_deep(&self) -> bool {
        self.deepest > MAX_DEPTH
    }

    /// The first `bytes` of the text are not there any more.
    pub(crate) fn forget(&mut self, bytes: usize) {
        self.place = self.place.saturating_sub(bytes);
    }

    /// The text goes on behind a list that was cut by itself.
    pub(crate) fn behind_list(mut self) -> Self {
        self.place = 0;
        self.prior = Some(b']');
        self
    }

    /// Goes on to the end of the value or of the text, or to a list under one of these keys.
    pub(crate) fn step(&mut self, text: &[u8], keys: &[&str]) -> Step {
        loop {
            let rest = text.get(self.place..).unwrap_or_default();
            let found = if self.is_quoted {
                inside(rest)
            } else {
                rest.iter().position(|b| OUTSIDE[usize::from(*b)])
            };
            let Some(found) = found else {
                // Behind an escape at the end of the text it stands behind the end already.
                self.place = self.place.max(text.len());
                return Step::More;
            };
            let at = self.place + found;
            self.place = at + 1;
            match text.get(at).copied().unwrap_or_default() {
                b'"' => {
                    self.is_quoted = !self.is_quoted;
                    if self.depth == 0 && !self.is_quoted {
                        return Step::Whole(at + 1);
                    }
                }
                b'\\' => self.place = at + 2,
                // JSON has none inside a string: the quote was never closed.
                b'\n' => return Step::Broken(at),
                b'[' if self.depth == 1 && is_list_of(text.get(..at).unwrap_or_default(), keys) => {
                    return Step::List(at + 1);
                }
                bracket @ (b'{' | b'[') => {
                    if bracket == b'{' && !self.may_open(text.get(..at).unwrap_or_default()) {
                        return Step::Broken(at);
                    }
                    self.open(bracket == b'[');
                }
                bracket => {
                    if self.depth <= MAX_DEPTH && (self.lists & 1 == 1) != (bracket == b']') {
                        return Step::Broken(at + 1);
                    }
                    self.close();
                    if self.depth == 0 {
                        return Step::Whole(at + 1);
                    }
                }
            }
        }
    }

    fn open(&mut self, is_list: bool) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth <= MAX_DEPTH {
            self.lists = self.lists << 1 | u128::from(is_list);
        }
    }

    fn close(&mut self) {
        if self.depth <= MAX_DEPTH {
            self.lists >>= 1;
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether an object may begin behind this text. It may not where a record before it was cut off: the open brackets
    /// of one would take its neighbours in.
    fn may_open(&self, before: &[u8]) -> bool {
        if self.depth == 0 || self.depth > MAX_DEPTH {
            return true;
        }
        let near = before.get(before.len().saturating_sub(LOOKBACK)..).unwrap_or_default();
        match near.trim_ascii_end().last().copied().or(self.prior) {
            None => true,
            Some(last) if self.lists & 1 == 1 => matches!(last, b'[' | b','),
            Some(last) => last == b':',
        }
    }
}

/// The next byte of a string that means something. Most strings are short, which a search in large steps is slow for.
fn inside(rest: &[u8]) -> Option<usize> {
    const NEAR: usize = 24;
    let near = rest.get(..NEAR).unwrap_or(rest);
    near.iter()
        .position(|b| INSIDE[usize::from(*b)])
        .or_else(|| rest.get(NEAR..).and_then(|far| memchr3(b'"', b'\\', b'\n', far)).map(|at| NEAR + at))
}

/// Whether the text ends with one of these keys and a colon.
fn is_list_of(before: &[u8], keys: &[&str]) -> bool {
    if keys.is_empty() {
        return false;
    }
    let near = before.get(before.len().saturating_sub(LOOKBACK)..).unwrap_or_default();
    let key = near.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end);
    let Some(key) = key.and_then(|key| key.strip_suffix(b"\"")) else { return false };
    keys.iter().any(|asked| key.strip_suffix(asked.as_bytes()).is_some_and(|rest| rest.ends_with(b"\"")))
}
