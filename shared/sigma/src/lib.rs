//! Sigma detection rules, compiled and matched.
