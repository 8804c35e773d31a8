//! JSON that is read as late as possible: records cut from a stream, fields found when they are asked for.

mod cut;
mod follow;

pub use cut::{Cutter, Cutting, Fault, Piece};
