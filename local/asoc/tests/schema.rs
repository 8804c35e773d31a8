//! Every message of a whole incident is valid against the published schema.

use asoc::{drill, home::Home, host::Host, services::Services};

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_as_its_schema_says() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::open(Home::at(dir.path()).unwrap(), None, &Services::default()).await.unwrap();
    host.run().await.unwrap();
    for name in drill::names() {
        drill::load(&name).unwrap().play(&host, 0.0).await.unwrap();
    }
    while !host.is_idle().await.unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let schema = serde_json::from_str(&console::openapi::message_schema().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let messages = host.ctx().store.messages(0, 1000).await.unwrap();
    assert!(messages.len() > 20, "the drills were played");
    for logged in messages {
        let value = serde_json::to_value(&logged.message).unwrap();
        let faults: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?} in {value:#}");
    }
    host.stop().await;
}
