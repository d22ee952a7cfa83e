//! A machine's reply becomes an outcome and what the mind is told.

use crate::proof;
use crate::spec::{ToolKind, ToolSpec};
use serde::Deserialize;
use serde_json::json;
use task::{CheckResult, Outcome};
use wire::{FailKind, Output, Reply};

/// What a command printed, in the order in which it came, up to a bound.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    bytes: Vec<u8>,
    dropped: u64,
}

/// Bytes of a command's output that the mind is given.
pub(crate) const PRINTED_BYTES_MAX: usize = 256 * 1024;
/// Lines of evidence that are kept of a check.
pub(crate) const EVIDENCE_LINES_MAX: usize = 40;

impl Printed {
    pub fn take(&mut self, output: &Output) {
        let (Output::Stdout(bytes) | Output::Stderr(bytes)) = output;
        let room = PRINTED_BYTES_MAX.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
        self.dropped += (bytes.len() - room) as u64;
    }
}

/// The reply of a proof that was read in the machine, judged; every other reply as it is.
pub fn judged(spec: &ToolSpec, args: &str, reply: Reply) -> Reply {
    match spec.kind {
        ToolKind::Proof(proof) => proof::judge(proof, args, &reply).unwrap_or(reply),
        ToolKind::Guest(_)
        | ToolKind::Command
        | ToolKind::Background(_)
        | ToolKind::Search
        | ToolKind::Recall
        | ToolKind::Remember
        | ToolKind::Take => reply,
    }
}

/// The outcome of a call, and its result as JSON.
pub fn ended(reply: &Reply, printed: &Printed) -> (Outcome, String) {
    match reply {
        Reply::Result { json, .. } => (Outcome::Done, json.clone()),
        Reply::Failed { kind, why } => {
            (Outcome::Failed, json!({ "why": why, "kind": kind_word(*kind) }).to_string())
        }
        Reply::Exited { code, timed_out, dropped_bytes } => {
            let result = json!({
                "exit_code": code,
                "timed_out": timed_out,
                "output": String::from_utf8_lossy(&printed.bytes),
                "dropped_bytes": dropped_bytes + printed.dropped,
            });
            (Outcome::Done, result.to_string())
        }
    }
}

/// What a check found. A tool that failed, or answered in another form, proves nothing.
pub fn check_result(reply: &Reply, printed: &Printed) -> CheckResult {
    #[derive(Deserialize)]
    struct Found {
        passed: bool,
        evidence: Vec<String>,
    }
    let failed = |why: String| CheckResult { passed: false, evidence: vec![why] };
    match reply {
        Reply::Result { json, .. } => match serde_json::from_str::<Found>(json) {
            Ok(mut found) => {
                found.evidence.truncate(EVIDENCE_LINES_MAX);
                CheckResult { passed: found.passed, evidence: found.evidence }
            }
            Err(_) => failed("this tool does not check anything".to_owned()),
        },
        Reply::Failed { why, .. } => failed(format!("the check could not be run: {why}")),
        Reply::Exited { code, timed_out, .. } => {
            let text = String::from_utf8_lossy(&printed.bytes);
            let mut evidence = vec![match (code, timed_out) {
                (_, true) => "the command took too long".to_owned(),
                (code, false) => format!("the command ended with exit code {code}"),
            }];
            evidence.extend(text.lines().take(EVIDENCE_LINES_MAX - 1).map(str::to_owned));
            CheckResult { passed: *code == 0 && !timed_out, evidence }
        }
    }
}

fn kind_word(kind: FailKind) -> &'static str {
    match kind {
        FailKind::Arguments => "arguments",
        FailKind::Path => "path",
        FailKind::View => "view",
        FailKind::Document => "document",
        FailKind::Limit => "limit",
        FailKind::Cancelled => "cancelled",
        FailKind::Bug => "bug",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_passes_only_when_its_tool_says_so() {
        let none = Printed::default();
        let result = |json: &str| Reply::Result { json: json.to_owned(), more: false };
        let cases = [
            (result(r#"{"passed":true,"evidence":["3 = 3"]}"#), true),
            (result(r#"{"passed":false,"evidence":["3 ≠ 4"]}"#), false),
            (result(r#"{"evidence":[]}"#), false),
            (result("[]"), false),
            (Reply::Failed { kind: FailKind::Bug, why: "broke".into() }, false),
            (Reply::Exited { code: 0, timed_out: false, dropped_bytes: 0 }, true),
            (Reply::Exited { code: 0, timed_out: true, dropped_bytes: 0 }, false),
            (Reply::Exited { code: 1, timed_out: false, dropped_bytes: 0 }, false),
        ];
        for (reply, passed) in cases {
            assert_eq!(check_result(&reply, &none).passed, passed, "{reply:?}");
        }
    }

    #[test]
    fn output_over_the_bound_is_counted_and_dropped() {
        let mut printed = Printed::default();
        printed.take(&Output::Stdout(vec![b'x'; PRINTED_BYTES_MAX]));
        printed.take(&Output::Stderr(vec![b'y'; 10]));
        let reply = Reply::Exited { code: 0, timed_out: false, dropped_bytes: 5 };
        let (outcome, json) = ended(&reply, &printed);
        assert_eq!(outcome, Outcome::Done);
        let result: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(result["dropped_bytes"], 15);
    }
}
