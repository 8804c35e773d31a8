//! One piece: where it ends, and what it is if it does not end as it should.

use std::io::Read;

use memchr::memchr;

use super::{Cut, Cutter, Fault, Frame, Kind, SHOWN, Skip};
use crate::{
    ahead,
    follow::{Follow, LOOKBACK, Step, is_space},
};

/// How far is looked ahead for the end of a record, in bytes: at first, and at most where records are long.
const AHEAD: (usize, usize) = (4 * 1024, 64 * 1024);

impl<R: Read> Cutter<R> {
    /// A value. A list and an envelope are entered; others are cut whole.
    pub(super) fn value(&mut self, byte: u8) -> Option<Cut> {
        let nesting = self.frames.iter().filter(|frame| matches!(frame, Frame::List { .. })).count();
        let may_open = nesting < self.cutting.nesting;
        match byte {
            b'[' if may_open => {
                self.window.pass(1);
                self.frames.push(Frame::List { filled: false });
                return None;
            }
            b'{' | b'[' | b'"' => {}
            _ => return Some(self.scalar()),
        }
        let lists = if byte == b'{' && may_open { self.cutting.lists } else { &[] };
        if byte == b'{'
            && let Some(length) = self.look_ahead(lists)
        {
            return Some(self.take(Kind::Value, length));
        }
        let mut follow = Follow::default();
        let mut is_long = false;
        let (fault, consumed) = loop {
            let text = self.window.text();
            let step = follow.step(text, lists);
            let reached = step.reached(text);
            if !is_long && reached > self.cutting.record {
                is_long = true;
                self.long.clear();
                self.long.extend(text.iter().take(SHOWN.min(self.cutting.record)));
            }
            match step {
                Step::More if self.window.is_ended() => break (Some(Fault::CutOff), reached),
                Step::More if is_long => self.forget(&mut follow),
                Step::More => {
                    self.window.fill();
                }
                Step::List(at) => {
                    self.window.pass(at);
                    self.frames.push(Frame::Envelope(follow.behind_list()));
                    self.frames.push(Frame::List { filled: false });
                    return None;
                }
                Step::Whole(at) if byte == b'[' => break (Some(Fault::Nested), at),
                Step::Whole(at) if follow.is_deep() => break (Some(Fault::Deep), at),
                Step::Whole(at) => {
                    self.ahead = self.ahead.max(2 * at).min(AHEAD.1);
                    break (None, at);
                }
                Step::Broken(at) => break (Some(Fault::Broken), at),
            }
        };
        Some(match (fault, is_long) {
            (Some(fault @ (Fault::Broken | Fault::CutOff)), false) => self.broken(fault, consumed),
            (_, true) => {
                self.window.pass(consumed);
                if fault == Some(Fault::Broken) {
                    self.skip = Skip::Line;
                }
                Cut { kind: Kind::Fault(Fault::Long), place: None }
            }
            (Some(fault), false) => self.fault(fault, consumed),
            (None, false) => self.take(Kind::Value, consumed),
        })
    }

    /// The length of an object that can be read as a whole, which most can.
    fn look_ahead(&mut self, lists: &[&str]) -> Option<usize> {
        let most = self.ahead.max(AHEAD.0).min(self.cutting.record);
        let text = self.window.text();
        let length = ahead::object(text.get(..most).unwrap_or(text), lists, &mut self.members);
        if length.is_none() {
            self.members.clear();
        }
        length
    }

    /// A value that breaks behind `length` bytes. What stands on lines behind its first may be whole: a line that was cut
    /// off takes the next ones into its open brackets.
    pub(super) fn broken(&mut self, fault: Fault, length: usize) -> Cut {
        let place = self.window.place(length);
        let text = self.window.at(place.clone());
        match memchr(b'\n', text) {
            Some(line) => {
                let ends_open = text.get(..line).unwrap_or_default().trim_ascii_end().last();
                self.skip = match ends_open {
                    Some(b'{' | b'[' | b',') => Skip::Lines,
                    _ => Skip::Nothing,
                };
                self.window.pass(line);
            }
            None => {
                self.skip = Skip::Line;
                self.window.pass(length);
            }
        }
        Cut { kind: Kind::Fault(fault), place: Some(place) }
    }

    /// What stands in a list and is neither bracket nor text: a number or a word.
    fn scalar(&mut self) -> Cut {
        let is_end = |byte: u8| matches!(byte, b',' | b']' | b'}') || is_space(byte);
        let length = self.until(is_end);
        self.bounded(Kind::Value, length)
    }

    /// A line of text.
    pub(super) fn line(&mut self) -> Cut {
        let length = self.until(|byte| byte == b'\n');
        self.bounded(Kind::Line, length)
    }

    /// How long the text is up to the byte that ends it, if it is not too long; otherwise it is passed over.
    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> Option<usize> {
        let mut seen = 0;
        let mut is_long = false;
        loop {
            let text = self.window.text();
            let rest = text.get(seen..).unwrap_or_default();
            let found = rest.iter().position(|byte| is_end(*byte)).map(|at| seen + at);
            let reached = found.unwrap_or(text.len());
            if !is_long && reached > self.cutting.record {
                is_long = true;
                self.long.clear();
                self.long.extend(text.iter().take(SHOWN.min(self.cutting.record)));
            }
            if is_long {
                self.window.pass(reached);
                seen = 0;
            } else {
                seen = reached;
            }
            if found.is_some() || !self.window.fill() {
                return (!is_long).then_some(seen);
            }
        }
    }

    fn bounded(&mut self, kind: Kind, length: Option<usize>) -> Cut {
        match length {
            Some(length) => self.take(kind, length),
            None => Cut { kind: Kind::Fault(Fault::Long), place: None },
        }
    }

    pub(super) fn fault(&mut self, fault: Fault, length: usize) -> Cut {
        self.take(Kind::Fault(fault), length)
    }

    fn take(&mut self, kind: Kind, length: usize) -> Cut {
        let place = self.window.place(length);
        self.window.pass(length);
        Cut { kind, place: Some(place) }
    }

    /// Drops what was followed, but for what may still be looked up, and reads on.
    pub(super) fn forget(&mut self, follow: &mut Follow) {
        let dropped = follow.place().min(self.window.text().len()).saturating_sub(LOOKBACK);
        follow.forget(dropped);
        self.window.pass(dropped);
        self.window.fill();
    }
}
