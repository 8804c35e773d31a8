//! Each scope shows what was built, and nothing else.

use account::AwsAccount;
use agent::{Account, AccountError};
use domain::{
    AccountWrite, Inventory,
    account::{KeyStatus, PublicAccessBlock, Scope, SecurityGroupRule},
};

use crate::proxy::{Fault, Proxy};
use crate::world::{self, ACCOUNT, BUCKET, FAR_BUCKET, ROLE, USER, World, allow, bucket_policy, trust};

fn nothing() -> Inventory {
    Inventory {
        account_id: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        region: world::REGION.to_owned(),
        ..Inventory::default()
    }
}

#[tokio::test]
async fn identities_are_as_they_were_made() {
    let world = World::empty().await;
    let keys = world::identities(&world.config).await;
    let whole = world.account.describe(&Scope::Everything).await.unwrap();
    let own = format!("arn:aws:iam::{ACCOUNT}:policy/look");
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();

    let user = &whole.users[USER];
    assert_eq!(user.arn, format!("arn:aws:iam::{ACCOUNT}:user/{USER}"));
    assert!(!user.id.is_empty());
    assert_eq!(user.groups, ["developers"]);
    assert_eq!(user.attached_policies, std::slice::from_ref(&read_only));
    assert_eq!(user.inline_policies["assume"], allow("sts:AssumeRole"));
    assert_eq!(user.tags["team"], "platform");
    assert!(user.login_profile);
    let statuses: Vec<_> = keys.iter().map(|key| user.access_keys[key].status).collect();
    assert_eq!(statuses, [KeyStatus::Active, KeyStatus::Inactive]);

    let group = &whole.groups["developers"];
    assert_eq!(
        (&group.attached_policies[..], &group.inline_policies["logs"]),
        (&[own.clone()][..], &allow("logs:Get*"))
    );
    let role = &whole.roles[ROLE];
    assert_eq!((role.path.as_str(), role.max_session_seconds), ("/", 7200));
    assert_eq!((&role.trust, &role.tags["team"]), (&trust("ec2.amazonaws.com"), &"storefront".to_owned()));
    assert_eq!(role.inline_policies["storefront"], allow("s3:GetObject"));
    assert_eq!(whole.instance_profiles[ROLE].role.as_deref(), Some(ROLE));
    assert_eq!(whole.instance_profiles["empty"].role, None);
    // Of AWS's own thousand policies only those that somebody has.
    assert_eq!(whole.policies.keys().collect::<Vec<_>>(), [&own, &read_only]);
    assert_eq!(whole.policies[&own], allow("ec2:Describe*"));

    // A scope of one shows the same as the whole.
    let one = world.account.describe(&Scope::User { name: USER.to_owned() }).await.unwrap();
    assert_eq!(one, Inventory { users: [(USER.to_owned(), user.clone())].into(), ..nothing() });
    let one = world.account.describe(&Scope::Role { name: ROLE.to_owned() }).await.unwrap();
    assert_eq!(one, Inventory { roles: [(ROLE.to_owned(), role.clone())].into(), ..nothing() });
}

#[tokio::test]
async fn an_instance_stands_in_its_surroundings() {
    let world = World::empty().await;
    world::identities(&world.config).await;
    let built = world::network(&world.config).await;
    world::join_group(&world.config, &built).await;
    let scope = Scope::Instance { id: built.instance.clone() };
    let around = world.account.describe(&scope).await.unwrap();

    let instance = &around.instances[&built.instance];
    assert_eq!((instance.state.as_str(), &instance.vpc), ("running", &built.vpc));
    assert_eq!(instance.tags["Name"], "web-1");
    assert_eq!((instance.disable_api_termination, instance.shutdown_behavior.as_str()), (false, "stop"));
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/{ROLE}");
    assert_eq!(instance.instance_profile, Some(profile));
    let [first, second] = built.interfaces.each_ref().map(|id| &instance.interfaces[id]);
    assert_eq!(
        (first.device_index, &first.subnet, &first.groups),
        (0, &built.public, &vec![built.web.clone()])
    );
    assert_eq!(first.address.as_ref().unwrap().allocation, built.allocation);
    let mut both = vec![built.web.clone(), built.admin.clone()];
    both.sort();
    assert_eq!((second.device_index, &second.subnet, &second.groups), (1, &built.private, &both));
    assert_eq!(second.address, None);
    let volumes: Vec<_> = instance.volumes.values().map(|v| (&v.volume, v.delete_on_termination)).collect();
    assert_eq!(volumes, [(&built.volumes[0], true), (&built.volumes[1], false)]);

    assert_eq!(around.subnets.keys().collect::<Vec<_>>().len(), 2);
    let (public, private) = (&around.subnets[&built.public], &around.subnets[&built.private]);
    assert_eq!((public.public, private.public, &public.network_acl), (true, false, &built.acl));
    assert_eq!((public.cidr.as_str(), &public.vpc), ("10.7.1.0/24", &built.vpc));
    let names: Vec<_> = around.security_groups.values().map(|group| group.name.as_str()).collect();
    assert_eq!(names.len(), 3, "of its VPC only: {names:?}");
    let rule = |port, peer: &str| SecurityGroupRule {
        protocol: "tcp".to_owned(),
        from_port: port,
        to_port: port,
        peer: peer.to_owned(),
    };
    let web = &around.security_groups[&built.web];
    assert_eq!(web.ingress, [rule(22, &built.admin), rule(443, "0.0.0.0/0"), rule(443, "::/0")]);
    assert_eq!((web.egress.len(), web.egress[0].protocol.as_str(), web.egress[0].from_port), (1, "-1", 0));
    assert_eq!(around.target_groups[&built.target_group].targets, [(built.instance.clone(), 8443)].into());
    let group = &around.auto_scaling_groups["web"];
    assert_eq!((group.instances.len(), group.desired_capacity, group.min_size), (2, 2, 1));

    // The whole shows the same, but for what EC2 tells one instance at a time.
    let whole = world.account.describe(&Scope::Everything).await.unwrap();
    let listed = &whole.instances[&built.instance];
    assert_eq!((&listed.interfaces, &listed.volumes), (&instance.interfaces, &instance.volumes));
    assert_eq!(whole.subnets[&built.public], *public);
    assert_eq!(whole.security_groups[&built.web], *web);
    assert_eq!(whole.target_groups, around.target_groups);
    assert_eq!(whole.auto_scaling_groups, around.auto_scaling_groups);
    assert_eq!(whole.addresses[&built.allocation], first.address.as_ref().unwrap().public_ip);

    let acl = world.account.describe(&Scope::NetworkAcl { id: built.acl.clone() }).await.unwrap();
    assert_eq!(acl.network_acls[&built.acl], whole.network_acls[&built.acl]);
    assert_eq!(acl.network_acls.len(), 1);
    let entries = &acl.network_acls[&built.acl].entries;
    let entries: Vec<_> =
        entries.iter().map(|e| (e.rule_number, e.egress, e.allow, e.cidr.to_string())).collect();
    let any = || "0.0.0.0/0".to_owned();
    assert_eq!(entries, [(100, false, true, any()), (100, true, true, any())], "without the last word");

    let ec2 = aws_sdk_ec2::Client::new(&world.config);
    ec2.terminate_instances().instance_ids(&built.instance).send().await.unwrap();
    assert_eq!(world.account.describe(&scope).await.unwrap(), nothing(), "a terminated instance is absent");
}

#[tokio::test]
async fn storage_is_as_it_was_made_wherever_it_stands() {
    let world = World::empty().await;
    let [trail, secret] = world::storage(&world.config).await;
    let whole = world.account.describe(&Scope::Everything).await.unwrap();

    let bucket = &whole.buckets[BUCKET];
    assert_eq!((&bucket.tags["team"], &bucket.policy), (&"data".to_owned(), &Some(bucket_policy())));
    let half = PublicAccessBlock { block_public_acls: true, ignore_public_acls: true, ..Default::default() };
    assert_eq!(bucket.public_access_block, Some(half));
    assert_eq!(whole.buckets[FAR_BUCKET], domain::account::Bucket::default());
    let told = &whole.trails[&trail];
    assert_eq!((told.name.as_str(), told.bucket.as_str(), told.logging), ("org-trail", BUCKET, false));
    assert_eq!(whole.secrets[&secret].name, "prod/payment");
    assert_eq!(whole.secrets[&secret].tags["team"], "payments");

    for name in [BUCKET, FAR_BUCKET] {
        let one = world.account.describe(&Scope::Bucket { name: name.to_owned() }).await.unwrap();
        let expected = [(name.to_owned(), whole.buckets[name].clone())].into();
        assert_eq!(one, Inventory { buckets: expected, ..nothing() });
    }
    let one = world.account.describe(&Scope::Trail { arn: trail.clone() }).await.unwrap();
    assert_eq!(one, Inventory { trails: [(trail, told.clone())].into(), ..nothing() });
}

#[tokio::test]
async fn a_bucket_or_trail_is_asked_where_it_stands() {
    let world = World::empty().await;
    world::storage(&world.config).await;
    let proxy = Proxy::before(world.moto.url(), Fault::Elsewhere).await;
    let account = AwsAccount::new(&world::config(&proxy.url).await);
    account.describe(&Scope::Bucket { name: BUCKET.to_owned() }).await.unwrap();
    let far = format!("arn:aws:cloudtrail:ap-south-1:{ACCOUNT}:trail/none");
    account.describe(&Scope::Trail { arn: far.clone() }).await.unwrap();
    let refusal = account.write(&AccountWrite::StartLogging { trail: far }).await;
    assert!(matches!(refusal, Err(AccountError::Refused { .. })), "{refusal:?}");
    let asked = proxy.asked();
    let about = |what: &str| asked.iter().filter(|call| call.contains(what)).collect::<Vec<_>>();
    assert_eq!(
        about(&format!("eu-west-1 s3 /{BUCKET}?")).len() + about(&format!("eu-west-1 s3 /{BUCKET}/?")).len(),
        3
    );
    assert_eq!(about("ap-south-1 cloudtrail").len(), 2, "{asked:#?}");
    assert!(about("us-east-1 cloudtrail").is_empty());
}

/// An attacker who locks one bucket must not blind A-SOC for the account; nor may an action guess what it cannot see.
#[tokio::test]
async fn one_locked_bucket_hides_nothing_else() {
    let world = World::empty().await;
    world::storage(&world.config).await;
    let proxy = Proxy::before(world.moto.url(), Fault::Locked).await;
    let account = AwsAccount::new(&world::config(&proxy.url).await);
    let whole = account.describe(&Scope::Everything).await.unwrap();
    assert_eq!((whole.buckets[BUCKET].tags.len(), &whole.buckets[BUCKET].policy), (1, &None));
    assert!(whole.buckets[BUCKET].public_access_block.is_some() && !whole.trails.is_empty());
    let refusal = account.describe(&Scope::Bucket { name: BUCKET.to_owned() }).await;
    assert!(
        matches!(&refusal, Err(AccountError::Refused { code, .. }) if code == "AccessDenied"),
        "{refusal:?}"
    );
}

/// But for a network ACL, of which moto says that it is a route table.
#[tokio::test]
async fn what_does_not_exist_is_absent() {
    let world = World::empty().await;
    for scope in [
        Scope::User { name: "nobody".to_owned() },
        Scope::Role { name: "nothing".to_owned() },
        Scope::Instance { id: "i-0123456789abcdef0".to_owned() },
        Scope::Bucket { name: "asoc-no-such-bucket".to_owned() },
        Scope::Trail { arn: format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/none") },
    ] {
        assert_eq!(world.account.describe(&scope).await, Ok(nothing()), "{scope:?}");
    }
}
