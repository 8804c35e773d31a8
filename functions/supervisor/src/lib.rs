//! Decides what may be done about an incident, and who must agree.
