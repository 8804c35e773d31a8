//! Response's own proof on AWS's calls: each action is applied, verified, undone, and leaves no trace.
//!
//! moto is not AWS in three places. It answers a DeleteNetworkAclEntry for an entry that is not there with a 500; a
//! second AttachInstances makes the instance a member twice; a DetachInstances of what is no member succeeds. So an
//! undo of a block, and an instance in an auto scaling group, are only proved with each call made once.

use std::{net::IpAddr, sync::Arc};

use account::AwsAccount;
use agent::Account;
use domain::{Action, account::Scope};
use response::proofs::{Twice, prove};
use store::SqlStore;

use crate::{
    proxy::{Fault, Proxy},
    world::{self, BUCKET, FAR_BUCKET, Network, ROLE, USER, World},
};

async fn proved(account: Arc<dyn Account>, action: &Action) {
    prove(Arc::new(SqlStore::open_in_memory().await.unwrap()), account, action.clone()).await;
}

fn block(network: &Network, address: &str) -> Action {
    let address: IpAddr = address.parse().unwrap();
    Action::BlockIp { cidr: address.into(), network_acl: network.acl.clone() }
}

fn isolate(network: &Network) -> Action {
    Action::IsolateInstance { instance: network.instance.clone() }
}

/// One of every kind that moto answers as AWS does when a call comes twice.
async fn repeatable(world: &World) -> (Network, Vec<Action>) {
    let keys = world::identities(&world.config).await;
    let network = world::network(&world.config).await;
    let [trail, _] = world::storage(&world.config).await;
    let actions = vec![
        Action::RevokeIamUser { user: USER.to_owned() },
        Action::DeactivateAccessKey { user: USER.to_owned(), access_key: keys[0].clone() },
        Action::RevokeRoleSessions { role: ROLE.to_owned() },
        Action::SnapshotVolumes { instance: network.instance.clone() },
        isolate(&network),
        Action::BlockPublicAccess { bucket: BUCKET.to_owned() },
        Action::BlockPublicAccess { bucket: FAR_BUCKET.to_owned() },
        Action::RestartTrail { trail },
    ];
    (network, actions)
}

#[tokio::test]
async fn every_action_is_applied_and_undone() {
    let world = World::empty().await;
    let (network, mut actions) = repeatable(&world).await;
    world::join_group(&world.config, &network).await;
    actions.extend([block(&network, "203.0.113.66"), block(&network, "2001:db8::66")]);
    for action in &actions {
        let before = world.account.describe(&Scope::Everything).await.unwrap();
        proved(world.account.clone(), action).await;
        if !matches!(action, Action::IsolateInstance { .. }) {
            assert_eq!(world.account.describe(&Scope::Everything).await.unwrap(), before, "{action:?}");
        }
    }
}

#[tokio::test]
async fn a_call_made_twice_is_as_good_as_one() {
    let world = World::empty().await;
    let (_, actions) = repeatable(&world).await;
    for action in &actions {
        proved(Arc::new(Twice(world.account.clone())), action).await;
    }
}

/// Every call is throttled once, or its answer lost once. The SDK makes it again, or where it must not, the visit; the
/// outcome is the same.
#[tokio::test]
async fn throttling_and_lost_answers_change_nothing_about_the_end() {
    let world = World::empty().await;
    let (network, mut actions) = repeatable(&world).await;
    for fault in [Fault::Throttled { tries: 1 }, Fault::AnswerLost { tries: 1 }] {
        if matches!(fault, Fault::Throttled { .. }) {
            actions.push(block(&network, "203.0.113.66"));
        } else {
            actions.pop();
        }
        let proxy = Proxy::before(world.moto.url(), fault).await;
        let account = Arc::new(AwsAccount::new(&world::config(&proxy.url).await));
        for action in &actions {
            proved(account.clone(), action).await;
        }
        assert!(proxy.faults() > 60, "{fault:?}: {} faults", proxy.faults());
    }
}
