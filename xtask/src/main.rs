//! Tools of the house: tidy, sim, bench.
fn main() {}
