use super::*;

/// Every active finding type ("GuardDuty active finding types"), a line each group: the purpose, the resource and what follows.
const ACTIVE: &str = include_str!("active.txt");

#[test]
fn every_active_finding_type_has_techniques_of_att_and_ck() {
    let mut types = 0;
    for line in ACTIVE.lines().filter(|line| !line.starts_with('#')) {
        let (beginning, rest) = line.split_once('/').unwrap();
        for rest in rest.split(' ') {
            let finding_type = format!("{beginning}/{rest}");
            let techniques = techniques::of(&finding_type);
            assert!(!techniques.is_empty(), "{finding_type}");
            for technique in techniques {
                assert!(domain::attack::TACTICS.contains(&technique.tactic.as_str()), "{technique:?}");
                assert!(technique.id.len() == 5 || technique.id.len() == 9, "{technique:?}");
            }
            types += 1;
        }
    }
    assert!(types > 180, "{types}");
}

#[test]
fn the_most_exact_beginning_counts() {
    for (finding_type, expected) in [
        ("Backdoor:EC2/C&CActivity.B", "T1071"),
        ("Backdoor:EC2/C&CActivity.B!DNS", "T1071.004"),
        ("Backdoor:EC2/DenialOfService.Udp", "T1498"),
        ("CryptoCurrency:Lambda/BitcoinTool.B", "T1496"),
        ("UnauthorizedAccess:EC2/SSHBruteForce", "T1110"),
        ("UnauthorizedAccess:EC2/TorRelay", "T1090.003"),
        ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "T1552.005"),
        ("UnauthorizedAccess:IAMUser/MaliciousIPCaller", "T1078.004"),
        ("Stealth:IAMUser/CloudTrailLoggingDisabled", "T1562.008"),
        ("PrivilegeEscalation:Runtime/RuncContainerEscape", "T1611"),
        ("CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin", "T1078"),
        ("Trojan:Runtime/DGADomainRequest.C!DNS", "T1568.002"),
    ] {
        assert_eq!(techniques::of(finding_type)[0].id, expected, "{finding_type}");
    }
    for unknown in ["", "Odd", "Odd:EC2/Thing", "Impact", "AttackSequence:New/Thing"] {
        assert_eq!(techniques::of(unknown), [], "{unknown}");
    }
}
