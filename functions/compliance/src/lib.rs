//! Keeps the ledger, and proves it.
