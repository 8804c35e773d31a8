//! The account's semantics: what each call changes, and how it refuses.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use agent::{Account, AccountError};
use async_trait::async_trait;
use domain::{
    AccountWrite as W, Inventory,
    account::{KeyStatus, NetworkAclEntry, PublicAccessBlock, Scope, SecurityGroupRule, Tags},
};
use serde_json::json;

use crate::{Flaky, Keep, Sandbox, When, default_account};

const WEB: &str = "i-0a1b2c3d4e5f60001";
const ACL: &str = "acl-0ac10000000000pub1";
const VPC: &str = "vpc-0b00c5000000000a1";
const BASTION_GROUP: &str = "sg-0c100000000bastion";

fn sandbox() -> Sandbox {
    Sandbox::new(default_account().unwrap())
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn entry(rule_number: u16) -> NetworkAclEntry {
    let cidr = "203.0.113.66/32".parse().unwrap();
    NetworkAclEntry { rule_number, egress: false, allow: false, protocol: s("-1"), cidr }
}

fn rule(peer: &str) -> SecurityGroupRule {
    SecurityGroupRule { protocol: s("tcp"), from_port: 22, to_port: 22, peer: s(peer) }
}

fn group(name: &str, vpc: &str) -> W {
    W::CreateSecurityGroup { name: s(name), description: s("a test"), vpc: s(vpc), tags: Tags::new() }
}

/// The default account hangs together: whatever something in it names is there.
#[test]
fn the_default_account_is_whole() {
    let account = default_account().unwrap();
    for (name, user) in &account.users {
        assert!(user.groups.iter().all(|group| account.groups.contains_key(group)), "{name}");
        assert!(user.arn.ends_with(&format!("user/{name}")));
    }
    let attached = account.users.values().flat_map(|u| &u.attached_policies);
    let attached = attached.chain(account.groups.values().flat_map(|g| &g.attached_policies));
    for policy in attached.chain(account.roles.values().flat_map(|r| &r.attached_policies)) {
        assert!(account.policies.contains_key(policy), "{policy}");
    }
    for (name, role) in &account.roles {
        assert_eq!(role.arn, format!("arn:aws:iam::111122223333:role{}{name}", role.path));
    }
    for instance in account.instances.values() {
        let profile = instance.instance_profile.as_ref();
        assert!(profile.is_none_or(|arn| account.instance_profiles.values().any(|p| &p.arn == arn)));
        for interface in instance.interfaces.values() {
            assert!(account.subnets.contains_key(&interface.subnet));
            assert!(interface.groups.iter().all(|group| account.security_groups.contains_key(group)));
            assert!(interface.groups.is_sorted());
            let address = interface.address.as_ref();
            assert!(address.is_none_or(|a| account.addresses.get(&a.allocation) == Some(&a.public_ip)));
        }
    }
    for group in account.security_groups.values() {
        for peer in group.ingress.iter().chain(&group.egress).map(|rule| &rule.peer) {
            assert!(!peer.starts_with("sg-") || account.security_groups.contains_key(peer), "{peer}");
        }
    }
    assert!(account.subnets.values().all(|subnet| account.network_acls.contains_key(&subnet.network_acl)));
    assert!(account.trails.values().all(|trail| account.buckets.contains_key(&trail.bucket)));
    assert!(account.instance_profiles.values().all(|p| p.role.iter().all(|r| account.roles.contains_key(r))));
}

#[tokio::test]
async fn refuses_with_the_codes_of_aws_and_changes_nothing() {
    let many: Vec<String> = (0..10).map(|n| format!("arn:aws:iam::111122223333:policy/p{n}")).collect();
    let full: Vec<_> = (200..218).map(entry).chain([entry(219), entry(220)]).collect();
    let deny_all = s("arn:aws:iam::aws:policy/AWSDenyAll");
    let table = [
        (W::AttachUserPolicy { user: s("eve"), policy_arn: deny_all.clone() }, "NoSuchEntity"),
        (W::AttachUserPolicy { user: s("ci-deploy"), policy_arn: s("arn:none") }, "NoSuchEntity"),
        (W::AttachUserPolicy { user: s("maya.ortiz"), policy_arn: deny_all.clone() }, "LimitExceeded"),
        (W::DetachUserPolicy { user: s("ci-deploy"), policy_arn: deny_all }, "NoSuchEntity"),
        (
            W::UpdateAccessKey {
                user: s("ci-deploy"),
                access_key: s("AKIANONE"),
                status: KeyStatus::Inactive,
            },
            "NoSuchEntity",
        ),
        (W::PutRolePolicy { role: s("none"), policy_name: s("p"), document: json!({}) }, "NoSuchEntity"),
        (
            W::PutRolePolicy { role: s("deploy"), policy_name: s("p"), document: json!("") },
            "MalformedPolicyDocument",
        ),
        (
            W::PutRolePolicy {
                role: s("AWSReservedSSO_Support_0123456789abcdef"),
                policy_name: s("p"),
                document: json!({}),
            },
            "UnmodifiableEntity",
        ),
        (W::DeleteRolePolicy { role: s("deploy"), policy_name: s("none") }, "NoSuchEntity"),
        (
            W::CreateNetworkAclEntry { network_acl: s("acl-none"), entry: entry(1) },
            "InvalidNetworkAclID.NotFound",
        ),
        (W::CreateNetworkAclEntry { network_acl: s(ACL), entry: entry(100) }, "NetworkAclEntryAlreadyExists"),
        (W::CreateNetworkAclEntry { network_acl: s(ACL), entry: entry(32767) }, "InvalidParameterValue"),
        (
            W::CreateNetworkAclEntry { network_acl: s("acl-0ac10000000000prv1"), entry: entry(1) },
            "NetworkAclEntryLimitExceeded",
        ),
        (
            W::DeleteNetworkAclEntry { network_acl: s(ACL), rule_number: 7, egress: true },
            "InvalidNetworkAclEntry.NotFound",
        ),
        (W::SetDisableApiTermination { instance: s("i-none"), value: true }, "InvalidInstanceID.NotFound"),
        (W::SetShutdownBehavior { instance: s(WEB), value: s("burn") }, "InvalidParameterValue"),
        (
            W::SetDeleteOnTermination { instance: s(WEB), device: s("/dev/none"), value: true },
            "InvalidInstanceAttributeValue",
        ),
        (
            W::CreateSnapshot { volume: s("vol-none"), description: s(""), tags: Tags::new() },
            "InvalidVolume.NotFound",
        ),
        (W::DeleteSnapshot { snapshot: s("snap-none") }, "InvalidSnapshot.NotFound"),
        (group("web", VPC), "InvalidGroup.Duplicate"),
        (group("default", VPC), "InvalidGroup.Reserved"),
        (group("sg-mine", VPC), "InvalidParameterValue"),
        (group("mine", "vpc-none"), "InvalidVpcID.NotFound"),
        (W::DeleteSecurityGroup { group: s("sg-none") }, "InvalidGroup.NotFound"),
        (W::DeleteSecurityGroup { group: s("sg-0c100000000default") }, "CannotDelete"),
        (W::DeleteSecurityGroup { group: s(BASTION_GROUP) }, "DependencyViolation"),
        (
            W::AuthorizeSecurityGroupIngress { group: s(BASTION_GROUP), rule: rule("198.51.100.0/24") },
            "InvalidPermission.Duplicate",
        ),
        (
            W::AuthorizeSecurityGroupIngress { group: s(BASTION_GROUP), rule: rule("sg-none") },
            "InvalidGroup.NotFound",
        ),
        (
            W::RevokeSecurityGroupEgress { group: s(BASTION_GROUP), rule: rule("10.0.0.0/8") },
            "InvalidPermission.NotFound",
        ),
        (
            W::RevokeSecurityGroupIngress { group: s(BASTION_GROUP), rule: rule("10.0.0.0/8") },
            "InvalidPermission.NotFound",
        ),
        (
            W::SetInterfaceGroups { interface: s("eni-none"), groups: vec![s(BASTION_GROUP)] },
            "InvalidNetworkInterfaceID.NotFound",
        ),
        (
            W::SetInterfaceGroups { interface: s("eni-0f1000000000web1a"), groups: vec![s("sg-none")] },
            "InvalidGroup.NotFound",
        ),
        (
            W::SetInterfaceGroups { interface: s("eni-0f1000000000web1a"), groups: vec![] },
            "InvalidParameterValue",
        ),
        (
            W::DisassociateAddress {
                interface: s("eni-0f1000000000web2a"),
                allocation: s("eipalloc-0e10000000000web1"),
            },
            "InvalidAssociationID.NotFound",
        ),
        (
            W::AssociateAddress {
                interface: s("eni-0f1000000000web2a"),
                allocation: s("eipalloc-0e10000000000web1"),
            },
            "Resource.AlreadyAssociated",
        ),
        (
            W::AssociateAddress { interface: s("eni-0f1000000000web2a"), allocation: s("eipalloc-none") },
            "InvalidAllocationID.NotFound",
        ),
        (
            W::AssociateInstanceProfile { instance: s(WEB), profile_arn: s("arn:none") },
            "InvalidParameterValue",
        ),
        (
            W::AssociateInstanceProfile {
                instance: s(WEB),
                profile_arn: s("arn:aws:iam::111122223333:instance-profile/web-app"),
            },
            "IncorrectState",
        ),
        (
            W::DisassociateInstanceProfile { instance: s(WEB), profile_arn: s("arn:none") },
            "NoSuchAssociation",
        ),
        (W::RegisterTarget { target_group: s("arn:none"), instance: s(WEB), port: 1 }, "TargetGroupNotFound"),
        (W::RegisterTarget { target_group: s("arn:none"), instance: s("i-none"), port: 1 }, "InvalidTarget"),
        (W::DetachFromAutoScaling { group: s("none"), instance: s(WEB) }, "ValidationError"),
        (W::AttachToAutoScaling { group: s("web"), instance: s(WEB) }, "ValidationError"),
        (W::CreateTags { resource: s("thing"), tags: Tags::new() }, "InvalidID"),
        (W::PutPublicAccessBlock { bucket: s("none"), block: PublicAccessBlock::ALL }, "NoSuchBucket"),
        (W::StartLogging { trail: s("none") }, "TrailNotFoundException"),
    ];
    let account = sandbox();
    let crowded = json!({
        "users": {"maya.ortiz": {"attached_policies": many}},
        "network_acls": {"acl-0ac10000000000prv1": {"entries": full}},
    });
    account.edit(&crowded).await.unwrap();
    let before = account.inventory().await;
    for (call, expected) in table {
        match account.write(&call).await {
            Err(AccountError::Refused { code, .. }) => assert_eq!(code, expected, "{call:?}"),
            other => panic!("{call:?}: {other:?}"),
        }
        assert_eq!(account.inventory().await, before, "{call:?}");
    }
}

#[tokio::test]
async fn a_new_group_lets_everything_out_and_keeps_its_id() {
    let account = sandbox();
    account.write(&group("mine", VPC)).await.unwrap();
    let find =
        |inventory: Inventory| inventory.security_groups.into_iter().find(|(_, g)| g.name == "mine").unwrap();
    let (id, made) = find(account.inventory().await);
    assert!(made.ingress.is_empty());
    let [out] = &made.egress[..] else { panic!("one rule: {made:?}") };
    assert_eq!((out.protocol.as_str(), out.peer.as_str()), ("-1", "0.0.0.0/0"));

    account.write(&W::DeleteSecurityGroup { group: id.clone() }).await.unwrap();
    assert_eq!(account.inventory().await, default_account().unwrap());
    account.write(&group("mine", VPC)).await.unwrap();
    assert_eq!(find(account.inventory().await).0, id);
}

#[tokio::test]
async fn describes_what_the_scope_names_and_nothing_else() {
    let account = sandbox();
    let whole = account.inventory().await;
    let part = account.describe(&Scope::Instance { id: s(WEB) }).await.unwrap();
    assert_eq!(part.instances.keys().collect::<Vec<_>>(), [WEB]);
    assert_eq!((part.subnets.len(), part.security_groups.len()), (2, 5));
    assert_eq!((part.target_groups.len(), part.auto_scaling_groups.len()), (1, 1));
    assert_eq!(part.partition, "aws");
    assert!(part.users.is_empty() && part.roles.is_empty() && part.buckets.is_empty());

    let user = account.describe(&Scope::User { name: s("ci-deploy") }).await.unwrap();
    assert_eq!(user.users.len(), 1);
    assert!(user.instances.is_empty() && user.policies.is_empty());
    let nothing = account.describe(&Scope::Role { name: s("none") }).await.unwrap();
    assert!(nothing.roles.is_empty());
    assert_eq!(account.describe(&Scope::Everything).await.unwrap(), whole);
}

#[tokio::test]
async fn an_edit_merges_and_a_misspelt_one_is_refused() {
    let account = sandbox();
    account.edit(&json!({"trails": null, "users": {"ci-deploy": {"login_profile": true}}})).await.unwrap();
    let edited = account.inventory().await;
    assert!(edited.trails.is_empty() && edited.users["ci-deploy"].login_profile);
    assert_eq!(edited.users["ci-deploy"].access_keys.len(), 1);

    let refusal = account.edit(&json!({"users": {"ci-deploy": {"login": true}}})).await.unwrap_err();
    assert_eq!(refusal.to_string(), "InvalidPatch: an account has no `users.ci-deploy.login`");
    assert_eq!(account.inventory().await, edited);
    account.reset(default_account().unwrap()).await.unwrap();
    assert_eq!(account.inventory().await, default_account().unwrap());
}

/// Fails while it is told to.
struct Shaky(AtomicBool);

#[async_trait]
impl Keep for Shaky {
    async fn save(&self, _: &Inventory) -> Result<(), AccountError> {
        match self.0.load(Ordering::SeqCst) {
            true => Err(AccountError::Unavailable(s("the disk is full"))),
            false => Ok(()),
        }
    }
}

#[tokio::test]
async fn what_is_not_kept_has_not_happened() {
    let keep = Arc::new(Shaky(AtomicBool::new(true)));
    let account = sandbox().kept_by(keep.clone());
    let call = W::StopLogging { trail: s("arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail") };
    assert!(matches!(account.write(&call).await, Err(AccountError::Unavailable(_))));
    assert_eq!(account.inventory().await, default_account().unwrap());
    keep.0.store(false, Ordering::SeqCst);
    account.write(&call).await.unwrap();
    assert_ne!(account.inventory().await, default_account().unwrap());
}

#[tokio::test]
async fn flaky_loses_the_call_or_the_answer() {
    for (when, took_effect) in [(When::Before, false), (When::After, true)] {
        let inner = Arc::new(sandbox());
        let flaky = Flaky::new(inner.clone(), 2, when);
        let put = |bucket: &str| W::PutPublicAccessBlock { bucket: s(bucket), block: PublicAccessBlock::ALL };
        flaky.write(&put("lumen-books-exports")).await.unwrap();
        assert!(matches!(flaky.write(&put("lumen-books-assets")).await, Err(AccountError::Unavailable(_))));
        let bucket = &inner.inventory().await.buckets["lumen-books-assets"];
        assert_eq!(bucket.public_access_block == Some(PublicAccessBlock::ALL), took_effect);
        flaky.write(&put("lumen-books-assets")).await.unwrap();
        assert_eq!(flaky.written(), 3);
    }
}
