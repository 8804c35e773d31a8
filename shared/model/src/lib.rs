//! A language model's opinion of a finding, asked over HTTP and never trusted.
