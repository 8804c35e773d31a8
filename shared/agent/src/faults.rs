//! Places where a test may kill the process.

/// Marks a durable step. With the feature `faults` and `ASOC_KILL_AT=n` in the environment, the `n`-th one reached kills
/// the process as `kill -9` would; otherwise this does nothing.
pub fn point(_name: &str) {
    #[cfg(feature = "faults")]
    {
        use std::sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        };
        static LEFT: LazyLock<AtomicU64> = LazyLock::new(|| {
            AtomicU64::new(
                std::env::var("ASOC_KILL_AT").ok().and_then(|n| n.parse().ok()).unwrap_or(u64::MAX),
            )
        });
        if LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
            tracing::warn!(point = _name, "killed on request");
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            std::thread::park();
        }
    }
}
