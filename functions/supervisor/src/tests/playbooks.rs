use super::fixture::policies;
use crate::Playbooks;

#[test]
fn the_six_playbooks_load() {
    let playbooks = Playbooks::load(&policies("playbooks")).unwrap();
    let names: Vec<_> = playbooks.iter().map(|p| p.name.as_str()).collect();
    let expected = [
        "compromised-instance",
        "compromised-role",
        "compromised-user",
        "hostile-address",
        "public-bucket",
        "trail-stopped",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_is_unknown_or_impossible_is_refused_by_name() {
    let entry = |entry: &str| format!("name: p\nabout: a\nactions:\n  - {entry}\n");
    let cases = [
        (entry("{ do: delete_user, on: [actor], why: w }"), "delete_user"),
        (entry("{ do: revoke_iam_user, on: [everybody], why: w }"), "everybody"),
        (entry("{ do: revoke_iam_user, on: [actor], why: w, force: yes }"), "force"),
        (entry("{ do: revoke_iam_user, on: [actor] }"), "why"),
        (entry("{ do: revoke_iam_user, on: [actor], why: ' ' }"), "does not say why"),
        (entry("{ do: revoke_iam_user, on: [], why: w }"), "on nothing"),
        (entry("{ do: revoke_iam_user, on: [origin], why: w }"), "RevokeIamUser cannot be applied to Origin"),
        (
            entry("{ do: deactivate_access_key, on: [actor], why: w }"),
            "DeactivateAccessKey cannot be applied to Actor",
        ),
        (
            entry("{ do: isolate_instance, on: [obtained], why: w }"),
            "IsolateInstance cannot be applied to Obtained",
        ),
        (entry("{ do: block_ip, on: [actor], why: w }"), "BlockIp cannot be applied to Actor"),
        (entry("{ do: restart_trail, on: [actor], why: w }"), "RestartTrail cannot be applied to Actor"),
        ("name: p\nabout: a\nactions: []\n".to_owned(), "no actions"),
        ("name: q\nabout: a\nactions: []\n".to_owned(), "name it `p`"),
        ("name: p\nabout: a\n  actions: []\n".to_owned(), "line 3"),
    ];
    for (text, says) in cases {
        let error = Playbooks::load(&[("folder/p.yaml".to_owned(), text.clone())]).unwrap_err().to_string();
        assert!(error.starts_with("folder/p.yaml: ") && error.contains(says), "{text}\n{error}");
    }
}

#[test]
fn two_of_one_name_are_refused_and_other_files_left_out() {
    let text = "name: p\nabout: a\nactions: [{ do: revoke_iam_user, on: [actor], why: w }]\n".to_owned();
    let file = |path: &str| (path.to_owned(), text.clone());
    assert!(Playbooks::load(&[file("p.yaml"), file("README.md")]).is_ok());
    let error = Playbooks::load(&[file("a/p.yaml"), file("b/p.yaml")]).unwrap_err();
    assert_eq!(error.to_string(), "b/p.yaml: there are two playbooks `p`");
}
