//! What operators are told of invocations. Nothing of it changes what is decided.

use std::{sync::Arc, time::Duration};

use domain::{Message, Party};

use crate::{DecisionRecord, Fault, Write};

/// Who watches invocations: counts them, times them, ties them together. Called in the invocation's own span; must not block.
pub type Observer = Arc<dyn Fn(Seen<'_>) + Send + Sync>;

/// What there is to see of an invocation, in this order.
pub enum Seen<'a> {
    /// This is about to be committed. Others may hear its messages as soon as it is.
    Deciding(&'a DecisionRecord, &'a [Message]),
    /// It is committed, which happens once to each decision.
    Decided(&'a [Write], &'a [Message]),
    /// The invocation is over.
    Ended {
        /// Who was asked.
        agent: Party,
        /// How long it took, calls included.
        took: Duration,
        /// Why it failed, if it did.
        failure: Option<(Fault, String)>,
    },
}
