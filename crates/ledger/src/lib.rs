//! Edge: the append-only store of events and blobs; the only crate that knows SQL.
