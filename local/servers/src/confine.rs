//! What a container keeps a program from, as far as this machine can do the same.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

/// Who runs a program in place of root.
pub(crate) const NOBODY: u32 = 65534;

/// Writable places stay so; everything else on the file system of `/` becomes read-only. `$@` is a list of places, `--`, and the program.
const READ_ONLY: &str = r#"
while [ "$1" != -- ]; do mount --bind "$1" "$1" || exit 125; shift; done
shift
mount -o remount,bind,ro / || exit 125
exec "$@""#;

/// Whether this process may make a program's view of the file system read-only: as root only, and not in every container.
pub(crate) static CAN_MOUNT: LazyLock<bool> = LazyLock::new(|| {
    let mut test = Command::new("unshare");
    test.args(["--mount", "--propagation", "private", "mount", "--bind", "/", "/"]);
    is_root()
        && test.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
});

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command that ends with this process and can get no rights by what it starts. Run by root, it is nobody's and has no capability, and
/// where mounting is possible it can write nowhere but in `writable`.
pub(crate) fn confined(program: &Path, writable: &[PathBuf]) -> Command {
    let mut line: Vec<&OsStr> = Vec::new();
    if *CAN_MOUNT {
        line.extend(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, "sh"].map(OsStr::new),
        );
        line.extend(writable.iter().map(|place| place.as_os_str()));
        line.push(OsStr::new("--"));
    }
    line.extend(["setpriv", "--pdeathsig", "KILL", "--no-new-privs"].map(OsStr::new));
    let nobody = NOBODY.to_string();
    if is_root() {
        line.extend(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"].map(OsStr::new));
        line.extend(["--bounding-set", "-all", "--inh-caps", "-all"].map(OsStr::new));
    }
    line.extend([OsStr::new("--"), program.as_os_str()]);
    let mut command = Command::new(line[0]);
    command.args(&line[1..]);
    command
}
