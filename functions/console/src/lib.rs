//! The routes of the dashboard; where people act.

pub mod api;
