//! What stands behind a field's name: `field|modifier|modifier`.

use crate::{encoding::Encoding, error::Problem, pattern::Anchor, test::Comparison, time::Part};

/// The modifiers of one field.
#[derive(Debug, Default)]
pub(crate) struct Modifiers {
    pub(crate) kind: Kind,
    pub(crate) anchor: Option<Anchor>,
    pub(crate) part: Option<Part>,
    /// In the order in which they apply.
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) all: bool,
    pub(crate) cased: bool,
    pub(crate) neq: bool,
    pub(crate) expand: bool,
    pub(crate) windash: bool,
}

/// What a value is taken for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Itself.
    #[default]
    Plain,
    /// A regular expression with these flags.
    Regex(String),
    Cidr,
    Exists,
    Field,
    Comparison(Comparison),
}

impl Modifiers {
    /// Reads the part of the key behind the name.
    pub(crate) fn read<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let clash = || Problem::at(key, format!("the modifiers of `{key}` do not go together"));
        let mut read = Self::default();
        for name in names {
            if let Some(kind) = kind(name) {
                if read.kind != Kind::Plain || (read.anchor.is_some() && kind != Kind::Field) {
                    return Err(clash());
                }
                read.kind = kind;
            } else if let Some(anchor) = anchor(name) {
                if read.anchor.replace(anchor).is_some() {
                    return Err(clash());
                }
            } else if let Some(part) = part(name) {
                if read.part.replace(part).is_some() {
                    return Err(clash());
                }
            } else if let Some(encoding) = encoding(name) {
                read.encodings.push(encoding);
            } else {
                match (name, &mut read.kind) {
                    ("all", _) => read.all = true,
                    ("cased", _) => read.cased = true,
                    ("neq", _) => read.neq = true,
                    ("expand", _) => read.expand = true,
                    ("windash", _) => read.windash = true,
                    ("i" | "m" | "s", Kind::Regex(flags)) => flags.push_str(name),
                    _ => return Err(Problem::at(key, format!("the modifier `{name}` is not supported"))),
                }
            }
        }
        if read.fit_together() { Ok(read) } else { Err(clash()) }
    }

    fn fit_together(&self) -> bool {
        let is_plain = self.kind == Kind::Plain;
        let is_text = is_plain && self.part.is_none();
        let is_encoded = !self.encodings.is_empty();
        // Base64 comes last, and once: what it makes is not encoded again.
        let is_base64 = |encoding: &Encoding| matches!(encoding, Encoding::Base64 | Encoding::Base64Offset);
        let before_last = self.encodings.split_last().map_or(&[][..], |(_, before)| before);
        (is_text || self.kind == Kind::Field || (self.anchor.is_none() && !self.cased))
            && (!(self.windash || is_encoded) || is_text)
            && !(self.windash && is_encoded)
            && !before_last.iter().any(is_base64)
            && self.encodings.iter().filter(|encoding| !is_base64(encoding)).count() <= 1
            && (!self.expand || is_text || self.kind == Kind::Cidr)
            && (self.part.is_none() || matches!(self.kind, Kind::Plain | Kind::Comparison(_)))
            && !(self.kind == Kind::Exists && (self.all || self.neq))
    }
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "re" => Kind::Regex(String::new()),
        "cidr" => Kind::Cidr,
        "exists" => Kind::Exists,
        "fieldref" => Kind::Field,
        "lt" => Kind::Comparison(Comparison::Less),
        "lte" => Kind::Comparison(Comparison::LessOrEqual),
        "gt" => Kind::Comparison(Comparison::Greater),
        "gte" => Kind::Comparison(Comparison::GreaterOrEqual),
        _ => return None,
    })
}

fn anchor(name: &str) -> Option<Anchor> {
    Some(match name {
        "contains" => Anchor::Contains,
        "startswith" => Anchor::Start,
        "endswith" => Anchor::End,
        _ => return None,
    })
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "minute" => Part::Minute,
        "hour" => Part::Hour,
        "day" => Part::Day,
        "week" => Part::Week,
        "month" => Part::Month,
        "year" => Part::Year,
        _ => return None,
    })
}

fn encoding(name: &str) -> Option<Encoding> {
    Some(match name {
        "utf16le" | "wide" => Encoding::Utf16Le,
        "utf16be" => Encoding::Utf16Be,
        "utf16" => Encoding::Utf16,
        "base64" => Encoding::Base64,
        "base64offset" => Encoding::Base64Offset,
        _ => return None,
    })
}
