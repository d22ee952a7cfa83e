//! Root: wires the parts together, and judges nothing.
