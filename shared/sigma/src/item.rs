//! One field of a selection: `field|modifier: value or values`.

use yaml_serde::Value as Yaml;

use crate::{
    error::Problem,
    expression::Expressions,
    graph::{Builder, NodeId},
    modifier::{Kind, Modifiers},
    number::Number,
    path::Field,
    pattern::{Anchor, DASHES, Pattern, Token, tokens},
    placeholder::{Placeholders, expand},
    source::LogSource,
    taxonomy,
    test::{Comparison, Test},
    texts::Texts,
};

/// Where a rule's fields become a part of the graph.
pub(crate) struct Compiler<'a> {
    pub(crate) graph: &'a mut Builder,
    /// Of the rule.
    pub(crate) source: &'a LogSource,
    pub(crate) placeholders: &'a Placeholders,
    pub(crate) expressions: &'a mut Expressions,
}

/// A line of a selection while it is read.
struct Item<'a> {
    key: &'a str,
    field: Field,
    modifiers: Modifiers,
}

impl Compiler<'_> {
    /// Compiles a line of a selection.
    pub(crate) fn item(&mut self, key: &str, value: &Yaml) -> Result<NodeId, Problem> {
        let values = match value {
            Yaml::Sequence(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        if values.is_empty() {
            return Err(Problem::at(key, format!("`{key}` has an empty list of values")));
        }
        let mut parts = key.split('|').map(str::trim);
        let field = self.field(parts.next().unwrap_or_default());
        let modifiers = Modifiers::read(key, parts)?;
        let item = Item { key, field, modifiers };
        item.is_keyword_search()?;
        if !item.modifiers.all {
            return self.values(&item, values);
        }
        if values.len() == 1 {
            return Err(item.refuse("has `all` for a single value"));
        }
        let each: Vec<_> =
            values.iter().map(|value| self.values(&item, std::slice::from_ref(value))).collect();
        let each = each.into_iter().collect::<Result<_, _>>()?;
        Ok(self.graph.all(each))
    }

    /// Keywords, of which one is enough.
    pub(crate) fn keywords(&mut self, name: &str, values: &[Yaml]) -> Result<NodeId, Problem> {
        let item = Item { key: name, field: self.field(""), modifiers: Modifiers::default() };
        self.values(&item, values)
    }

    fn field(&self, name: &str) -> Field {
        Field { name: name.into(), alias: taxonomy::alias(self.source, name) }
    }

    /// One of the values; with `neq`, none of them.
    fn values(&mut self, item: &Item<'_>, values: &[Yaml]) -> Result<NodeId, Problem> {
        if item.modifiers.kind == Kind::Exists {
            let exists = self.graph.test(item.field.clone(), Test::Exists);
            let [Yaml::Bool(expected)] = values else { return Err(item.refuse("must be true or false")) };
            return Ok(if *expected { exists } else { self.graph.not(exists) });
        }
        let tests = item.tests(self, values)?;
        let tests = tests.into_iter().map(|test| self.graph.test(item.field.clone(), test)).collect();
        let one = self.graph.any(tests);
        if !item.modifiers.neq {
            return Ok(one);
        }
        // What is not there is not different.
        let exists = self.graph.test(item.field.clone(), Test::Exists);
        let none = self.graph.not(one);
        Ok(self.graph.all(vec![exists, none]))
    }
}

impl Item<'_> {
    fn refuse(&self, why: &str) -> Problem {
        Problem::at(self.key, format!("`{}` {why}", self.key))
    }

    /// What has no field looks for texts and nothing else.
    fn is_keyword_search(&self) -> Result<(), Problem> {
        let Modifiers { kind, anchor, part, neq, .. } = &self.modifiers;
        let is_search = matches!(kind, Kind::Plain | Kind::Regex(_))
            && matches!(anchor, None | Some(Anchor::Contains))
            && part.is_none()
            && !neq;
        if !self.field.is_keyword() || is_search {
            return Ok(());
        }
        Err(self.refuse("is a keyword search, which can only look for texts"))
    }

    /// Tests of which one is enough.
    fn tests(&self, compiler: &mut Compiler<'_>, values: &[Yaml]) -> Result<Vec<Test>, Problem> {
        if self.modifiers.kind == Kind::Cidr {
            let mut blocks = Vec::new();
            for text in self.texts(compiler, values)? {
                blocks.push(text.trim().parse().map_err(|_| self.refuse("must be CIDR blocks"))?);
            }
            return Ok(vec![Test::Cidr(blocks)]);
        }
        let (mut tests, mut patterns) = (Vec::new(), Vec::new());
        for value in values {
            match (&self.modifiers.kind, value) {
                (Kind::Regex(flags), Yaml::String(text)) => tests.push(self.regex(compiler, text, flags)?),
                (Kind::Regex(_), _) => return Err(self.refuse("must be a regular expression")),
                (Kind::Field, Yaml::String(name)) if !name.is_empty() => tests.push(Test::Field {
                    other: compiler.field(name),
                    anchor: self.modifiers.anchor.unwrap_or(Anchor::Whole),
                    cased: self.modifiers.cased,
                }),
                (Kind::Field, _) => return Err(self.refuse("must name a field")),
                (Kind::Comparison(comparison), value) => tests.push(self.number(*comparison, value)?),
                (Kind::Plain, value) if self.modifiers.part.is_some() => {
                    tests.push(self.number(Comparison::Equal, value)?);
                }
                (_, Yaml::Number(number)) if self.is_value() => {
                    tests.push(self.number(Comparison::Equal, &Yaml::Number(number.clone()))?);
                }
                (_, Yaml::Bool(value)) if self.is_value() => tests.push(Test::Bool(*value)),
                (_, Yaml::Null) if self.is_value() => tests.push(Test::Null),
                (_, value) => patterns.extend(self.patterns(compiler, value)?),
            }
        }
        if !patterns.is_empty() {
            tests.push(Test::Texts(Texts::new(patterns, self.modifiers.cased)));
        }
        Ok(tests)
    }

    /// Whether values other than texts are meant as what they are.
    fn is_value(&self) -> bool {
        let Modifiers { anchor, encodings, expand, windash, .. } = &self.modifiers;
        !self.field.is_keyword() && anchor.is_none() && encodings.is_empty() && !expand && !windash
    }

    fn regex(&self, compiler: &mut Compiler<'_>, text: &str, flags: &str) -> Result<Test, Problem> {
        // The flags are a part of the text, so that two expressions are the same if their texts are.
        let text = if flags.is_empty() { text.to_owned() } else { format!("(?{flags}:{text})") };
        let expression = compiler.expressions.get(&text);
        expression
            .map(Test::Regex)
            .map_err(|reason| self.refuse(&format!("is not a regular expression: {reason}")))
    }

    fn number(&self, comparison: Comparison, value: &Yaml) -> Result<Test, Problem> {
        let number = match value {
            Yaml::Number(number) => Number::read(&number.to_string()),
            Yaml::String(text) => Number::read(text),
            _ => None,
        };
        let number = number.ok_or_else(|| self.refuse("must be a number"))?;
        Ok(Test::Number(self.modifiers.part, comparison, number))
    }

    fn texts(&self, compiler: &Compiler<'_>, values: &[Yaml]) -> Result<Vec<String>, Problem> {
        let mut texts = Vec::new();
        for value in values {
            texts.extend(self.text(compiler, value)?);
        }
        Ok(texts)
    }

    /// The text that the value is, or those that its placeholders make of it.
    fn text(&self, compiler: &Compiler<'_>, value: &Yaml) -> Result<Vec<String>, Problem> {
        let text = match value {
            Yaml::String(text) => text.clone(),
            Yaml::Number(number) => number.to_string(),
            _ => return Err(self.refuse("must be text, a number, true, false, null, or a list of these")),
        };
        let is_search = self.modifiers.anchor.is_some() || self.field.is_keyword();
        if text.is_empty() && is_search {
            return Err(self.refuse("has an empty value"));
        }
        if self.modifiers.expand { expand(self.key, &text, compiler.placeholders) } else { Ok(vec![text]) }
    }

    fn patterns(&self, compiler: &Compiler<'_>, value: &Yaml) -> Result<Vec<Pattern>, Problem> {
        let whole = if self.field.is_keyword() { Anchor::Contains } else { Anchor::Whole };
        let anchor = self.modifiers.anchor.unwrap_or(whole);
        let mut patterns = Vec::new();
        for text in self.text(compiler, value)? {
            let mut tokens = tokens(&text);
            if self.modifiers.windash {
                let is_dash = |token: &Token| token.char().is_some_and(|c| DASHES.contains(&c));
                tokens.iter_mut().filter(|token| is_dash(token)).for_each(|token| *token = Token::Dash);
            }
            for tokens in self.encoded(tokens)? {
                patterns.push(Pattern::new(&tokens, anchor, self.modifiers.cased));
            }
        }
        Ok(patterns)
    }

    fn encoded(&self, tokens: Vec<Token>) -> Result<Vec<Vec<Token>>, Problem> {
        if self.modifiers.encodings.is_empty() {
            return Ok(vec![tokens]);
        }
        let text: Option<String> = tokens.iter().map(Token::char).collect();
        let text = text.ok_or_else(|| self.refuse("has a wildcard, which cannot be encoded"))?;
        let encode = |values, encoding: &crate::encoding::Encoding| encoding.apply(values);
        let values = self.modifiers.encodings.iter().fold(vec![text.into_bytes()], encode);
        let literal = |value| {
            let text = String::from_utf8(value).ok().filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| self.refuse("is not text once it is encoded"))?;
            Ok(text.chars().map(Token::Char).collect())
        };
        values.into_iter().map(literal).collect()
    }
}
