//! From a container to this machine: where paths, addresses and ports of the compose file are here.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::Context;
use regex::{Captures, Regex};

/// Translates what is meant for a container. Everything is told apart by its text: paths below a mount, `HOST:PORT` with the name of
/// a service, and ports, each of which belongs to one service only.
#[derive(Debug)]
pub(crate) struct Here {
    paths: BTreeMap<String, PathBuf>,
    ports: BTreeMap<String, u16>,
    pattern: Regex,
}

impl Here {
    /// A translation of these container paths and ports; `hosts` are the services' names.
    pub(crate) fn new(
        paths: BTreeMap<String, PathBuf>,
        hosts: &[String],
        ports: BTreeMap<String, u16>,
    ) -> anyhow::Result<Self> {
        // The longest path first: of alternatives the first that fits is taken.
        let mut targets: Vec<_> = paths.keys().map(|path| regex::escape(path)).collect();
        targets.sort_by_key(|path| std::cmp::Reverse(path.len()));
        let any = |items: Vec<String>| if items.is_empty() { "[^\\s\\S]".into() } else { items.join("|") };
        let hosts = any(hosts.iter().map(|host| regex::escape(host)).collect());
        let numbers = any(ports.keys().cloned().collect());
        let pattern = Regex::new(&format!(
            r"\B(?<path>(?:{})\b)|\b(?:(?<host>{hosts}|0\.0\.0\.0):)?(?<port>{numbers})\b|\b0\.0\.0\.0\b",
            any(targets)
        ))
        .context("the compose file's names make a pattern")?;
        Ok(Self { paths, ports, pattern })
    }

    /// The same text for this machine.
    pub(crate) fn translate(&self, text: &str) -> String {
        let replace = |found: &Captures<'_>| {
            if let Some(path) = found.name("path") {
                return self.paths[path.as_str()].display().to_string();
            }
            let Some(port) = found.name("port") else { return "127.0.0.1".to_owned() };
            let port = self.ports[port.as_str()];
            if found.name("host").is_some() { format!("127.0.0.1:{port}") } else { port.to_string() }
        };
        self.pattern.replace_all(text, replace).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_for_a_container_is_found_here() {
        let paths =
            [("/data", "/here/data"), ("/run/secrets/url", "/here/url"), ("/data/deep", "/elsewhere")];
        let paths = paths.into_iter().map(|(from, to)| (from.to_owned(), PathBuf::from(to))).collect();
        let ports = [("5432".to_owned(), 40001), ("8181".to_owned(), 40002)].into();
        let hosts = ["postgres".to_owned(), "opa".to_owned()];
        let here = Here::new(paths, &hosts, ports).unwrap();
        for (there, expected) in [
            ("postgres://me:x@postgres:5432/asoc", "postgres://me:x@127.0.0.1:40001/asoc"),
            ("--addr=0.0.0.0:8181", "--addr=127.0.0.1:40002"),
            ("http://127.0.0.1:8181/health", "http://127.0.0.1:40002/health"),
            ("-cport=5432", "-cport=40001"),
            ("-clisten_addresses=0.0.0.0", "-clisten_addresses=127.0.0.1"),
            ("file:///data/deep/x", "file:///elsewhere/x"),
            ("/data", "/here/data"),
            ("/database /my/data", "/database /my/data"),
            ("/run/secrets/url", "/here/url"),
            ("opa and 15432", "opa and 15432"),
        ] {
            assert_eq!(here.translate(there), expected);
        }
    }
}
