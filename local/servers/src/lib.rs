//! Real servers for tests: each a process of its own on a free port and in a folder of its own, gone with the test.
//!
//! A [`Server`] can be stopped, killed, paused and started again on the same port and the same data, which is how tests take
//! away what A-SOC leans on. `make need-servers` installs the programs.

mod opa;
mod process;
mod redis;

pub use opa::{opa, opa_command, serve};
pub use process::Server;
pub use redis::redis;
