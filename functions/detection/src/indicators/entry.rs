//! One line of a list.

use std::net::IpAddr;

use domain::{Level, Time};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, de::IntoDeserializer, de::value::Error};

/// Longest line, in bytes.
const LINE: usize = 1024;
/// The widest ranges that are taken; wider ones would match much of the internet.
const WIDEST: (u8, u8) = (8, 19);
/// Ranges in which every account has addresses of its own ("IANA IPv4 and IPv6 Special-Purpose Address Registry").
/// Those for documentation are left out: drills use them.
const RESERVED: [&str; 17] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/127",
    "64:ff9b:1::/48",
    "100::/64",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];
/// Domains in which everything of AWS stands, or that never leave a network.
const OWN: [&str; 6] =
    ["amazonaws.com", "amazonaws.com.cn", "aws.amazon.com", "api.aws", "on.aws", "internal"];

/// What a line lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Indicator {
    Range(IpNet),
    Domain(String),
    Hash(String),
}

/// A line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) indicator: Indicator,
    pub(super) value: String,
    pub(super) level: Level,
    pub(super) expires: Option<Time>,
    pub(super) note: String,
}

/// Reads a line; nothing if it is empty or a remark.
pub(super) fn parse(line: &str) -> Result<Option<Line>, String> {
    let line = line.trim().trim_start_matches('\u{feff}');
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.len() > LINE {
        return Err(format!("a line has at most {LINE} bytes"));
    }
    let mut words = line.split_whitespace();
    let value = words.next().unwrap_or_default().to_ascii_lowercase();
    let (mut level, mut expires, mut note) = (Level::Medium, None, Vec::new());
    for word in words {
        match word.split_once('=') {
            Some(("level", name)) => level = self::level(name)?,
            Some(("until", day)) => expires = Some(end_of(day)?),
            _ => note.push(word),
        }
    }
    let note = note.join(" ").trim_start_matches(['#', '-', ' ']).to_owned();
    Ok(Some(Line { indicator: indicator(&value)?, value, level, expires, note }))
}

/// Whether this has the form of an MD5, a SHA-1 or a SHA-256.
pub(super) fn is_hash(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn level(name: &str) -> Result<Level, String> {
    let level: Result<Level, Error> = Level::deserialize(name.into_deserializer());
    level.map_err(|_| format!("level={name}: a level is informational, low, medium, high or critical"))
}

/// The end of a day.
fn end_of(day: &str) -> Result<Time, String> {
    let begin: Result<Time, _> = format!("{day}T00:00:00Z").parse();
    begin.map(|time| time.plus_seconds(24 * 60 * 60)).map_err(|_| format!("until={day}: a day is 2027-01-31"))
}

fn indicator(value: &str) -> Result<Indicator, String> {
    if is_hash(value) {
        return Ok(Indicator::Hash(value.to_owned()));
    }
    let range = match value.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address.to_canonical())),
        Err(_) => value.parse::<IpNet>().ok(),
    };
    match range {
        Some(range) => self::range(range).map(Indicator::Range),
        None => domain(value).map(Indicator::Domain),
    }
}

fn range(range: IpNet) -> Result<IpNet, String> {
    let widest = if matches!(range, IpNet::V4(_)) { WIDEST.0 } else { WIDEST.1 };
    if range.prefix_len() < widest {
        return Err(format!("{range} is too wide: a range has a prefix of /{widest} or longer"));
    }
    let reserved = RESERVED.iter().filter_map(|reserved| reserved.parse::<IpNet>().ok());
    match reserved.into_iter().find(|reserved| overlap(&range, reserved)) {
        Some(reserved) => {
            Err(format!("{range} overlaps {reserved}, which is private or reserved: it would match your own"))
        }
        None => Ok(range.trunc()),
    }
}

fn overlap(one: &IpNet, other: &IpNet) -> bool {
    match (one, other) {
        (IpNet::V4(one), IpNet::V4(other)) => {
            <Ipv4Net>::contains(one, other) || <Ipv4Net>::contains(other, one)
        }
        (IpNet::V6(one), IpNet::V6(other)) => {
            <Ipv6Net>::contains(one, other) || <Ipv6Net>::contains(other, one)
        }
        _ => false,
    }
}

fn domain(value: &str) -> Result<String, String> {
    let name = value.trim_start_matches("*.").trim_end_matches('.');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let labels: Vec<&str> = name.split('.').collect();
    let is_numeric = labels.last().is_none_or(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if name.len() > 253 || is_numeric || !labels.iter().all(|label| is_label(label)) {
        return Err(format!("{value:?} is no address, range, domain (in its ASCII form) or hash"));
    }
    if labels.len() < 2 {
        return Err(format!("{name} is a whole top-level domain"));
    }
    let is_own = |own: &&&str| name == **own || name.ends_with(".internal");
    match OWN.iter().find(is_own) {
        Some(_) => Err(format!("{name} is AWS's own or private: it would match your own")),
        None => Ok(name.to_owned()),
    }
}
