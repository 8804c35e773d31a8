//! What the tests of this crate start from, and the agent as a whole.

pub(crate) mod fixture;
mod playbooks;
mod proposals;
mod way;
