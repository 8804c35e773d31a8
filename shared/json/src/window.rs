//! The part of a stream that is in memory: what was read of it and not cut yet.

use std::{
    io::{self, Read},
    ops::Range,
};

/// Bytes read at once, at least and at most.
const CHUNK: (usize, usize) = (4 * 1024, 128 * 1024);

/// A stream, and what is known of what comes next.
#[derive(Debug)]
pub(crate) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where in the buffer the text is that was not passed yet.
    begin: usize,
    end: usize,
    is_ended: bool,
    error: Option<io::Error>,
}

impl<R: Read> Window<R> {
    /// At the beginning of a stream.
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), begin: 0, end: 0, is_ended: false, error: None }
    }

    /// What was read and not passed.
    pub(crate) fn text(&self) -> &[u8] {
        self.buffer.get(self.begin..self.end).unwrap_or_default()
    }

    /// Where the next bytes stand, to be looked at until more is read.
    pub(crate) fn place(&self, length: usize) -> Range<usize> {
        self.begin..self.begin + length
    }

    /// What stands at a place.
    pub(crate) fn at(&self, place: Range<usize>) -> &[u8] {
        self.buffer.get(place).unwrap_or_default()
    }

    /// Passes so many bytes of what was read.
    pub(crate) fn pass(&mut self, bytes: usize) {
        self.begin = self.begin.saturating_add(bytes).min(self.end);
    }

    /// The byte so far ahead.
    pub(crate) fn peek(&mut self, ahead: usize) -> Option<u8> {
        while self.begin + ahead >= self.end {
            if !self.fill() {
                return None;
            }
        }
        self.buffer.get(self.begin + ahead).copied()
    }

    /// Whether the stream gives nothing more.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Why it ended, if not at its end; once.
    pub(crate) fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Reads more; whether there was more.
    pub(crate) fn fill(&mut self) -> bool {
        if self.is_ended {
            return false;
        }
        let was_filled = self.end == self.buffer.len();
        if self.begin > 0 {
            self.buffer.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
        }
        // Short texts are many, and a large room for each would cost more than reading them. So it grows while it is filled.
        let chunk = self.buffer.len().clamp(CHUNK.0, CHUNK.1);
        let is_small = was_filled && self.buffer.len() < CHUNK.1;
        if is_small || self.buffer.len() < self.end + chunk / 2 {
            self.buffer.resize(self.end + chunk, 0);
        }
        loop {
            match self.input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.is_ended = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_ended = true;
                    self.error = Some(error);
                }
            }
            return !self.is_ended;
        }
    }
}
