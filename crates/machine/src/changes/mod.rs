//! What a task changed in the shared folders: listed, applied, undone.
