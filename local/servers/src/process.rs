//! A server's process: started, paused, ended, started again.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// How long a server may take until it answers, and until it has ended after it was asked to.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look.
const PAUSE: Duration = Duration::from_millis(20);

/// Builds the command that runs a server.
pub(crate) type Run = Box<dyn Fn() -> Command + Send + Sync>;
/// Whether a server answers.
pub(crate) type Answers = Box<dyn Fn() -> bool + Send + Sync>;

/// What a process may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whether it is root's.
    pub is_root: bool,
    /// Whether it has capabilities in effect.
    pub has_capabilities: bool,
    /// Whether a program that it starts can have more rights than it has.
    pub may_gain_more: bool,
    /// Whether its root file system is writable to it.
    pub may_write_anywhere: bool,
}

impl Rights {
    /// What [`crate::Stack`] leaves to a service, as far as this machine can hold it to that.
    pub fn least() -> Self {
        let may_write_anywhere = !*crate::confine::CAN_MOUNT;
        Self { is_root: false, has_capabilities: false, may_gain_more: false, may_write_anywhere }
    }
}

/// A server of another make. Dropping it kills the process and removes its folder.
pub struct Server {
    name: String,
    run: Run,
    answers: Answers,
    process: Option<Child>,
    /// What asks it to end.
    ended_by: Signal,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// Starts a server in its folder, and waits until it answers.
    pub(crate) fn begin(
        name: impl Into<String>,
        folder: TempDir,
        port: u16,
        run: Run,
        answers: Answers,
    ) -> anyhow::Result<Self> {
        let mut server =
            Self { name: name.into(), run, answers, process: None, ended_by: Signal::TERM, port, folder };
        server.start()?;
        Ok(server)
    }

    /// The same, asked to end by another signal.
    pub(crate) fn ended_by(mut self, signal: Signal) -> Self {
        self.ended_by = signal;
        self
    }

    /// Its port on 127.0.0.1, the same after each start.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder: data, settings, and its output in `log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has said since it was first started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// What its process may do.
    ///
    /// # Errors
    /// If it does not run.
    pub fn rights(&self) -> anyhow::Result<Rights> {
        let process = self.process.as_ref().context("it does not run")?.id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()).unwrap_or_default()
        };
        let mounts = std::fs::read_to_string(format!("/proc/{process}/mounts"))?;
        let root = mounts.lines().rfind(|line| line.split(' ').nth(1) == Some("/"));
        let options = root.and_then(|line| line.split(' ').nth(3)).unwrap_or_default();
        Ok(Rights {
            is_root: field("Uid:") == "0",
            has_capabilities: field("CapEff:").bytes().any(|digit| digit != b'0'),
            may_gain_more: field("NoNewPrivs:") != "1",
            may_write_anywhere: options.split(',').any(|option| option == "rw"),
        })
    }

    /// Starts it, if it does not run, and waits until it answers.
    ///
    /// # Errors
    /// If the program is missing, ends at once, or does not answer within a minute; its output is part of the error.
    pub fn start(&mut self) -> anyhow::Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(self.folder().join("log"))?;
        let mut command = (self.run)();
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let program = command.get_program().to_owned();
        let child = spawn(command)
            .with_context(|| format!("{} does not start: run `make need-servers`", program.display()))?;
        let process = self.process.insert(child);
        let begin = Instant::now();
        while !(self.answers)() {
            let ended = process.try_wait()?;
            ensure!(
                ended.is_none() && begin.elapsed() < PATIENCE,
                "{} does not answer:\n{}",
                self.name,
                fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
            );
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.end(self.ended_by)
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.end(Signal::KILL)
    }

    /// Lets it stand still: it takes connections and answers nothing.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)?;
        // Its threads take the signal one after another; on a busy machine one may answer for a while.
        let Some(process) = &self.process else { return Ok(()) };
        let family = [vec![i32::try_from(process.id())?], descendants(process.id())].concat();
        let begin = Instant::now();
        while family.iter().flat_map(|pid| threads(*pid)).any(|state| state != 'T') {
            ensure!(begin.elapsed() < PATIENCE, "{} does not stand still", self.name);
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Lets it go on.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        let below = self.process.as_ref().map(|process| descendants(process.id())).unwrap_or_default();
        self.signal(signal)?;
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let begin = Instant::now();
        while process.try_wait()?.is_none() {
            if begin.elapsed() > PATIENCE {
                kill_process_group(group(&process)?, Signal::KILL)?;
            }
            thread::sleep(PAUSE);
        }
        // Until the last of them is gone, what they share is taken and the server does not start again.
        while below.iter().any(|pid| is_alive(*pid)) && begin.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let Some(process) = &self.process else { return Ok(()) };
        // One that ends in good order sees to its children itself. Some servers give each a group of its own.
        if signal != self.ended_by {
            for child in descendants(process.id()) {
                let _ = Pid::from_raw(child).map(|pid| kill_process(pid, signal));
            }
        }
        Ok(kill_process_group(group(process)?, signal)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.end(Signal::KILL);
    }
}

/// The processes below one, nearest first.
fn descendants(process: u32) -> Vec<i32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children: Vec<u32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    let below = children.iter().flat_map(|child| descendants(*child));
    children.iter().filter_map(|pid| i32::try_from(*pid).ok()).chain(below).collect()
}

/// Whether a process runs. One that has ended and that nobody has asked about yet does not.
fn is_alive(process: i32) -> bool {
    threads(process).iter().any(|state| *state != 'Z')
}

/// What each thread of a process is at, as `proc(5)` has it: `T` stands still, `Z` has ended.
fn threads(process: i32) -> Vec<char> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let stats = tasks.filter_map(|task| fs::read_to_string(task.path().join("stat")).ok());
    stats.filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next()).collect()
}

fn group(process: &Child) -> anyhow::Result<Pid> {
    Pid::from_raw(i32::try_from(process.id())?).context("a process has a number")
}

/// A port that nobody listens on, below those that the system gives to whoever asks for any: a server that is stopped finds its own again.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    const PORTS: std::ops::Range<u32> = 12_000..32_000;
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(131)));
    for _ in PORTS {
        let port = PORTS.start + NEXT.fetch_add(1, Ordering::Relaxed) % (PORTS.end - PORTS.start);
        let port = u16::try_from(port)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("every port is taken")
}

/// A command that ends with this process, however that ends. Run by root, `user` runs it instead.
pub(crate) fn tied(program: &Path, user: Option<&str>) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = user.filter(|_| rustix::process::geteuid().is_root()) {
        command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    }
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Starts a command from a thread that lives as long as the process: what is tied by a signal is tied to the thread.
fn spawn(command: Command) -> anyhow::Result<Child> {
    use std::os::unix::process::CommandExt;
    type Order = (Command, mpsc::Sender<std::io::Result<Child>>);
    static NURSERY: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
        let (orders, queue) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in queue {
                let _ = answer.send(command.process_group(0).spawn());
            }
        });
        orders
    });
    let (answer, child) = mpsc::channel();
    NURSERY.send((command, answer)).map_err(|_| anyhow::anyhow!("nobody starts processes"))?;
    Ok(child.recv()??)
}
