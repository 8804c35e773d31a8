//! Deliveries that come at once.

use asoc::{home::Home, host::Host, services::Services};
use domain::delivery::Door;
use futures::future::join_all;

use crate::web::record;

/// Of copies of a record in several deliveries at once one is read, in each order of things.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_copies_that_come_at_once_one_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::open(Home::at(dir.path()).unwrap(), None, &Services::default()).await.unwrap();
    // Twice the same six, of which each has half of its records in common with the next.
    let delivery = |n: usize| {
        let records = (n * 50..n * 50 + 100).map(|id| record(&format!("copy-{id}")).to_string());
        records.collect::<Vec<_>>().join("\n")
    };
    let delivered = join_all((0..12).map(|n| {
        let (host, body) = (host.clone(), delivery(n % 6));
        tokio::spawn(async move { host.deliver("copies", Door::Logs, body.as_bytes()).await.unwrap() })
    }));
    let (mut read, mut duplicate) = (0, 0);
    for receipt in delivered.await {
        let receipt = receipt.unwrap();
        assert_eq!((receipt.given, receipt.quarantined), (100, 0), "{receipt:?}");
        read += receipt.read;
        duplicate += receipt.duplicate;
    }
    assert_eq!((read, duplicate), (350, 850));
    host.stop().await;
}
