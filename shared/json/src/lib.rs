//! JSON that is read as late as possible: records cut from a stream, fields found when they are asked for.

// Unit tests that are built to be fuzzed link with its runtime.
#[cfg(test)]
use bolero as _;

mod ahead;
mod cut;
mod document;
mod follow;
mod level;
mod window;

pub use cut::{Cutter, Cutting, Fault, Piece, Whole};
pub use document::{Document, MAX_DEPTH, Malformed, Members, Node, Shape};
