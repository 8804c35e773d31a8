//! The program as its users run it.

mod crash;
mod schema;
mod web;
