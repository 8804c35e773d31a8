//! An interpreter for the part of the Amazon States Language that the workflows use.
