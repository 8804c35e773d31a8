//! What a field's value is held against.

use std::net::IpAddr;

use ipnet::IpNet;
use json::{Node, Shape};

use crate::{
    expression::Expression,
    number::Number,
    path::{Field, Search, text},
    pattern::{Anchor, lower},
    texts::Texts,
    time::Part,
};

/// A test of one field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    /// A value is a text that one of these matches; numbers and truth values are their text.
    Texts(Texts),
    /// A value, or a part of the date that it is, compares so with the number.
    Number(Option<Part>, Comparison, Number),
    /// A value is this, or its name.
    Bool(bool),
    /// There is no value: no such field, or null.
    Null,
    /// There is such a field, whatever its value.
    Exists,
    /// A value's text is found by the regular expression.
    Regex(Expression),
    /// A value is an address in one of these.
    Cidr(Vec<IpNet>),
    /// A value compares so with a value of another field.
    Field { other: Field, anchor: Anchor, cased: bool },
}

/// How numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Test {
    /// Whether the event's field passes. The value for which it does is told, if there is one.
    pub(crate) fn holds<'n>(
        &self,
        field: &Field,
        event: &'n Node<'_>,
        buffer: &mut String,
        told: &mut dyn FnMut(&'n Node<'_>),
    ) -> bool {
        match self {
            // Null is a field that has no value, whether the key is there or not ("Special Field Values").
            Test::Null => {
                field.values(event, &mut |value| matches!(value.shape(), Shape::Null)) != Search::Present
            }
            Test::Exists => field.values(event, &mut |_| true) == Search::Found,
            _ => field.elements(event, &mut |value| {
                let fits = self.fits(value, event, buffer);
                if fits {
                    told(value);
                }
                fits
            }),
        }
    }

    fn fits(&self, value: &Node<'_>, event: &Node<'_>, buffer: &mut String) -> bool {
        match self {
            Test::Texts(texts) => text(value).is_some_and(|text| texts.matches(&text, buffer)),
            Test::Regex(regex) => text(value).is_some_and(|text| regex.is_in(&text)),
            Test::Number(part, comparison, number) => match (part, value.shape()) {
                (None, Shape::Number(text) | Shape::Text(text)) => number.compares(*comparison, text),
                (Some(part), Shape::Number(_) | Shape::Text(_)) => {
                    let part = part.of(value);
                    part.is_some_and(|part| number.compares(*comparison, &part.to_string()))
                }
                _ => false,
            },
            Test::Bool(expected) => match value.shape() {
                Shape::Bool(actual) => actual == *expected,
                Shape::Text(text) => text.eq_ignore_ascii_case(if *expected { "true" } else { "false" }),
                _ => false,
            },
            Test::Cidr(blocks) => {
                let address = value.as_text().and_then(|text| text.trim().parse::<IpAddr>().ok());
                let Some(address) = address.map(|address| address.to_canonical()) else { return false };
                blocks.iter().any(|block| block.contains(&address))
            }
            Test::Field { other, anchor, cased } => {
                let Some(text) = text(value) else { return false };
                let text = if *cased { &text } else { lower(&text, buffer) };
                other.elements(event, &mut |other| refers(text, *anchor, *cased, other))
            }
            Test::Null | Test::Exists => false,
        }
    }
}

fn refers(value: &str, anchor: Anchor, cased: bool, other: &Node<'_>) -> bool {
    let Some(other) = text(other) else { return false };
    let mut buffer = String::new();
    let other = if cased { &other } else { lower(&other, &mut buffer) };
    match anchor {
        Anchor::Whole => value == other,
        Anchor::Contains => value.contains(other),
        Anchor::Start => value.starts_with(other),
        Anchor::End => value.ends_with(other),
    }
}
