//! Applies what was approved, step by step, each with its inverse.
