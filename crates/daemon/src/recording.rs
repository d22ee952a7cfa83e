//! A recorded task as a model: `replay/TASK`, or `replay/TASK@EVENT+PROVIDER/MODEL`, which answers
//! as it was answered before that event and has the other model go on from there.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) task: String,
    /// The event from which on another model answers, and which one. What a person wrote may name
    /// it in part.
    pub(crate) until: Option<(u64, String)>,
}

impl Recording {
    /// Of what stands behind `replay/`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some((task, until)) = text.split_once('@') else {
            return Some(Self { task: text.to_owned(), until: None });
        };
        let (event, then) = until.split_once('+')?;
        let until = Some((event.parse().ok()?, then.to_owned()));
        Some(Self { task: task.to_owned(), until })
    }
}

impl std::fmt::Display for Recording {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.task)?;
        match &self.until {
            Some((event, then)) => write!(out, "@{event}+{then}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_as_it_was_written() {
        for text in
            ["abcd", "abcd@12+anthropic/claude-x", "abcd@1+openrouter/a/b@c+d", "abcd@3+small"]
        {
            assert_eq!(Recording::parse(text).unwrap().to_string(), text);
        }
        for text in ["abcd@", "abcd@x+a/b", "abcd@12"] {
            assert_eq!(Recording::parse(text), None, "{text}");
        }
    }
}
