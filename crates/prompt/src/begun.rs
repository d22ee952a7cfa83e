//! What a model is told of an answer of its own that nobody waited for.

/// What it had said so far, as it comes before the person's words.
pub fn begun(said: &str) -> String {
    format!(
        "Legwork says: your last answer was interrupted, and no call of it was run. Until then \
         you had said:\n\n{said}"
    )
}
