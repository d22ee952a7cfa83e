//! Edge: a mind that is a script.
