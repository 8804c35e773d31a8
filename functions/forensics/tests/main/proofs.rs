//! Forensics is what every agent is.
