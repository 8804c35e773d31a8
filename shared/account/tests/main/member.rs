//! Another account, by a role in it.

use account::AwsAccount;
use agent::Account;
use domain::account::Scope;

use crate::world::{self, USER, World};

/// moto lets anybody assume any role, and asks for no external id: that the id is sent is seen at the proxy.
#[tokio::test]
async fn a_members_account_is_reached_by_its_role() {
    let world = World::empty().await;
    let proxy = crate::proxy::Proxy::before(world.moto.url(), crate::proxy::Fault::None).await;
    let config = world::config(&proxy.url).await;
    let role = "arn:aws:iam::111122223333:role/asoc-member";
    let member = AwsAccount::assume(&config, role, Some("shared-word")).await;

    let user = Scope::User { name: USER.to_owned() };
    let seen = member.describe(&user).await.unwrap();
    assert_eq!((seen.account_id.as_str(), seen.users.len()), ("111122223333", 0));
    world::identities(&world.config).await;
    assert_eq!(member.describe(&user).await.unwrap(), seen, "the other account's user is not its");
    assert_eq!(world.account.describe(&user).await.unwrap().users.len(), 1);

    let asked = proxy.asked();
    let assumed: Vec<_> = asked.iter().filter(|call| call.contains("Action=AssumeRole&")).collect();
    let [once] = assumed[..] else { panic!("one session serves all calls: {assumed:?}") };
    assert!(
        once.contains("RoleSessionName=asoc-response") && once.contains("ExternalId=shared-word"),
        "{once}"
    );
}
