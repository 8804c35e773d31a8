//! The services of the compose file, run here: the same command lines, environments, secrets and health checks.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{Seek, Write},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use crate::{
    compose::{self, Compose, Service},
    confine::{NOBODY, confined, is_root},
    here::Here,
    process::{Server, free_port},
};

/// Where Debian keeps what is not in everybody's path.
const FOLDERS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/usr/lib/postgresql/15/bin"];

/// One composition: its secrets, its volumes, a port here for each port there. Cheap to clone; gone with the last clone and server.
#[derive(Clone)]
pub struct Stack(Arc<Inner>);

struct Inner {
    compose: Compose,
    folder: TempDir,
    ports: BTreeMap<String, u16>,
    image: BTreeMap<String, PathBuf>,
}

/// A service, ready to be run here.
struct Ready {
    stack: Stack,
    name: String,
    service: Service,
    here: Here,
    writable: Vec<PathBuf>,
}

impl Stack {
    /// A composition of its own, with these variables. `image` is what the image of A-SOC holds: the program by its name, folders by their
    /// paths there.
    ///
    /// # Errors
    /// If the compose file cannot be read, or the secrets cannot be made.
    pub fn new<'a>(
        image: impl IntoIterator<Item = (&'a str, PathBuf)>,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> anyhow::Result<Self> {
        let compose = Compose::with(&variables.into_iter().collect())?;
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let secrets = Command::new(compose::folder().join("secrets.sh"))
            .arg(folder.path().join("secrets"))
            .output()
            .context("local/secrets.sh does not run")?;
        ensure!(secrets.status.success(), "local/secrets.sh: {}", String::from_utf8_lossy(&secrets.stderr));
        let mut ports = BTreeMap::new();
        for port in compose.services.values().flat_map(|service| &service.expose) {
            ensure!(ports.insert(port.clone(), free_port()?).is_none(), "two services expose port {port}");
        }
        let mut image: BTreeMap<_, _> =
            image.into_iter().map(|(name, path)| (name.to_owned(), path)).collect();
        if let Some(opa) = opa(&compose) {
            image.insert("opa".to_owned(), opa);
        }
        Ok(Self(Arc::new(Inner { compose, folder, ports, image })))
    }

    /// What stands in the compose file.
    pub fn compose(&self) -> &Compose {
        &self.0.compose
    }

    /// The port on 127.0.0.1 that stands for this one of a container.
    pub fn port(&self, port: u16) -> u16 {
        self.0.ports.get(&port.to_string()).copied().unwrap_or(port)
    }

    /// The text of a secret, as its file says it for containers.
    ///
    /// # Errors
    /// If there is no such secret.
    pub fn secret(&self, name: &str) -> anyhow::Result<String> {
        let path = self.0.folder.path().join("secrets").join(name);
        Ok(fs::read_to_string(&path).with_context(|| format!("no secret {name}"))?.trim().to_owned())
    }

    /// The folder of a named volume.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn volume(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.0.folder.path().join("volumes").join(name);
        own(&path)?;
        Ok(path)
    }

    /// Starts a service, and waits until its health check succeeds.
    ///
    /// # Errors
    /// If it ends before, or is not healthy within a minute.
    pub fn start(&self, name: &str) -> anyhow::Result<Server> {
        let ready = Arc::new(self.ready(name)?);
        let health = ready.service.healthcheck.as_ref().context("a service that stays has a health check")?;
        let check = health.command_line()?;
        if name == "postgres" {
            ready.init_database()?;
        }
        let port = ready.service.expose.first().and_then(|port| port.parse().ok()).unwrap_or_default();
        let line = ready.service.command_line();
        let (running, asked) = (ready.clone(), ready.clone());
        Server::begin(
            name,
            tempfile::tempdir()?,
            self.port(port),
            Box::new(move || running.command(&line)),
            Box::new(move || {
                let mut check = asked.command(&check);
                check.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                check.status().is_ok_and(|status| status.success())
            }),
        )
    }

    /// Runs a service that ends by itself: `docker compose run NAME [LINE]`, where the line takes the place of the command.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn run(&self, name: &str, line: &[&str], input: &[u8]) -> anyhow::Result<Output> {
        let mut ready = self.ready(name)?;
        if !line.is_empty() {
            ready.service.command = line.iter().map(|&word| word.to_owned()).collect();
        }
        let mut from = tempfile::tempfile()?;
        from.write_all(input)?;
        from.rewind()?;
        Ok(ready.command(&ready.service.command_line()).stdin(from).output()?)
    }

    fn ready(&self, name: &str) -> anyhow::Result<Ready> {
        let service = self.0.compose.service(name)?.clone();
        let own_folder = self.0.folder.path().join(name);
        let (mut paths, mut writable, mut files) = (BTreeMap::new(), Vec::new(), Vec::new());
        for place in &service.tmpfs {
            let target = place.split(':').next().unwrap_or(place);
            let path = own_folder.join("tmpfs").join(target.trim_start_matches('/').replace('/', "-"));
            own(&path)?;
            writable.push(path.clone());
            paths.insert(target.to_owned(), path);
        }
        for grant in &service.secrets {
            let secret = &self.0.compose.secrets[&grant.source].file;
            let secret = self.0.folder.path().join("secrets").join(secret.file_name().unwrap_or_default());
            files.push((secret, grant.target.clone()));
        }
        for mount in &service.volumes {
            if mount.source.starts_with('.') {
                files.push((compose::folder().join(&mount.source), mount.target.clone()));
                continue;
            }
            ensure!(self.0.compose.volumes.contains_key(&mount.source), "no volume {}", mount.source);
            let path = self.volume(&mount.source)?;
            if mount.writable {
                writable.push(path.clone());
            }
            paths.insert(mount.target.clone(), path);
        }
        for (_, target) in &files {
            let path = own_folder.join("files").join(target.trim_start_matches('/'));
            paths.insert(target.clone(), path);
        }
        let folders = self.0.image.iter().filter(|(place, _)| place.starts_with('/'));
        paths.extend(folders.map(|(place, path)| (place.clone(), path.clone())));
        let hosts: Vec<String> = self.0.compose.services.keys().cloned().collect();
        let here = Here::new(paths.clone(), &hosts, self.0.ports.clone())?;
        for (source, target) in files {
            let text = fs::read_to_string(&source).with_context(|| format!("{}", source.display()))?;
            fs::create_dir_all(paths[&target].parent().unwrap_or(&own_folder))?;
            fs::write(&paths[&target], here.translate(&text))?;
        }
        Ok(Ready { stack: self.clone(), name: name.to_owned(), service, here, writable })
    }
}

impl Ready {
    /// A command line of the compose file, as it is run here.
    fn command(&self, line: &[String]) -> Command {
        let (program, arguments) =
            line.split_first().map_or(("", line), |(first, rest)| (first.as_str(), rest));
        // What is not found is told by name when it does not start.
        let program = self.program(program).unwrap_or_else(|_| PathBuf::from(program));
        let mut command = confined(&program, &self.writable);
        command.args(arguments.iter().map(|argument| self.here.translate(argument)));
        command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin");
        command.envs(self.service.environment.iter().map(|(name, value)| (name, self.here.translate(value))));
        command.current_dir(self.stack.0.folder.path());
        command
    }

    /// Where the program of this name is here. Those of the house stand where only their builder may look, so they are linked to
    /// a place where nobody finds them too.
    fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let base = name.rsplit('/').next().unwrap_or(name);
        let Some(ours) = self.stack.0.image.get(base) else {
            let found = FOLDERS.iter().map(|folder| Path::new(folder).join(base)).find(|path| path.exists());
            return found.with_context(|| format!("{base} is missing: run `make need-servers`"));
        };
        let bin = self.stack.0.folder.path().join("bin");
        fs::create_dir_all(&bin)?;
        let link = bin.join(base);
        if !link.exists() && fs::hard_link(ours, &link).is_err() {
            fs::copy(ours, &link).with_context(|| format!("{}: run `make need-servers`", ours.display()))?;
        }
        Ok(link)
    }

    /// What the image's entry point does before the first start: a cluster with these settings, the owner with their password,
    /// the rule for connections, and the database. The entry point itself is a script in the image, which is not here.
    fn init_database(&self) -> anyhow::Result<()> {
        let setting = |name: &str| {
            self.service.environment.get(name).with_context(|| format!("postgres has no {name}"))
        };
        let data = PathBuf::from(self.here.translate(setting("PGDATA")?));
        if data.join("PG_VERSION").exists() {
            return Ok(());
        }
        let mut line = vec!["initdb".to_owned(), format!("--username={}", setting("POSTGRES_USER")?)];
        line.push(format!("--pwfile={}", setting("POSTGRES_PASSWORD_FILE")?));
        line.extend(setting("POSTGRES_INITDB_ARGS")?.split_whitespace().map(ToOwned::to_owned));
        let made = self.command(&line).output()?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let rules = data.join("pg_hba.conf");
        let rule = format!("\nhost all all all {}\n", setting("POSTGRES_HOST_AUTH_METHOD")?);
        fs::write(&rules, fs::read_to_string(&rules)? + &rule)?;
        let single = ["postgres", "--single", "-j", "postgres"].map(ToOwned::to_owned);
        let create = data.join("create.sql");
        fs::write(&create, format!("CREATE DATABASE {};\n", setting("POSTGRES_DB")?))?;
        let made = self.command(&single).stdin(fs::File::open(&create)?).output()?;
        fs::remove_file(create)?;
        let said = String::from_utf8_lossy(&made.stderr);
        if !made.status.success() || said.contains("ERROR") {
            bail!("{} has no database: {said}", self.name);
        }
        Ok(())
    }
}

/// OPA of the version that the compose file names, where `make need-servers` builds it.
fn opa(compose: &Compose) -> Option<PathBuf> {
    let version = compose.services.get("opa")?.image.split(':').nth(1)?.trim_end_matches("-static");
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join(format!("asoc/opa-v{version}/opa")))
}

/// A folder of whoever runs the services.
fn own(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        fs::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        if is_root() {
            chown(path, Some(NOBODY), Some(NOBODY))?;
        }
    }
    Ok(())
}
