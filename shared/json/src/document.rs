//! One JSON value, read as late as possible.
//!
//! A record has hundreds of values, of which rules ask for a handful. So one pass says whether the text is JSON, and notes
//! where the members of the outermost object are; each level below is read when somebody first looks into it, and once.

use std::{borrow::Cow, cell::OnceCell};

use serde::de::IgnoredAny;
use serde_json::Value;
use thiserror::Error;

use crate::{
    ahead::{self, Place},
    level,
};

/// Deepest nesting of lists and maps, as in `serde_json`.
pub const MAX_DEPTH: usize = 128;

/// Why a text is no document.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// JSON is UTF-8 (RFC 8259, section 8.1).
    #[error("not UTF-8 at byte {0}")]
    Utf8(usize),
    /// Not one JSON value; says where.
    #[error("not JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    Deep,
}

/// A text that is known to be one JSON value.
#[derive(Clone, Debug)]
pub struct Document<'a>(Node<'a>);

impl<'a> Document<'a> {
    /// Reads one JSON value; white space may stand around it.
    pub fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(text).map_err(|error| Malformed::Utf8(error.valid_up_to()))?;
        Node::parse(Cow::Borrowed(text)).map(Self)
    }

    /// An object that was found to be one, with these members.
    pub(crate) fn indexed(text: &'a [u8], places: &[Place]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(text).map_err(|error| Malformed::Utf8(error.valid_up_to()))?;
        let read = Read::Map(ahead::members(text, places));
        Ok(Self(Node { raw: Cow::Borrowed(text), read: OnceCell::from(Box::new(read)) }))
    }

    /// The outermost value.
    pub fn root(&self) -> &Node<'a> {
        &self.0
    }

    /// The member of the outermost map that has this key.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.0.get(key)
    }

    /// All of it as a `Value`; see [`Node::to_value`].
    pub fn to_value(&self) -> Value {
        self.0.to_value()
    }
}

/// A value inside a document.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// Borrowed from the record, or owned where it stands in a document within a text.
    raw: Cow<'a, str>,
    read: OnceCell<Box<Read<'a>>>,
}

/// What was found when somebody looked.
#[derive(Clone, Debug)]
enum Read<'a> {
    Text { unescaped: Option<String>, document: OnceCell<Option<Node<'a>>> },
    List(Vec<Node<'a>>),
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'n, 'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written, so that nothing of it is lost.
    Number(&'n str),
    /// A text without its quotes and escapes. A surrogate without its partner is U+FFFD.
    Text(&'n str),
    /// An array.
    List(&'n [Node<'a>]),
    /// An object.
    Map(Members<'n, 'a>),
}

/// An object's members. Of members with the same key the last one counts, as in `serde_json`.
#[derive(Clone, Copy, Debug)]
pub struct Members<'n, 'a>(&'n [(Cow<'a, str>, Node<'a>)]);

impl<'n, 'a> Members<'n, 'a> {
    /// The member with this key.
    pub fn get(self, key: &str) -> Option<&'n Node<'a>> {
        level::find(self.0, key).map(|(_, node)| node)
    }

    /// Each key, once, with its value; in no particular order.
    pub fn iter(self) -> impl Iterator<Item = (&'n str, &'n Node<'a>)> {
        let counts = move |place: usize, key: &str| level::is_last(self.0, place, key);
        let members = self.0.iter().enumerate().filter(move |(place, (key, _))| counts(*place, key));
        members.map(|(_, (key, node))| (key.as_ref(), node))
    }
}

impl<'a> Node<'a> {
    /// A node for a text of unknown quality.
    fn parse(text: Cow<'a, str>) -> Result<Self, Malformed> {
        if level::depth(text.as_bytes()) > MAX_DEPTH {
            return Err(Malformed::Deep);
        }
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(level::is_space)),
            Cow::Owned(text) => Cow::Owned(text.trim_matches(level::is_space).to_owned()),
        };
        let node = Self::new(text);
        if node.raw.starts_with('{') {
            let members = node.members_of()?;
            let _ = node.read.set(Box::new(Read::Map(members)));
        } else {
            serde_json::from_str::<IgnoredAny>(&node.raw)?;
        }
        Ok(node)
    }

    /// A node for a text that is JSON.
    pub(crate) fn new(raw: Cow<'a, str>) -> Self {
        Self { raw, read: OnceCell::new() }
    }

    /// The text that it was read from, without white space around it. Escapes and numbers are as they were written.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What it is.
    pub fn shape(&self) -> Shape<'_, 'a> {
        match self.raw.as_bytes().first() {
            Some(b'"') => Shape::Text(self.unquoted()),
            Some(b'{') => Shape::Map(Members(self.members())),
            Some(b'[') => Shape::List(self.elements()),
            Some(b't') => Shape::Bool(true),
            Some(b'f') => Shape::Bool(false),
            Some(b'n') | None => Shape::Null,
            Some(_) => Shape::Number(&self.raw),
        }
    }

    /// The member with this key, of a map.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        level::find(self.members(), key).map(|(_, node)| node)
    }

    /// The elements, of a list; otherwise none.
    pub fn elements(&self) -> &[Node<'a>] {
        if !self.raw.starts_with('[') {
            return &[];
        }
        match self.read(|| Read::List(self.elements_of())) {
            Read::List(elements) => elements,
            Read::Text { .. } | Read::Map(_) => &[],
        }
    }

    /// Its text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        self.raw.starts_with('"').then(|| self.unquoted())
    }

    /// The list or map that its text is the JSON of, as IAM policies are in CloudTrail.
    pub fn document(&self) -> Option<&Node<'a>> {
        let text = self.as_text()?;
        if !text.trim_start_matches(level::is_space).starts_with(['{', '[']) {
            return None;
        }
        let Read::Text { document, .. } = self.read(|| self.text_of()) else { return None };
        document.get_or_init(|| Node::parse(Cow::Owned(text.to_owned())).ok()).as_ref()
    }

    /// All of it as a `Value`. A number that `Value` cannot hold becomes its text.
    pub fn to_value(&self) -> Value {
        match self.shape() {
            Shape::Null => Value::Null,
            Shape::Bool(value) => Value::Bool(value),
            Shape::Number(text) => text.parse().map_or_else(|_| Value::from(text), Value::Number),
            Shape::Text(text) => Value::from(text),
            Shape::List(elements) => elements.iter().map(Node::to_value).collect(),
            Shape::Map(map) => map.iter().map(|(key, node)| (key, node.to_value())).collect(),
        }
    }

    fn read(&self, read: impl FnOnce() -> Read<'a>) -> &Read<'a> {
        self.read.get_or_init(|| Box::new(read()))
    }

    fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        if !self.raw.starts_with('{') {
            return &[];
        }
        // The whole text was found to be JSON, and so is each part of it.
        match self.read(|| Read::Map(self.members_of().unwrap_or_default())) {
            Read::Map(members) => members,
            Read::Text { .. } | Read::List(_) => &[],
        }
    }

    fn unquoted(&self) -> &str {
        let inside = self.raw.get(1..self.raw.len().saturating_sub(1)).unwrap_or_default();
        if memchr::memchr(b'\\', inside.as_bytes()).is_none() {
            return inside;
        }
        match self.read(|| self.text_of()) {
            Read::Text { unescaped: Some(text), .. } => text,
            _ => inside,
        }
    }

    fn text_of(&self) -> Read<'a> {
        Read::Text { unescaped: level::unescaped(&self.raw), document: OnceCell::new() }
    }

    fn elements_of(&self) -> Vec<Node<'a>> {
        match &self.raw {
            Cow::Borrowed(text) => level::elements(text),
            Cow::Owned(text) => level::elements(text).into_iter().map(Node::into_owned).collect(),
        }
    }

    fn members_of(&self) -> Result<Vec<(Cow<'a, str>, Node<'a>)>, serde_json::Error> {
        match &self.raw {
            Cow::Borrowed(text) => level::members(text),
            Cow::Owned(text) => {
                let own =
                    |(key, node): (Cow<'_, str>, Node<'_>)| (key.into_owned().into(), node.into_owned());
                Ok(level::members(text)?.into_iter().map(own).collect())
            }
        }
    }

    /// It, unread, on its own feet.
    fn into_owned<'b>(self) -> Node<'b> {
        Node::new(Cow::Owned(self.raw.into_owned()))
    }
}
