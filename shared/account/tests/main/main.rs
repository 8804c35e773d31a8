//! The port against an AWS-compatible endpoint: moto, as a process of its own.
//!
//! Where moto is not like AWS, the test says so beside what it leaves out.

#![allow(clippy::unwrap_used, clippy::panic)]

mod contain;
mod describe;
mod member;
mod pages;
mod proxy;
mod refusals;
mod world;
