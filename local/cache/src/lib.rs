//! Redis as a cache before the store. Lost, empty or stale, it makes nothing wrong: it only spares the store.
//!
//! Each connection is a *generation*, and each key carries its generation's name. What was not seen to be written, and what
//! happened while Redis was away, is therefore never read: after a gap the cache begins empty, and the old keys expire.

mod limits;
mod link;
mod sessions;
mod states;

pub use limits::{Limit, Limits};
pub use link::Cache;
pub use sessions::{Change, Looked};
