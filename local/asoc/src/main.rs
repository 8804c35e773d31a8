//! The whole of A-SOC in one process.
fn main() {}
