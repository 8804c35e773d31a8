//! The Dockerfile, as far as it can be tried without Docker.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use servers::compose::{Compose, folder};

fn root() -> PathBuf {
    folder().join("..").canonicalize().unwrap()
}

/// The instructions, one a line.
fn instructions() -> Vec<String> {
    let text = fs::read_to_string(folder().join("Dockerfile")).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.fold(String::new(), |text, line| match line.strip_suffix('\\') {
        Some(part) => text + part.trim() + " ",
        None => text + line.trim() + "\n",
    });
    joined.lines().filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

/// What each stage copies out of the repository: sources and where they go.
fn copies() -> Vec<(String, Vec<String>, String)> {
    let (mut stage, mut copies) = (String::new(), Vec::new());
    for line in instructions() {
        let words: Vec<String> = line.split_whitespace().map(ToOwned::to_owned).collect();
        match words[0].as_str() {
            "FROM" => stage = words.last().unwrap().clone(),
            "COPY" if !words[1].starts_with("--from=") => {
                let (to, from) = words[1..].split_last().unwrap();
                copies.push((stage.clone(), from.to_vec(), to.clone()));
            }
            _ => {}
        }
    }
    copies
}

#[test]
fn what_it_copies_is_there_and_is_let_through() {
    let ignore = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let lines: Vec<&str> = ignore.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], "*", "what is not named stays out");
    let copies = copies();
    assert!(copies.len() > 5);
    for from in copies.iter().flat_map(|(_, from, _)| from) {
        assert!(root().join(from).exists(), "{from}");
        let file = Path::new(from);
        let passes = lines.iter().filter_map(|line| line.strip_prefix('!')).any(|allowed| {
            file.starts_with(allowed) || allowed == "infra/*.asl.json" && from.ends_with(".asl.json")
        });
        assert!(passes, "{from} is in .dockerignore");
    }
    for kept_out in ["local/secrets", "dashboard/node_modules", "dashboard/out", "dashboard/.next"] {
        assert!(lines.contains(&kept_out), "{kept_out}");
    }
}

#[test]
fn it_builds_by_the_commands_of_the_makefile() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut built = 0;
    for line in instructions().iter().filter_map(|line| line.strip_prefix("RUN ")) {
        for command in line.split("&&").map(str::trim) {
            let words: Vec<&str> =
                command.split_whitespace().filter(|word| !word.starts_with("--mount=")).collect();
            let command = words.join(" ").replace(" --release", "");
            match words[0] {
                "cargo" | "npm" => {
                    assert!(makefile.contains(&command), "`{command}` is not in the Makefile");
                    built += 1;
                }
                "cp" | "install" => {}
                other => panic!("`{other}`: nothing else runs, least of all what downloads"),
            }
        }
    }
    assert_eq!(built, 3);
}

#[test]
fn the_first_stage_sees_a_whole_workspace() {
    let dir = tempfile::tempdir().unwrap();
    for (stage, from, to) in copies() {
        if stage != "program" {
            continue;
        }
        for from in &from {
            let to = if to.ends_with('/') {
                dir.path().join(&to).join(Path::new(from).file_name().unwrap())
            } else {
                dir.path().join(&to)
            };
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            symlink(root().join(from), to).unwrap();
        }
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"]);
    let seen = cargo.current_dir(dir.path()).output().unwrap();
    assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stderr));
    let seen = String::from_utf8(seen.stdout).unwrap();
    assert!(seen.contains(r#""name":"asoc""#));
    // What is built into the program from outside of its crate.
    for file in
        ["infra/incident.asl.json", "infra/undo.asl.json", "policies/authorization/authorization.rego"]
    {
        assert!(dir.path().join(file).exists(), "{file}");
    }
}

#[test]
fn it_is_what_the_compose_file_runs() {
    let compose = Compose::load().unwrap();
    let asoc = compose.service("asoc").unwrap();
    let last = |word: &str| {
        let line = instructions().into_iter().rfind(|line| line.starts_with(word));
        line.unwrap_or_else(|| panic!("no {word}")).split_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(last("USER"), asoc.user);
    assert_eq!(last("EXPOSE").split(' ').collect::<Vec<_>>(), asoc.expose);
    assert!(asoc.command.contains(&"/usr/share/asoc/dashboard".to_owned()));
    assert!(last("CMD").contains("/usr/share/asoc/dashboard"));
    let own = instructions().into_iter().find(|line| line.starts_with("RUN install")).unwrap();
    for service in ["asoc", "bundle"] {
        for mount in compose.service(service).unwrap().volumes.iter().filter(|mount| mount.writable) {
            assert!(own.contains(&mount.target), "the image has no {} of its user's", mount.target);
        }
    }
    let version = asoc.image.split(':').nth(1).unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(last("LABEL").contains(&format!("image.version=\"{version}\"")));
}
