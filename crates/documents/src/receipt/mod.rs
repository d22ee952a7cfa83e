//! Reads the facts of a purchase out of a document.
