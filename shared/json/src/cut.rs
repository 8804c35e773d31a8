//! Records cut from a byte stream, without trusting any of them.
//!
//! A parser stops at the first mistake, and everything behind it is lost. This only follows brackets and quotes, so that
//! each record can be parsed by itself and one that is broken costs none of its neighbours. The stream may be one list of
//! gigabytes on one line, a list in an envelope (`{"Records":[…]}`), values that follow each other, or lines of text. No
//! more than one record is held at a time.

mod one;

use std::{
    io::{self, Read},
    ops::Range,
};

use crate::{
    ahead::Place,
    document::{Document, Malformed},
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
    /// A value whose brackets and quotes match.
    Value(Whole<'a>),
    /// A line that does not begin as JSON does, without the white space around it.
    Line(&'a [u8]),
    /// What could not be cut: why, and its beginning.
    Fault(Fault, &'a [u8]),
}

/// A value that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    text: &'a [u8],
    /// Its members, if it was read while it was cut.
    members: &'a [Place],
}

impl<'a> Whole<'a> {
    /// Its text, without the white space around it.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Reads it.
    ///
    /// # Errors
    /// It is no document, although its brackets and quotes match.
    pub fn document(&self) -> Result<Document<'a>, Malformed> {
        match self.members {
            [] => Document::parse(self.text),
            members => Document::indexed(self.text, members),
        }
    }
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
    /// Whether that was since the outermost list was opened, so that its missing end is no news.
    is_told: bool,
    is_blank: bool,
    /// The beginning of a record that is too long.
    long: Vec<u8>,
    /// Where the members of the record are, if it was read while it was cut.
    members: Vec<Place>,
    /// How far is looked ahead for the end of a record, in bytes.
    ahead: usize,
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
            is_told: false,
            is_blank: true,
            long: Vec::new(),
            members: Vec::new(),
            ahead: 0,
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
        self.members.clear();
        let Some(cut) = self.cut() else {
            return self.window.error().map_or(Ok(None), Err);
        };
        let text = match cut.place {
            Some(place) => self.window.at(place),
            None => &self.long,
        };
        let text = text.trim_ascii();
        Ok(Some(match cut.kind {
            Kind::Value => Piece::Value(Whole { text, members: &self.members }),
            Kind::Line => Piece::Line(text),
            Kind::Fault(fault) => {
                self.is_damaged = true;
                self.is_told = true;
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
                return (is_open && !self.is_told).then(|| self.fault(Fault::CutOff, 0));
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
            b'{' | b'[' if byte == b'{' || self.opens_list() => {
                self.is_told = false;
                self.value(byte)
            }
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

    /// What follows an envelope's list, up to its end or to another list.
    fn envelope(&mut self) -> Option<Cut> {
        let Some(Frame::Envelope(mut follow)) = self.frames.pop() else { return None };
        let mut is_long = false;
        loop {
            let text = self.window.text();
            let step = follow.step(text, self.cutting.lists);
            is_long |= step.reached(text) > self.cutting.record;
            match step {
                Step::More if !self.window.is_ended() && is_long => self.forget(&mut follow),
                Step::More if !self.window.is_ended() => {
                    self.window.fill();
                }
                // All that is missing is its last bracket, which costs nothing.
                Step::More if text.trim_ascii().is_empty() => {
                    self.window.pass(usize::MAX);
                    return None;
                }
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
                step if is_long => {
                    self.window.pass(step.reached(text));
                    self.skip = Skip::Line;
                    return Some(self.fault(Fault::Broken, 0));
                }
                Step::More => return Some(self.broken(Fault::CutOff, text.len())),
                Step::Broken(at) => return Some(self.broken(Fault::Broken, at)),
            }
        }
    }

    /// A list or an envelope that ended is an element of the list around it.
    fn leave_list(&mut self) {
        if let Some(Frame::List { filled }) = self.frames.last_mut() {
            *filled = true;
        }
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
}
