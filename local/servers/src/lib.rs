//! Real servers for tests: each a process of its own on a free port and in a folder of its own, gone with the test.
//!
//! A [`Server`] can be stopped, killed, paused and started again on the same port and the same data, which is how tests take
//! away what A-SOC leans on. `make need-servers` installs the programs.
//!
//! A [`Stack`] runs the services of `local/docker-compose.yml` as they stand there, without Docker.

pub mod compose;
mod confine;
mod here;
mod opa;
mod postgres;
mod process;
mod prometheus;
mod redis;
mod stack;

pub use opa::{opa, opa_command, serve};
pub use postgres::{Database, Postgres, postgres, shared_postgres};
pub use process::{Rights, Server};
pub use prometheus::prometheus;
pub use redis::redis;
pub use stack::Stack;
