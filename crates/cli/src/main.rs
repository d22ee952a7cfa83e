//! Root: the legwork command, a thin client of the API.
fn main() {}
