//! Edge: the first process inside a machine.
fn main() {}
