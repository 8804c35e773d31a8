//! Authorization: Rego, evaluated in-process.
