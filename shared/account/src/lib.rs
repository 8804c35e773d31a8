//! The watched AWS account, by its own API.
