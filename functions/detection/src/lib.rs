//! Events become findings with a risk.
