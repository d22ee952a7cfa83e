//! Edge: isolated computers, their folders, and what comes back from them.
