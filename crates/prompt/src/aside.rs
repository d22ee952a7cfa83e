//! A question on the side, as it is put behind everything that the model was sent so far.

/// The question, with what it means for the model. It comes last, so that all before it is read
/// from the cache.
pub fn aside(question: &str) -> String {
    format!(
        "The person asks something on the side, while the task goes on:\n\n{question}\n\nAnswer \
         this now and only this, in a few sentences, from what you already know of the task. Say \
         what you don't know. Call no tool: none would run. This question and your answer will \
         not be part of the task; you will not remember them."
    )
}

/// What stands in place of the result of a call that has none yet.
pub const UNDER_WAY: &str = "This call is still under way; there is no result yet.";
