//! Decisions on pure values against an account that really changes; only `proofs` needs a store.

mod apply;
mod cases;
mod meanwhile;
mod proofs;
mod properties;
mod undo;
mod world;
