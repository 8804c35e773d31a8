//! Rules and events that bytes choose: every construct of Sigma in every company, and now and then the bytes themselves.

const FIELDS: [&str; 8] = ["a", "b", "n.y", "l.y", "doc.x", "ip", "time", ""];
const TEXTS: [&str; 24] = [
    "a",
    "A",
    "ab",
    "aab",
    "*",
    "?",
    "a*",
    "*b",
    "*a?b*",
    "\\\\*",
    "\\*",
    "",
    "1",
    "2.5",
    "YQ==",
    "10.1.2.3",
    "10.0.0.0/8",
    "::/0",
    "2026-01-05T03:59:01Z",
    "^a+(b|$)",
    "[^a-z]{1,3}",
    "%who%",
    "-x /y",
    "ß\u{130}K\u{1f600}",
];
const BARE: [&str; 12] =
    ["null", "true", "1", "-0", "1e3", "18446744073709551616", "[]", "{}", "~", "{a: b}", "&x [*x]", "!t a"];
const MODIFIERS: [&str; 36] = [
    "contains",
    "startswith",
    "endswith",
    "all",
    "cased",
    "neq",
    "re",
    "i",
    "m",
    "s",
    "exists",
    "cidr",
    "windash",
    "base64",
    "base64offset",
    "wide",
    "utf16",
    "utf16le",
    "utf16be",
    "lt",
    "lte",
    "gt",
    "gte",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "expand",
    "fieldref",
    "contains|all",
    "re|i",
    "wide|base64offset|contains",
    "neq|cased",
    "windash|contains",
];
const WORDS: [&str; 14] =
    ["sel_a", "sel_b", "other", "sel_*", "*", "them", "and", "or", "not", "(", ")", "1 of", "all of", "|"];
const CONDITIONS: [&str; 8] = [
    "sel_a",
    "sel_a and not sel_b",
    "sel_a or sel_b and other",
    "1 of sel_*",
    "all of them",
    "not (sel_a or other)",
    "[sel_a, other]",
    "1 of them",
];
const SOURCES: [&str; 6] = [
    "{product: aws, service: cloudtrail}",
    "{product: aws}",
    "{category: application, product: kubernetes, service: audit}",
    "{service: vpcflow, definition: x}",
    "{}",
    "aws",
];
const KINDS: [&str; 5] = ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum"];
const SPANS: [&str; 6] = ["1s", "15m", "7d", "0s", "9223372036854775807s", "291y"];

/// Bytes that choose; when they are used up, the first of everything.
pub(super) struct Draw<'a>(pub(super) &'a [u8]);

impl Draw<'_> {
    pub(super) fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn of<T: Copy>(&mut self, table: &[T]) -> T {
        table[self.byte() % table.len()]
    }

    /// A text: mostly one that means something, else bytes as they are.
    fn text(&mut self) -> String {
        let choice = self.byte();
        if let Some(text) = TEXTS.get(choice % 32) {
            return (*text).to_owned();
        }
        let (text, rest) = self.0.split_at(self.0.len().min(choice / 32 + 1));
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    /// The same as a value in YAML and JSON.
    fn quoted(&mut self) -> String {
        serde_json::Value::from(self.text()).to_string()
    }

    fn item(&mut self) -> String {
        let mut key = self.of(&FIELDS).to_owned();
        for _ in 0..self.byte() % 4 {
            key = key + "|" + self.of(&MODIFIERS);
        }
        let value = match self.byte() % 4 {
            0 => format!("[{}, {}]", self.quoted(), self.quoted()),
            1 => self.of(&BARE).to_owned(),
            _ => self.quoted(),
        };
        format!("'{key}': {value}")
    }

    fn selection(&mut self) -> String {
        match self.byte() % 8 {
            0 => format!("[{{{}}}, {{{}}}]", self.item(), self.item()),
            1 => format!("[{}, {}]", self.quoted(), self.quoted()),
            2 => self.of(&BARE).to_owned(),
            3 => format!("{{{}, {}, {}}}", self.item(), self.item(), self.item()),
            _ => format!("{{{}}}", self.item()),
        }
    }

    fn condition(&mut self) -> String {
        if !self.byte().is_multiple_of(4) {
            return self.of(&CONDITIONS).to_owned();
        }
        (0..self.byte() % 12).map(|_| self.of(&WORDS)).collect::<Vec<_>>().join(" ")
    }

    fn detection(&mut self) -> String {
        let [a, b, other] = std::array::from_fn(|_| self.selection());
        format!("sel_a: {a}\n  sel_b: {b}\n  other: {other}\n  condition: {}", self.condition())
    }

    /// A rule over single events that is called this.
    pub(super) fn rule(&mut self, name: &str) -> String {
        let source = SOURCES[self.byte().saturating_sub(160) % SOURCES.len()];
        let detection = self.detection();
        format!("title: x\nid: {name}\nlogsource: {source}\ndetection:\n  {detection}\n---\n")
    }

    pub(super) fn filter(&mut self) -> String {
        let (source, rules) = (self.of(&SOURCES), self.of(&["any", "[one, two]", "[]", "six"]));
        format!("title: x\nlogsource: {source}\nfilter:\n  rules: {rules}\n  {}\n---\n", self.detection())
    }

    pub(super) fn correlation(&mut self, name: &str) -> String {
        let (kind, span, late) = (self.of(&KINDS), self.of(&SPANS), self.of(&SPANS));
        let rules = self.of(&["[one, two]", "[one]", "[two, one]", "[one, three]", "[three]", "one"]);
        let groups = self.of(&["[a]", "[]", "[a, l.y]", "[b]", "[who]"]);
        let aliases = self.of(&["{}", "{who: {one: a, two: b}}", "{who: {one: a}}"]);
        let number = self.of(&["1", "2", "3", "1000", "0", "-1", "x"]);
        let test = self.of(&["gte", "eq", "gt", "lt", "neq", "lte"]);
        let condition = match (kind, self.byte() % 4) {
            ("temporal" | "temporal_ordered", 0..3) => String::new(),
            ("value_count", _) => format!("\n  condition: {{{test}: {number}, field: a}}"),
            _ => format!("\n  condition: {{{test}: {number}}}"),
        };
        format!(
            "title: x\nid: {name}\ncorrelation:\n  type: {kind}\n  rules: {rules}\n  group-by: {groups}\n  aliases: {aliases}\n  \
             timespan: {span}\n  lateness: {late}{condition}\n---\n"
        )
    }

    /// A record, as JSON.
    pub(super) fn event(&mut self) -> String {
        let inner = serde_json::json!({"x": self.text(), "y": [self.text()]}).to_string();
        let inner = serde_json::Value::from(inner);
        let bare = self.of(&["1", "null", "2.5", "[]", "{}", "-0", "1e400", "[[1]]"]);
        let (n, l, m) = (self.quoted(), self.quoted(), self.quoted());
        let (a, b, ip, time) = (self.quoted(), self.quoted(), self.quoted(), self.quoted());
        let b = if self.byte().is_multiple_of(4) { bare.to_owned() } else { b };
        format!(
            r#"{{"a":{a},"b":{b},"n":{{"y":{n}}},"l":[{{"y":{l}}},{{"y":{m}}}],"doc":{inner},"ip":{ip},"time":{time}}}"#
        )
    }

    /// A time in milliseconds: near the others, or anywhere.
    pub(super) fn time(&mut self) -> i64 {
        let near = i64::try_from(self.byte()).unwrap() * 250;
        match self.byte() % 16 {
            0 => i64::MIN + near,
            1 => i64::MAX - near,
            2 => near * 86_400_000,
            _ => near,
        }
    }
}

/// A text in which the bytes change a few places: where, how much goes, what comes.
pub(super) fn changed(text: &str, bytes: &[u8]) -> String {
    let mut changed = text.as_bytes().to_vec();
    for change in bytes.chunks(8) {
        let [high, low, gone, new @ ..] = change else { break };
        let from = usize::from(u16::from_be_bytes([*high, *low])) % (changed.len() + 1);
        let to = changed.len().min(from + usize::from(*gone % 16));
        changed.splice(from..to, new.iter().copied());
    }
    String::from_utf8_lossy(&changed).into_owned()
}
