//! Pure: judges what a change to a user's folder may do without a tick of its own.
