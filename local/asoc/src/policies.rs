//! Where policies come from: a folder, or the copy that was built in.

use std::{collections::BTreeMap, path::Path};

use agent::policies::{self, CASES, Policies};
use anyhow::Context;
use include_dir::{Dir, include_dir};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies");

/// The policies of this folder, or the built-in ones.
pub fn load(folder: Option<&Path>) -> anyhow::Result<Policies> {
    Ok(Policies::new(files(folder, &|path| !path.ends_with(CASES))?))
}

/// The cases that stand beside detection rules, by the rule's file without its ending.
pub fn rule_cases(folder: Option<&Path>) -> anyhow::Result<BTreeMap<String, String>> {
    let name = |path: &str| Some(path.strip_prefix("detections/")?.strip_suffix(CASES)?.to_owned());
    let cases = files(folder, &|path| path.ends_with(CASES))?;
    Ok(cases.into_iter().filter_map(|(path, text)| Some((name(&path)?, text))).collect())
}

/// The files whose path is wanted. Those built in are not touched otherwise: what is never read takes no memory.
fn files(folder: Option<&Path>, wanted: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    match folder {
        Some(folder) => {
            let wanted = |path: &Path| path.to_str().is_some_and(wanted);
            policies::read(folder, &wanted, &mut files).context("the policies cannot be read")?;
        }
        None => built_in(&BUILT_IN, wanted, &mut files),
    }
    Ok(files)
}

fn built_in(folder: &Dir<'_>, wanted: &dyn Fn(&str) -> bool, files: &mut Vec<(String, String)>) {
    let named = folder.files().filter_map(|file| Some((file.path().to_str()?, file)));
    let texts =
        named.filter(|(path, _)| wanted(path)).filter_map(|(path, file)| Some((path, file.contents_utf8()?)));
    files.extend(texts.map(|(path, text)| (path.to_owned(), text.to_owned())));
    folder.dirs().for_each(|folder| built_in(folder, wanted, files));
}
