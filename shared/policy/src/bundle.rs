//! The rules as OPA takes them: a bundle, which is a gzipped tar with a manifest (OPA's documentation, "Bundles").

use std::{collections::BTreeSet, io};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value, json};
use tar::{Builder, Header};

use crate::{PolicyError, Rego, load};

impl Rego {
    /// The rules and settings in force among these sources as a bundle. Its revision is their [`Rego::digest`], by which
    /// [`crate::Opa`] knows them again; the same sources make the same bytes.
    ///
    /// # Errors
    /// As [`Rego::load`]: what does not answer here is not handed on.
    pub fn bundle(sources: &[(String, String)]) -> Result<Vec<u8>, PolicyError> {
        let rego = Self::load(sources)?;
        let (mut rules, mut data) = (Vec::new(), Map::new());
        for (path, text) in load::sorted(sources).into_iter().filter(|(path, _)| !load::is_test(path)) {
            if path.ends_with(".rego") {
                rules.push((path.as_str(), text.as_str()));
            } else if let Ok(Value::Object(more)) = serde_json::from_str(text) {
                merge(&mut data, more);
            }
        }
        let packages = rules.iter().flat_map(|(_, text)| text.lines());
        let packages = packages.filter_map(|line| line.strip_prefix("package ")?.trim().split('.').next());
        // What stands below these is the bundle's alone, so nobody can put a rule beside its own.
        let roots: BTreeSet<&str> = packages.chain(data.keys().map(String::as_str)).collect();
        let manifest = json!({ "revision": rego.digest().to_string(), "roots": roots }).to_string();
        // OPA reads data from files of this name only.
        let data = Value::Object(data).to_string();
        let files = [(".manifest", manifest.as_str()), ("data.json", data.as_str())].into_iter().chain(rules);
        pack(files).map_err(|e| PolicyError::Evaluation(e.to_string()))
    }
}

/// Data of several files is one tree; where two have a value at the same place, the evaluator has refused them already.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn pack<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in files {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes())?;
    }
    tar.into_inner()?.finish()
}
