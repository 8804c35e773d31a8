//! Lists longer than a page.
//!
//! moto has pages where AWS has, but for most of EC2's lists and IAM's details of the whole account; of buckets it cuts
//! off what does not stand on the first page.

use account::AwsAccount;
use agent::Account;
use domain::{Inventory, account::Scope};

use crate::{
    proxy::{Fault, Proxy},
    world::{self, World},
};

#[tokio::test]
async fn a_list_is_read_to_its_end_however_short_its_pages() {
    let world = World::empty().await;
    world::identities(&world.config).await;
    let built = world::network(&world.config).await;
    world::storage(&world.config).await;
    world::join_group(&world.config, &built).await;
    let iam = aws_sdk_iam::Client::new(&world.config);
    for place in 0..3 {
        let name = format!("more-{place}");
        let document = world::allow("s3:Get*").to_string();
        let call = iam.put_user_policy().user_name(world::USER).policy_name(&name);
        call.policy_document(&document).send().await.unwrap();
        let trust = world::trust("lambda.amazonaws.com").to_string();
        iam.create_role().role_name(&name).assume_role_policy_document(trust).send().await.unwrap();
        let call = iam.put_role_policy().role_name(world::ROLE).policy_name(&name);
        call.policy_document(&document).send().await.unwrap();
    }
    for scope in [
        Scope::Everything,
        Scope::User { name: world::USER.to_owned() },
        Scope::Role { name: world::ROLE.to_owned() },
    ] {
        let long = Proxy::before(world.moto.url(), Fault::None).await;
        let short = Proxy::before(world.moto.url(), Fault::ShortPages).await;
        let by_long = AwsAccount::new(&world::config(&long.url).await).describe(&scope).await.unwrap();
        let by_short = AwsAccount::new(&world::config(&short.url).await).describe(&scope).await.unwrap();
        assert!(by_long == by_short, "{scope:?}: {}", difference(&by_long, &by_short));
        assert!(short.calls() > long.calls(), "{scope:?}: {} calls", short.calls());
    }
}

/// Where two inventories differ: the whole of them is too long to be read.
fn difference(one: &Inventory, other: &Inventory) -> String {
    let [one, other] = [one, other].map(|inventory| serde_json::to_value(inventory).unwrap());
    let parts = one.as_object().unwrap().iter().filter(|(name, part)| other[name.as_str()] != **part);
    parts.map(|(name, part)| format!("{name}: {part} and {}\n", other[name.as_str()])).collect()
}
