//! Events, incidents, messages and the ledger in SQL.
