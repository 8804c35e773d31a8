//! The files under `policies/`, as every host reads them.

use std::{fs, io, path::Path};

use domain::Digest;

/// How the cases of a rule are called, behind its name.
pub const CASES: &str = ".tests.json";

/// A set of policy files: (path, text), in order of their paths.
#[derive(Clone, Debug, Default)]
pub struct Policies(Vec<(String, String)>);

impl Policies {
    /// Of these files those that are policies: rules, Rego, playbooks and their data, but not the tests beside them.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files: Vec<_> = files.into_iter().filter(|(path, _)| is_policy(Path::new(path))).collect();
        files.sort();
        Self(files)
    }

    /// Those below this folder.
    ///
    /// # Errors
    /// What cannot be read, by its path.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        read(folder, folder, &mut files)?;
        Ok(Self::new(files))
    }

    /// Those under one folder, paths relative to it; all if the folder is empty.
    pub fn under(&self, folder: &str) -> Vec<(String, String)> {
        let within = |path: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
        match folder {
            "" => self.0.clone(),
            _ => self.0.iter().filter_map(|(path, text)| Some((within(path)?, text.clone()))).collect(),
        }
    }

    /// The text of one.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str())
    }

    /// The same, with another text for this one.
    pub fn with(mut self, path: &str, text: String) -> Self {
        self.0.retain(|(known, _)| known != path);
        self.0.push((path.to_owned(), text));
        self.0.sort();
        self
    }

    /// Digest over all of them.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&self.0)
    }
}

/// Every text file below a folder, paths relative to it.
///
/// # Errors
/// What cannot be read, by its path.
pub fn read(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    let named = |path: &Path, e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    for entry in fs::read_dir(folder).map_err(|e| named(folder, e))? {
        let path = entry.map_err(|e| named(folder, e))?.path();
        if path.is_dir() {
            read(root, &path, files)?;
        } else if is_text(&path) {
            let text = fs::read_to_string(&path).map_err(|e| named(&path, e))?;
            files.push((path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned(), text));
        }
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    ["yml", "yaml", "rego", "json", "txt"].iter().any(|known| path.extension().is_some_and(|e| e == *known))
}

fn is_policy(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_text(path) && !name.ends_with(CASES) && !name.ends_with("_test.rego") && name != "capabilities.json"
}
