//! Edge: what a mind can call, and how a call becomes a request to a machine.
