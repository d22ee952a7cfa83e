//! What a mind that is replayed hears of its earlier calls.

use crate::event::Outcome;
use crate::input::{AskedCall, AskedKind};
use crate::limits::ATTEMPTS_MAX;
use crate::state::{Call, CallState, Task};
use std::sync::Arc;

/// The calls as a replayed mind hears them: of a call that was interrupted and asked for again,
/// only the last try.
#[derive(Debug)]
pub struct Record<'a> {
    pub heard: Vec<&'a Arc<Call>>,
    /// The last call was interrupted and may be repeated: it is to be asked for again as it was,
    /// before the mind is heard. An error says why it is given up.
    pub again: Option<Result<AskedCall, String>>,
}

impl Task {
    /// The record; `is_repeatable` says of a tool whether doing its work twice does no harm.
    pub fn record(&self, is_repeatable: impl Fn(&str) -> bool) -> Record<'_> {
        let is_passed_over = |call: &Call| {
            call.state == CallState::Ended(Outcome::Interrupted) && is_repeatable(&call.tool)
        };
        let heard = self.calls.iter().filter(|call| !is_passed_over(call)).collect();
        let again = self.calls.last().filter(|call| is_passed_over(call)).and_then(|last| {
            let tries = self.calls.iter().rev().take_while(|call| is_passed_over(call)).count();
            if tries >= ATTEMPTS_MAX as usize {
                return Some(Err(format!("{} was interrupted {tries} times in a row", last.tool)));
            }
            let kind = AskedKind::Tool { access: last.access? };
            Some(Ok(AskedCall { tool: last.tool.clone(), args: last.args.clone(), kind }))
        });
        Record { heard, again }
    }
}
