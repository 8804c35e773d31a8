//! JSON that is read as late as possible: records cut from a stream, fields found when they are asked for.

mod document;
mod level;

pub use document::{Document, MAX_DEPTH, Malformed, Members, Node, Shape};
