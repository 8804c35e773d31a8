//! What the compose file says, and what it must not say.

use std::{collections::BTreeSet, process::Command};

use servers::compose::{Compose, Service, folder};

fn services() -> Vec<(String, Service)> {
    Compose::load().unwrap().services.into_iter().collect()
}

#[test]
fn docker_compose_finds_it_valid_with_each_profile() {
    let profiles: BTreeSet<String> =
        services().into_iter().flat_map(|(_, service)| service.profiles).collect();
    assert_eq!(profiles.iter().collect::<Vec<_>>(), ["backup", "localstack", "logs", "observability", "tls"]);
    let all: Vec<&str> = profiles.iter().map(String::as_str).collect();
    for profiles in all.iter().map(std::slice::from_ref).chain([&[][..], &all[..]]) {
        let mut compose = Command::new("docker-compose");
        compose.arg("-f").arg(folder().join("docker-compose.yml"));
        profiles.iter().for_each(|profile| {
            compose.args(["--profile", profile]);
        });
        let said = compose.args(["config", "-q"]).output().expect("run `make need-servers`");
        assert!(said.status.success(), "{profiles:?}: {}", String::from_utf8_lossy(&said.stderr));
        assert!(said.stderr.is_empty(), "{profiles:?}: {}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn every_service_has_as_few_rights_as_it_can() {
    for (name, service) in services() {
        let (user, group) = service.user.split_once(':').unwrap();
        let (user, _group): (u32, u32) = (user.parse().unwrap(), group.parse().unwrap());
        assert_ne!(user, 0, "{name} is not root");
        assert!(service.read_only, "{name}");
        assert_eq!(service.cap_drop, ["ALL"], "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
        assert!(service.pids_limit.is_some() && service.mem_limit.is_some(), "{name}");
        let once = service.restart == "no";
        assert_eq!(service.healthcheck.is_none(), once, "{name}: what stays has a health check");
        if let Some(health) = &service.healthcheck {
            assert!(!health.command_line().unwrap().is_empty());
        }
    }
}

#[test]
fn only_dashboard_and_console_are_published_and_what_a_profile_adds() {
    let published: Vec<String> = services()
        .into_iter()
        .flat_map(|(name, service)| service.ports.into_iter().map(move |port| format!("{name} {port}")))
        .collect();
    assert_eq!(
        published,
        [
            "asoc 127.0.0.1:3000:3000",
            "asoc 127.0.0.1:9002:9002",
            "grafana 127.0.0.1:3001:3001",
            "localstack 127.0.0.1:4566:4566",
            "proxy 80:8080",
            "proxy 443:8443",
        ]
    );
}

#[test]
fn images_are_pinned_and_secrets_are_files() {
    let version = regex::Regex::new(r"^[a-z/]+:v?\d+\.\d+\.?\d*(-[a-z]+)?$").unwrap();
    let compose = Compose::load().unwrap();
    let mut used = BTreeSet::new();
    for (name, service) in &compose.services {
        assert!(version.is_match(&service.image), "{name}: {}", service.image);
        for grant in &service.secrets {
            assert!(compose.secrets.contains_key(&grant.source), "{name}: {}", grant.source);
            used.insert(grant.source.clone());
        }
        for (setting, value) in &service.environment {
            let secret =
                ["PASSWORD", "TOKEN", "DATABASE_URL", "REDIS_URL"].iter().any(|word| setting.contains(word));
            assert!(!secret || value.starts_with("/run/secrets/"), "{name}: {setting} is a file's path");
        }
    }
    assert_eq!(used, compose.secrets.keys().cloned().collect(), "each secret is somebody's");
}

#[test]
fn what_is_mounted_is_there_and_can_be_read() {
    for (name, service) in services() {
        for mount in service.volumes.iter().filter(|mount| mount.source.starts_with('.')) {
            assert!(!mount.writable, "{name}: {}", mount.source);
            let text = std::fs::read_to_string(folder().join(&mount.source));
            let text = text.unwrap_or_else(|error| panic!("{name}: {}: {error}", mount.source));
            // JSON is YAML too.
            if [".yml", ".yaml", ".json"].iter().any(|ending| mount.source.ends_with(ending)) {
                yaml_serde::from_str::<yaml_serde::Value>(&text).expect(&mount.source);
            }
        }
    }
}

#[test]
fn secrets_are_made_once_and_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("secrets");
    let make = || {
        let made = Command::new(folder().join("secrets.sh")).arg(&place).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert!(made.stdout.is_empty() && made.stderr.is_empty(), "it says no secret");
        let files = std::fs::read_dir(&place).unwrap().map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
        });
        files.collect::<std::collections::BTreeMap<_, _>>()
    };
    let first = make();
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    for name in Compose::load().unwrap().secrets.keys() {
        assert!(first[name].len() > 3, "{name}");
    }
    assert!(first["database_url"].contains(&first["app_password"]));
    assert!(!first["redis_users"].contains(&first["redis_password"]), "Redis knows a digest");
    assert!(!first["opa_access"].contains(&first["opa_token"]), "OPA knows a digest");
    assert_eq!(make(), first, "what is there stays");
    std::fs::remove_file(place.join("opa_token")).unwrap();
    let renewed = make();
    assert_ne!(renewed["opa_token"], first["opa_token"]);
    assert_ne!(renewed["opa_access"], first["opa_access"], "what was made of a secret is made again with it");
    assert_eq!(renewed["redis_url"], first["redis_url"]);
}

#[test]
fn the_tests_run_the_opa_that_the_compose_file_names() {
    let makefile = std::fs::read_to_string(folder().join("../Makefile")).unwrap();
    let image = Compose::load().unwrap().service("opa").unwrap().image.clone();
    let version = makefile.lines().find_map(|line| line.strip_prefix("OPA_VERSION := v")).unwrap();
    assert_eq!(image, format!("openpolicyagent/opa:{version}-static"));
}
