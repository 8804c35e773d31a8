//! What forensics makes of small accounts of which the answer is known.
#![allow(clippy::unwrap_used, clippy::panic)]

mod counterfactual;
mod given;
mod investigation;
mod path;
mod proofs;
mod reach;
mod robustness;
