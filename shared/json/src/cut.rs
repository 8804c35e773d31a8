//! Records cut from a byte stream, without trusting any of them.
//!
//! A parser stops at the first mistake, and everything behind it is lost. This only follows brackets and quotes, so that
//! each record can be parsed by itself and one that is broken costs none of its neighbours. The stream may be one list of
//! gigabytes on one line, a list in an envelope (`{"Records":[…]}`), values that follow each other, or lines of text. No
//! more than one record is held at a time.

use std::{
    io::{self, Read},
    ops::Range,
};

use memchr::memchr;

use crate::{
    follow::{Follow, LOOKBACK, Step, is_space},
    window::Window,
};

/// Most of a record that is too long which is shown, in bytes.
const SHOWN: usize = 16 * 1024;

/// How a stream is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cutting {
    /// Most bytes of one record.
    pub record: usize,
    /// Most lists around each other. One that stands deeper is not opened.
    pub nesting: usize,
    /// Keys of outermost objects whose lists hold records: `Records`.
    pub lists: &'static [&'static str],
}

/// What was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A value whose brackets and quotes match, without the white space around it.
    Value(&'a [u8]),
    /// A line that does not begin as JSON does, without the white space around it.
    Line(&'a [u8]),
    /// What could not be cut: why, and its beginning.
    Fault(Fault, &'a [u8]),
}

/// Why something could not be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its brackets or quotes do not match.
    Broken,
    /// The stream ended in it; without a text, behind a record of a list that is not closed.
    CutOff,
    /// It is longer than [`Cutting::record`].
    Long,
    /// It is nested deeper than [`crate::MAX_DEPTH`].
    Deep,
    /// It stands in more than [`Cutting::nesting`] lists.
    Nested,
}

/// What is open around the place that was reached.
#[derive(Debug)]
enum Frame {
    /// A list, and whether an element stands before this place, so that a comma may follow.
    List { filled: bool },
    /// An envelope whose list was found.
    Envelope(Follow),
}

/// What is passed over because it belongs to a fault that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    Nothing,
    /// Up to the next bracket that may open a record or close a list, or to the end of the line.
    Line,
    /// Up to the next line that begins with a bracket.
    Lines,
}

/// What a [`Piece`] is, before its text is borrowed.
enum Kind {
    Value,
    Line,
    Fault(Fault),
}

/// A cut piece: its kind, and where it stands in the buffer, or that it was too long to be kept.
struct Cut {
    kind: Kind,
    place: Option<Range<usize>>,
}

/// Cuts a stream into records.
#[derive(Debug)]
pub struct Cutter<R> {
    window: Window<R>,
    cutting: Cutting,
    frames: Vec<Frame>,
    skip: Skip,
    /// Whether something was broken, so that brackets may be left over.
    is_damaged: bool,
    is_blank: bool,
    /// The beginning of a record that is too long.
    long: Vec<u8>,
}

impl<R: Read> Cutter<R> {
    /// A cutter at the beginning of a stream.
    pub fn new(input: R, cutting: Cutting) -> Self {
        Self {
            window: Window::new(input),
            cutting,
            frames: Vec::new(),
            skip: Skip::Nothing,
            is_damaged: false,
            is_blank: true,
            long: Vec::new(),
        }
    }

    /// Whether the stream held nothing but white space so far.
    pub fn is_blank(&self) -> bool {
        self.is_blank
    }

    /// The next piece, or nothing at the end.
    ///
    /// # Errors
    /// The stream's own, once, behind all that was read before it.
    // An iterator cannot lend.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        let Some(cut) = self.cut() else {
            return self.window.error().map_or(Ok(None), Err);
        };
        let text = match cut.place {
            Some(place) => self.window.at(place),
            None => &self.long,
        };
        let text = text.trim_ascii();
        Ok(Some(match cut.kind {
            Kind::Value => Piece::Value(text),
            Kind::Line => Piece::Line(text),
            Kind::Fault(fault) => {
                self.is_damaged = true;
                Piece::Fault(fault, text.get(..SHOWN).unwrap_or(text))
            }
        }))
    }

    fn cut(&mut self) -> Option<Cut> {
        loop {
            if matches!(self.frames.last(), Some(Frame::Envelope(_))) {
                if let Some(cut) = self.envelope() {
                    return Some(cut);
                }
                continue;
            }
            self.pass_over();
            let Some(byte) = self.window.peek(0) else {
                // Somebody should know that a list was cut off, also where it ends behind a record or a comma.
                let is_open = self.frames.drain(..).count() > 0;
                return (is_open && !self.is_damaged).then(|| self.fault(Fault::CutOff, 0));
            };
            let outcome = match self.frames.last_mut() {
                None => self.outermost(byte),
                Some(Frame::List { filled }) => match byte {
                    b']' => {
                        self.frames.pop();
                        self.window.pass(1);
                        self.leave_list();
                        None
                    }
                    b',' if *filled || self.is_damaged => {
                        *filled = false;
                        self.window.pass(1);
                        None
                    }
                    b'}' if self.is_damaged => {
                        self.window.pass(1);
                        None
                    }
                    b',' | b'}' => Some(self.fault(Fault::Broken, 1)),
                    _ => {
                        *filled = true;
                        self.value(byte)
                    }
                },
                Some(Frame::Envelope(_)) => None,
            };
            if outcome.is_some() {
                return outcome;
            }
        }
    }

    /// Between values that stand in no list.
    fn outermost(&mut self, byte: u8) -> Option<Cut> {
        match byte {
            b'{' => self.value(byte),
            b'[' if self.opens_list() => self.value(byte),
            b',' | b']' | b'}' if self.is_damaged => {
                self.window.pass(1);
                None
            }
            _ => Some(self.line()),
        }
    }

    /// Whether a bracket at the beginning of a text opens a list of values, rather than a line as `[INFO] started` is.
    fn opens_list(&mut self) -> bool {
        let mut at = 1;
        loop {
            match self.window.peek(at) {
                Some(byte) if is_space(byte) && at < LOOKBACK => at += 1,
                next => return matches!(next, Some(b'{' | b'[' | b']' | b'"') | None),
            }
        }
    }

    /// A value. A list and an envelope are entered; others are cut whole.
    fn value(&mut self, byte: u8) -> Option<Cut> {
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
        let mut follow = Follow::default();
        let mut is_long = false;
        let (fault, consumed) = loop {
            let text = self.window.text();
            let step = follow.step(text, lists);
            let reached = match step {
                Step::More => text.len(),
                Step::Whole(at) | Step::Broken(at) | Step::List(at) => at,
            };
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
                Step::Whole(at) => break (None, at),
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

    /// A value that breaks behind `length` bytes. What stands on lines behind its first may be whole: a line that was cut
    /// off takes the next ones into its open brackets.
    fn broken(&mut self, fault: Fault, length: usize) -> Cut {
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
    fn line(&mut self) -> Cut {
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

    /// What follows an envelope's list, up to its end or to another list.
    fn envelope(&mut self) -> Option<Cut> {
        let Some(Frame::Envelope(mut follow)) = self.frames.pop() else { return None };
        loop {
            let text = self.window.text();
            match follow.step(text, self.cutting.lists) {
                Step::More if self.window.is_ended() => {
                    self.window.pass(usize::MAX);
                    return None;
                }
                Step::More => self.forget(&mut follow),
                Step::Whole(at) => {
                    self.window.pass(at);
                    self.leave_list();
                    return None;
                }
                Step::List(at) => {
                    self.window.pass(at);
                    self.frames.push(Frame::Envelope(follow.behind_list()));
                    self.frames.push(Frame::List { filled: false });
                    return None;
                }
                Step::Broken(at) => {
                    // A stray bracket at its end belongs to what was damaged before.
                    let length = at.min(text.len());
                    return Some(self.broken(Fault::Broken, length));
                }
            }
        }
    }

    /// A list or an envelope that ended is an element of the list around it.
    fn leave_list(&mut self) {
        if let Some(Frame::List { filled }) = self.frames.last_mut() {
            *filled = true;
        }
    }

    fn fault(&mut self, fault: Fault, length: usize) -> Cut {
        self.take(Kind::Fault(fault), length)
    }

    fn take(&mut self, kind: Kind, length: usize) -> Cut {
        let place = self.window.place(length);
        self.window.pass(length);
        Cut { kind, place: Some(place) }
    }

    /// Passes over white space, and over what belongs to a fault.
    fn pass_over(&mut self) {
        let mut is_line_begun = self.skip == Skip::Lines;
        while let Some(byte) = self.window.peek(0) {
            let is_over = match (self.skip, byte) {
                (_, b'\n') => {
                    if self.skip == Skip::Line {
                        self.skip = Skip::Nothing;
                    }
                    is_line_begun = false;
                    false
                }
                (_, byte) if is_space(byte) => false,
                (Skip::Nothing, _) => true,
                (Skip::Line, byte) => matches!(byte, b'{' | b']'),
                (Skip::Lines, byte) => {
                    let opens = !is_line_begun && matches!(byte, b'{' | b'[');
                    is_line_begun = true;
                    opens
                }
            };
            if is_over {
                self.skip = Skip::Nothing;
                self.is_blank = false;
                return;
            }
            self.window.pass(1);
        }
    }

    /// Drops what was followed, but for what may still be looked up, and reads on.
    fn forget(&mut self, follow: &mut Follow) {
        let dropped = follow.place().min(self.window.text().len()).saturating_sub(LOOKBACK);
        follow.forget(dropped);
        self.window.pass(dropped);
        self.window.fill();
    }
}
