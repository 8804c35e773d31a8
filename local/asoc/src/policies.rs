//! Where policies come from: a folder, or the copy that was built in.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use detection::{Indicators, Settings, Weights};
use domain::Digest;
use include_dir::{Dir, include_dir};
use sigma::RuleSet;
use telemetry::webhook::Mapping;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies");

/// How the cases of a rule are called, behind its name.
const CASES: &str = ".tests.json";

/// A set of policy files, as (path, text).
#[derive(Clone, Debug)]
pub struct Policies(Vec<(String, String)>);

impl Policies {
    /// From this folder, or the built-in ones.
    pub fn load(dir: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Self(files(dir, is_policy)?))
    }

    /// Those under one folder, paths relative to it; all if the folder is empty.
    pub fn under(&self, folder: &str) -> Vec<(String, String)> {
        if folder.is_empty() {
            return self.0.clone();
        }
        self.0
            .iter()
            .filter_map(|(path, text)| {
                Some((path.strip_prefix(folder)?.strip_prefix('/')?.to_owned(), text.clone()))
            })
            .collect()
    }

    /// Digest over all of them.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&self.0)
    }
}

/// What detection goes by: these rules, the weights among the policies, and lists of indicators. What is refused of rules and
/// lists is told to `fault`, and the rest is used; without weights there is no detection.
pub fn settings(
    policies: &Policies,
    rules: &[(String, String)],
    indicators: &[(String, String)],
    fault: &mut dyn FnMut(&str),
) -> anyhow::Result<Settings> {
    let weights = policies.under("risk").into_iter().find(|(name, _)| name == "weights.yaml");
    let (_, weights) = weights.context("risk/weights.yaml is missing among the policies")?;
    let (rules, refused) = RuleSet::load(rules);
    let (indicators, unread) = Indicators::load(indicators);
    refused.iter().for_each(|error| fault(&format!("a detection rule was left out: {error}")));
    unread.iter().for_each(|error| fault(&format!("a line of a list of indicators was left out: {error}")));
    Ok(Settings { rules, weights: Weights::parse(&weights).context("risk/weights.yaml")?, indicators })
}

/// How alerts of other systems are read: `webhooks/`.
pub fn mappings(policies: &Policies) -> anyhow::Result<Vec<Mapping>> {
    let files = policies.under("webhooks").into_iter();
    files.map(|(file, text)| Mapping::load(&text).with_context(|| format!("webhooks/{file}"))).collect()
}

/// The cases that stand beside detection rules, by the rule's file without its ending.
pub fn rule_cases(dir: Option<&Path>) -> anyhow::Result<BTreeMap<String, String>> {
    let files = files(dir, |path| path.to_string_lossy().ends_with(CASES))?.into_iter();
    let name = |path: &str| Some(path.strip_prefix("detections/")?.strip_suffix(CASES)?.to_owned());
    Ok(files.filter_map(|(path, text)| Some((name(&path)?, text))).collect())
}

/// The files of this folder, or of the built-in one, by path.
fn files(dir: Option<&Path>, wanted: fn(&Path) -> bool) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    match dir {
        Some(dir) => read(dir, dir, wanted, &mut files)?,
        None => built_in(&BUILT_IN, wanted, &mut files),
    }
    files.sort();
    Ok(files)
}

fn read(
    root: &Path,
    dir: &Path,
    wanted: fn(&Path) -> bool,
    files: &mut Vec<(String, String)>,
) -> anyhow::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .with_context(|| format!("cannot read the policies in {}", dir.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(root, &path, wanted, files)?;
        } else if wanted(&path) {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            files.push((name, text));
        }
    }
    Ok(())
}

fn built_in(dir: &Dir<'_>, wanted: fn(&Path) -> bool, files: &mut Vec<(String, String)>) {
    for file in dir.files().filter(|f| wanted(f.path())) {
        if let Some(text) = file.contents_utf8() {
            files.push((file.path().to_string_lossy().into_owned(), text.to_owned()));
        }
    }
    for dir in dir.dirs() {
        built_in(dir, wanted, files);
    }
}

/// Rules, Rego, playbooks and their data; not the tests beside them.
fn is_policy(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let known = ["yml", "yaml", "rego", "json"].iter().any(|ext| path.extension().is_some_and(|e| e == *ext));
    known && !name.ends_with(CASES) && !name.ends_with("_test.rego") && name != "capabilities.json"
}
