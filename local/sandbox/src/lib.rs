//! An AWS account that is not one: the same calls, kept in the store.
