//! How calls fail: in AWS's own words, and as what passes or what does not.

use account::AwsAccount;
use agent::{Account, AccountError};
use domain::{
    AccountWrite as W,
    account::{KeyStatus, NetworkAclEntry, Scope, SecurityGroupRule, Tags},
};

use crate::{
    proxy::{Fault, Proxy},
    world::{self, World},
};

fn s(text: &str) -> String {
    text.to_owned()
}

/// The sandbox's own test has the same codes. Not in the table is what moto does not refuse as AWS does: to delete an
/// entry that a network ACL does not have (500), to delete a group that an interface wears, to detach an instance that
/// is no member, to attach one that is.
#[tokio::test]
async fn refuses_with_the_codes_that_response_knows() {
    let world = World::empty().await;
    world::identities(&world.config).await;
    let built = world::network(&world.config).await;
    let deny = s("arn:aws:iam::aws:policy/AWSDenyAll");
    let cidr = "203.0.113.66/32".parse().unwrap();
    let entry = NetworkAclEntry { rule_number: 100, egress: false, allow: false, protocol: s("-1"), cidr };
    let absent = SecurityGroupRule { protocol: s("tcp"), from_port: 1, to_port: 1, peer: s("10.0.0.0/8") };
    let there = SecurityGroupRule { protocol: s("tcp"), from_port: 443, to_port: 443, peer: s("0.0.0.0/0") };
    let ([first, second], web) = (&built.interfaces, &built.web);
    let profile = |name: &str| format!("arn:aws:iam::{}:instance-profile/{name}", world::ACCOUNT);
    let no_snapshot = s("snap-0123456789abcdef0");
    let table = [
        (W::AttachUserPolicy { user: s("nobody"), policy_arn: deny.clone() }, "NoSuchEntity"),
        (W::DetachUserPolicy { user: s(world::USER), policy_arn: deny }, "NoSuchEntity"),
        (
            W::UpdateAccessKey { user: s(world::USER), access_key: s("AKIANONE"), status: KeyStatus::Active },
            "NoSuchEntity",
        ),
        (W::DeleteRolePolicy { role: s(world::ROLE), policy_name: s("none") }, "NoSuchEntity"),
        (W::CreateNetworkAclEntry { network_acl: built.acl.clone(), entry }, "NetworkAclEntryAlreadyExists"),
        (
            W::CreateSecurityGroup {
                name: s("web"),
                description: s("again"),
                vpc: built.vpc.clone(),
                tags: Tags::new(),
            },
            "InvalidGroup.Duplicate",
        ),
        (W::DeleteSecurityGroup { group: s("sg-0123456789abcdef0") }, "InvalidGroup.NotFound"),
        (W::AuthorizeSecurityGroupIngress { group: web.clone(), rule: there }, "InvalidPermission.Duplicate"),
        (
            W::RevokeSecurityGroupIngress { group: web.clone(), rule: absent.clone() },
            "InvalidPermission.NotFound",
        ),
        (W::RevokeSecurityGroupEgress { group: web.clone(), rule: absent }, "InvalidPermission.NotFound"),
        (
            W::DisassociateAddress { interface: second.clone(), allocation: built.allocation.clone() },
            "InvalidAssociationID.NotFound",
        ),
        (
            W::AssociateAddress { interface: second.clone(), allocation: built.allocation.clone() },
            "Resource.AlreadyAssociated",
        ),
        (
            W::DisassociateInstanceProfile {
                instance: built.instance.clone(),
                profile_arn: profile("empty"),
            },
            "NoSuchAssociation",
        ),
        (
            W::AssociateInstanceProfile { instance: built.instance.clone(), profile_arn: profile("empty") },
            "IncorrectState",
        ),
        (W::DeleteSnapshot { snapshot: no_snapshot }, "InvalidSnapshot.NotFound"),
        (W::DeletePublicAccessBlock { bucket: s("asoc-no-such-bucket") }, "NoSuchBucket"),
    ];
    let scope = Scope::Instance { id: built.instance.clone() };
    let before = world.account.describe(&scope).await.unwrap();
    for (call, code) in table {
        match world.account.write(&call).await {
            Err(AccountError::Refused { code: told, .. }) => assert_eq!(told, code, "{call:?}"),
            other => panic!("{call:?}: {other:?}"),
        }
    }
    assert_eq!(world.account.describe(&scope).await.unwrap(), before);
    assert!(before.instances[&built.instance].interfaces[first].address.is_some());
}

#[tokio::test]
async fn what_may_succeed_later_is_unavailable() {
    let world = World::empty().await;
    world::identities(&world.config).await;
    let proxy = Proxy::before(world.moto.url(), Fault::Throttled { tries: 9 }).await;
    let throttled = AwsAccount::new(&world::config(&proxy.url).await);
    let silent = AwsAccount::new(&world::config("http://127.0.0.1:9").await);
    for account in [throttled, silent] {
        let read = account.describe(&Scope::Everything).await;
        assert!(matches!(read, Err(AccountError::Unavailable(_))), "{read:?}");
        for call in [
            W::DeleteRolePolicy { role: s(world::ROLE), policy_name: s("storefront") },
            W::DeleteSecurityGroup { group: s("sg-0123456789abcdef0") },
            W::DeregisterTarget { target_group: s("arn:none"), instance: s("i-1"), port: 80 },
            W::AttachToAutoScaling { group: s("web"), instance: s("i-1") },
            W::StartLogging { trail: s("trail") },
        ] {
            let sent = account.write(&call).await;
            assert!(matches!(sent, Err(AccountError::Unavailable(_))), "{call:?}: {sent:?}");
        }
    }
    assert_eq!(proxy.faults() % 3, 0, "three tries a call");
    let role = Scope::Role { name: s(world::ROLE) };
    let kept = world.account.describe(&role).await.unwrap();
    assert!(kept.roles[world::ROLE].inline_policies.contains_key("storefront"));
}
