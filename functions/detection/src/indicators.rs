//! Indicators of compromise: addresses, domains and hashes that somebody else has seen do harm.
//!
//! A list is plain text, an entry a line, of which the first word is the indicator and the rest says what is known of it:
//!
//! ```text
//! # Whole lines may be remarks.
//! 198.51.100.0/24   scans for open databases
//! 203.0.113.66      level=high  the extortion of March
//! evil.example      until=2027-01-31  serves the second stage
//! 44d88612fea8a8f36de82e1278abb02f  EICAR
//! ```
//!
//! What kind it is, its form says: an IPv4 or IPv6 address or range, a domain (which means all names below it too), or an
//! MD5, SHA-1 or SHA-256 in hexadecimal. `level=` is what an event from there is worth, medium by itself. `until=` is the
//! last day (UTC) on which the entry counts. Case does not matter. A line that cannot be read is refused with its number and
//! the reason, and the others load. Of two lines with the same indicator the first counts.

mod entry;
mod mention;

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use domain::{Event, Level, Time};
use ipnet::IpNet;
use thiserror::Error;

use entry::{Indicator, Line};

/// Entries that are kept at most.
const ENTRIES: usize = 1_000_000;
/// Domains are looked up with at most so many labels.
const LABELS: usize = 16;

/// Lists, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Indicators {
    ranges: HashMap<IpNet, Entry>,
    /// Lengths of the prefixes among `ranges`: an address is looked up once for each, the longest first.
    prefixes: BTreeSet<u8>,
    domains: HashMap<String, Entry>,
    hashes: HashMap<String, Entry>,
}

/// An indicator and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The indicator as it is listed.
    pub value: String,
    /// What an event from there is worth.
    pub level: Level,
    /// From when on it counts no more.
    pub expires: Option<Time>,
    /// What the list says of it.
    pub note: String,
    /// Where it stands: `FILE:LINE`.
    pub place: String,
}

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}: {reason}")]
pub struct IndicatorError {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// Why, and what would be accepted.
    pub reason: String,
}

impl Indicators {
    /// From lists, as (file, text). Lines that are refused are reported; the others load.
    pub fn load(files: &[(String, String)]) -> (Self, Vec<IndicatorError>) {
        let (mut indicators, mut errors) = (Self::default(), Vec::new());
        for (file, text) in files {
            for (number, line) in text.lines().enumerate() {
                let refused =
                    |reason: String| IndicatorError { file: file.clone(), line: number + 1, reason };
                match entry::parse(line) {
                    Ok(None) => {}
                    Ok(Some(_)) if indicators.len() >= ENTRIES => {
                        errors.push(refused(format!("there are more than {ENTRIES} entries")));
                        return (indicators, errors);
                    }
                    Ok(Some(line)) => indicators.add(line, format!("{file}:{}", number + 1)),
                    Err(reason) => errors.push(refused(reason)),
                }
            }
        }
        (indicators, errors)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.ranges.len() + self.domains.len() + self.hashes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn add(&mut self, line: Line, place: String) {
        let Line { indicator, value, level, expires, note } = line;
        let entry = Entry { value, level, expires, note, place };
        match indicator {
            Indicator::Range(range) => {
                self.prefixes.insert(range.prefix_len());
                self.ranges.entry(range).or_insert(entry);
            }
            Indicator::Domain(name) => {
                self.domains.entry(name).or_insert(entry);
            }
            Indicator::Hash(hash) => {
                self.hashes.entry(hash).or_insert(entry);
            }
        }
    }

    /// The smallest listed range that this address is in.
    pub fn address(&self, address: IpAddr, at: Time) -> Option<&Entry> {
        let address = address.to_canonical();
        self.prefixes.iter().rev().find_map(|prefix| {
            let range = IpNet::new(address, *prefix).ok()?.trunc();
            self.ranges.get(&range).filter(|entry| entry.counts(at))
        })
    }

    /// The longest listed domain that this name is, or is below of.
    pub fn domain(&self, name: &str, at: Time) -> Option<&Entry> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let suffixes = std::iter::successors(Some(name.as_str()), |name| Some(name.split_once('.')?.1));
        suffixes.take(LABELS).find_map(|name| self.domains.get(name).filter(|entry| entry.counts(at)))
    }

    /// The entry of a hash in hexadecimal.
    pub fn hash(&self, hash: &str, at: Time) -> Option<&Entry> {
        self.hashes.get(&hash.to_ascii_lowercase()).filter(|entry| entry.counts(at))
    }

    /// Whatever this text is, if it is listed.
    pub fn text(&self, text: &str, at: Time) -> Option<&Entry> {
        match text.parse::<IpAddr>() {
            Ok(address) => self.address(address, at),
            Err(_) if entry::is_hash(text) => self.hash(text, at),
            Err(_) => self.domain(text, at),
        }
    }

    /// The far end of an event that is listed: where it came from or, of a flow, whom it talked to.
    pub(crate) fn met<'e>(&self, event: &'e Event) -> Option<(&'e str, &Entry)> {
        if self.is_empty() {
            return None;
        }
        mention::ends(event).find_map(|end| Some((end, self.text(end, event.time)?)))
    }

    /// What is listed of all that stands in an event's record: each entry once, a few at most.
    pub(crate) fn mentioned<'e>(&self, event: &'e Event) -> Vec<(&'e str, &Entry)> {
        const MOST: usize = 3;
        let mut found: Vec<(&str, &Entry)> = Vec::new();
        if self.is_empty() {
            return found;
        }
        for word in mention::ends(event).chain(mention::words(&event.raw)) {
            match self.text(word, event.time) {
                Some(entry) if !found.iter().any(|(_, known)| known.place == entry.place) => {
                    found.push((word, entry));
                    if found.len() == MOST {
                        break;
                    }
                }
                _ => {}
            }
        }
        found
    }
}

impl Entry {
    fn counts(&self, at: Time) -> bool {
        self.expires.is_none_or(|expires| at < expires)
    }

    /// That something is on the list, in a sentence.
    pub(crate) fn about(&self, text: &str) -> String {
        let text: String = text.chars().take(128).collect();
        let note = if self.note.is_empty() { String::new() } else { format!(": {}", self.note) };
        format!("{text} is listed as {} ({}){note}.", self.value, self.place)
    }
}

#[cfg(test)]
mod tests;
