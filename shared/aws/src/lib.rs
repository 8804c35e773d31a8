//! The ports on AWS, and the host that a Lambda function is.

pub mod store;
