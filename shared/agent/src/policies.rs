//! The files under `policies/`, as every host reads them.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

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

    /// Those below this folder, or packed in this file (tar), which is read faster than a thousand small ones.
    ///
    /// # Errors
    /// What cannot be read, by its path.
    pub fn load(place: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        match place.is_dir() {
            true => read(place, &is_policy, &mut files)?,
            false => unpack(place, &mut files).map_err(|e| named(place, &e))?,
        }
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

    /// Digest over all of them: that of the list of (path, digest of the text).
    pub fn digest(&self) -> Digest {
        let files = self.0.iter().map(|(path, text)| (path, Digest::of(text.as_bytes())));
        Digest::of_json(&files.collect::<Vec<_>>())
    }
}

/// Every text file below a folder whose path, relative to it, is wanted.
///
/// # Errors
/// What cannot be read, by its path.
pub fn read(
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    files: &mut Vec<(String, String)>,
) -> io::Result<()> {
    descend(folder, folder, wanted, files)
}

fn descend(
    root: &Path,
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    files: &mut Vec<(String, String)>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|e| named(folder, &e))? {
        let path = entry.map_err(|e| named(folder, &e))?.path();
        let relative = path.strip_prefix(root).unwrap_or(&path);
        if path.is_dir() {
            descend(root, &path, wanted, files)?;
        } else if is_text(relative) && wanted(relative) {
            let text = fs::read_to_string(&path).map_err(|e| named(&path, &e))?;
            files.push((relative.to_string_lossy().into_owned(), text));
        }
    }
    Ok(())
}

fn unpack(packed: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in tar::Archive::new(io::BufReader::new(fs::File::open(packed)?)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let path = path.strip_prefix(".").unwrap_or(&path);
        if entry.header().entry_type().is_file() && is_policy(path) {
            let mut text = String::with_capacity(entry.size() as usize);
            entry.read_to_string(&mut text).map_err(|e| named(path, &e))?;
            files.push((path.to_string_lossy().into_owned(), text));
        }
    }
    Ok(())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn is_text(path: &Path) -> bool {
    ["yml", "yaml", "rego", "json", "txt"].iter().any(|known| path.extension().is_some_and(|e| e == *known))
}

fn is_policy(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_text(path) && !name.ends_with(CASES) && !name.ends_with("_test.rego") && name != "capabilities.json"
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::Policies;

    #[test]
    fn packed_policies_are_those_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let (there, place) = (Policies::load(&folder).unwrap(), tempfile::tempdir().unwrap());
        let packed = place.path().join("policies.tar");
        let mut tar = tar::Builder::new(fs::File::create(&packed).unwrap());
        tar.append_dir_all(".", &folder).unwrap();
        tar.into_inner().unwrap();
        assert!(there.text("authorization/settings.json").is_some());
        assert_eq!(Policies::load(&packed).unwrap().digest(), there.digest());
    }

    #[test]
    fn what_is_cut_off_is_refused_by_name() {
        let place = tempfile::tempdir().unwrap();
        let packed = place.path().join("policies.tar");
        let mut tar = tar::Builder::new(fs::File::create(&packed).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(4000);
        tar.append_data(&mut header, "detections/a.yml", [b'a'; 4000].as_slice()).unwrap();
        tar.into_inner().unwrap();
        fs::OpenOptions::new().write(true).open(&packed).unwrap().set_len(2000).unwrap();
        let refused = Policies::load(&packed).unwrap_err().to_string();
        assert!(refused.contains("policies.tar"), "{refused}");
        assert!(Policies::load(&place.path().join("absent")).unwrap_err().to_string().contains("absent"));
    }
}
