//! The folder where everything of one A-SOC stands, and the lock on it.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// The folder: database, keys, checkpoints. Only its owner may read it.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

/// Held by the one process that uses a home.
pub struct Held(#[allow(dead_code)] File);

impl Home {
    /// Uses this folder, making it if there is none.
    pub fn at(dir: &Path) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .with_context(|| format!("cannot make {}; choose another folder with --home", dir.display()))?;
        Ok(Self(dir.to_owned()))
    }

    /// Takes the lock, or says that another process has it.
    pub fn hold(&self) -> anyhow::Result<Held> {
        let path = self.path("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Held(file)),
            Err(fs::TryLockError::WouldBlock) => {
                bail!(
                    "another asoc uses {}; stop it first, or choose another folder with --home",
                    self.0.display()
                )
            }
            Err(fs::TryLockError::Error(error)) => Err(error).context("cannot lock the home folder"),
        }
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file of mode 0600, made empty if there is none: the folder may have been made by hand, open to others.
    pub fn private(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(path)
    }

    /// 32 secret bytes kept in a file of mode 0600, drawn at first use.
    pub fn secret(&self, name: &str) -> anyhow::Result<[u8; 32]> {
        let path = self.path(name);
        let mut secret = [0u8; 32];
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                getrandom::fill(&mut secret).context("the system gives no random bytes")?;
                file.write_all(hex::encode(secret).as_bytes())?;
                file.sync_all()?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let mut text = String::new();
                File::open(&path)?.read_to_string(&mut text)?;
                hex::decode_to_slice(text.trim(), &mut secret)
                    .with_context(|| format!("{} does not hold 64 hexadecimal digits", path.display()))?;
            }
            Err(error) => return Err(error).with_context(|| format!("cannot make {}", path.display())),
        }
        Ok(secret)
    }

    /// Appends a line to a file of mode 0600.
    pub fn append(&self, name: &str, line: &str) -> anyhow::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(self.path(name))?;
        // After a line that a crash cut off, begin a new one; and write this one in one go.
        let torn = std::fs::read(self.path(name))?.last().is_some_and(|end| *end != b'\n');
        file.write_all(format!("{}{line}\n", if torn { "\n" } else { "" }).as_bytes())?;
        file.sync_all()?;
        Ok(())
    }
}

/// The folder used if none is named: `$ASOC_HOME`, else `asoc` in the user's data folder (XDG base directories).
pub fn default_dir() -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).unwrap_or_else(|| {
        std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from).join(".local/share")
    });
    data.join("asoc")
}
