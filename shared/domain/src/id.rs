//! Names of things. Each kind of thing has its own type, so that one cannot stand where another is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )*};
}

ids! {
    /// An event's id: its source's (CloudTrail `eventID`), with a digest of what happened; without one, the digest of its
    /// raw record.
    EventId,
    /// A finding's id: made from its rule and event, so that a second look gives the same id.
    FindingId,
    /// An incident's id, made from the finding that opened it.
    IncidentId,
    /// A planned action's id, made from its incident and the action itself.
    ActionId,
    /// A message's id, made from the decision that emitted it and its place therein.
    MessageId,
}
