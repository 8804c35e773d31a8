//! Raw deliveries become normalised events.
