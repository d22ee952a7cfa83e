//! A context: what a model is sent, kept both as messages and as the bytes of the request.
//!
//! Each message is written once, when a request first needs it, and its bytes stay: request N+1 is
//! request N with more at its end, so that a provider finds it in its cache and we do not write a
//! thousand messages again. When another model is asked, all is written once for that one.
//!
//! What must hold for every provider holds here: each call has exactly one result, right after the
//! turn that asked for it, and every result has a call.

use crate::dialect::Dialect;
use crate::format::{self, Answered, Mark, Said};
use crate::message::{Head, Message, Part, Settings};
use crate::turn::{Turn, View};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// What stands in place of a result that nobody recorded, such as of a call that a crash
/// interrupted.
const NO_RESULT: &str = "There is no result: the call was interrupted, or its result is lost.";

/// The head and the messages of a task, and their bytes.
#[derive(Debug, Clone)]
pub struct Context {
    head: Head,
    messages: Vec<Message>,
    /// All ids of calls, so that none is given twice.
    ids: HashSet<String>,
    images: u64,
    image_bytes: u64,
    laid: Option<Laid>,
}

/// The bytes of the messages for one dialect.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    pub(crate) dialect: Dialect,
    pub(crate) head: Vec<u8>,
    /// Where the cache mark of the head goes.
    pub(crate) head_mark: Option<usize>,
    /// The messages, with commas between.
    pub(crate) pieces: Vec<u8>,
    /// Messages that are in `pieces`.
    count: usize,
    /// The ends of what this side said.
    pub(crate) last_end: Option<Mark>,
    /// The last of them that was sent before the model's last turn: there its request ended.
    pub(crate) sent_end: Option<Mark>,
    calls: HashMap<String, Call>,
    /// Calls of the last turn without a result, in order.
    open: Vec<String>,
    pub(crate) blocks: usize,
    /// The last turn asked for calls without having thought first, as this model would see it.
    pub(crate) is_unthought: bool,
}

/// A call as the model that is asked knows it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `None`: this provider gave it no id.
    pub(crate) wire_id: Option<String>,
    pub(crate) name: String,
}

impl Context {
    pub fn new(head: Head) -> Self {
        Self {
            head,
            messages: Vec::new(),
            ids: HashSet::new(),
            images: 0,
            image_bytes: 0,
            laid: None,
        }
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Appends a message. Nothing before it changes.
    pub fn push(&mut self, message: Message) {
        self.note(&message);
        self.messages.push(message);
    }

    /// Puts other messages in place of all, as a compaction does. The ids of earlier calls stay
    /// taken.
    pub fn replace(&mut self, messages: Vec<Message>) {
        self.laid = None;
        self.images = 0;
        self.image_bytes = 0;
        for message in &messages {
            self.note(message);
        }
        self.messages = messages;
    }

    /// Whether a call may not have this id, and how many ids there are.
    pub(crate) fn ids(&self) -> &HashSet<String> {
        &self.ids
    }

    /// Pictures, and their bytes in base64.
    pub(crate) fn images(&self) -> (u64, u64) {
        (self.images, self.image_bytes)
    }

    /// The body of a request for the next turn.
    pub fn body(&mut self, dialect: &Dialect, settings: &Settings) -> Vec<u8> {
        format::body(self.lay(dialect), settings, format::Purpose::Answer)
    }

    /// The body of a request for the number of tokens.
    pub(crate) fn count_body(&mut self, dialect: &Dialect, settings: &Settings) -> Vec<u8> {
        format::body(self.lay(dialect), settings, format::Purpose::Count)
    }

    /// How many bytes the request has, about: without its settings.
    pub(crate) fn body_bytes(&mut self, dialect: &Dialect) -> usize {
        let laid = self.lay(dialect);
        laid.head.len() + laid.pieces.len()
    }

    fn note(&mut self, message: &Message) {
        match message {
            Message::Model(turn) => self.ids.extend(turn.calls().map(|call| call.id.clone())),
            Message::User(parts) => {
                let images = parts.iter().flat_map(|part| match part {
                    Part::Image(image) => std::slice::from_ref(image),
                    Part::Result(result) => result.images.as_slice(),
                    Part::Text(_) => &[],
                });
                for image in images {
                    self.images += 1;
                    self.image_bytes += image.base64.len() as u64;
                }
            }
        }
    }

    fn lay(&mut self, dialect: &Dialect) -> &Laid {
        let is_other = self.laid.as_ref().is_some_and(|laid| laid.dialect != *dialect);
        if is_other {
            self.laid = None;
        }
        let laid = self.laid.get_or_insert_with(|| Laid::new(dialect.clone(), &self.head));
        for message in &self.messages[laid.count..] {
            laid.push(message);
        }
        laid
    }
}

impl Laid {
    fn new(dialect: Dialect, head: &Head) -> Self {
        let (head, head_mark) = format::head(&dialect, head);
        Self {
            dialect,
            head,
            head_mark,
            pieces: Vec::new(),
            count: 0,
            last_end: None,
            sent_end: None,
            calls: HashMap::new(),
            open: Vec::new(),
            blocks: 0,
            is_unthought: false,
        }
    }

    fn push(&mut self, message: &Message) {
        self.count += 1;
        match message {
            Message::User(parts) => self.push_user(parts),
            Message::Model(turn) => self.push_turn(turn),
        }
    }

    fn push_user(&mut self, parts: &[Part]) {
        let open = std::mem::take(&mut self.open);
        let mut results = Vec::new();
        for id in &open {
            let Some(call) = self.calls.get(id) else { continue };
            let found = parts.iter().find_map(|part| match part {
                Part::Result(result) if result.call == *id => Some(result),
                Part::Result(_) | Part::Text(_) | Part::Image(_) => None,
            });
            results.push(match found {
                Some(result) => Answered {
                    call,
                    text: &result.text,
                    images: &result.images,
                    is_error: result.is_error,
                },
                None => Answered { call, text: NO_RESULT, images: &[], is_error: true },
            });
        }
        let mut said = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) if text.trim().is_empty() => {}
                Part::Text(text) => said.push(Said::Text(Cow::Borrowed(text))),
                Part::Image(image) => said.push(Said::Image(image)),
                Part::Result(result) if open.contains(&result.call) => {}
                // Its call is no longer in the context, or was answered before.
                Part::Result(result) => {
                    let text = format!("The result of an earlier call: {}", result.text);
                    said.push(Said::Text(Cow::Owned(text)));
                    said.extend(result.images.iter().map(Said::Image));
                }
            }
        }
        if results.is_empty() && said.is_empty() {
            return;
        }
        self.blocks += results.len() + said.len();
        let end = format::user(&self.dialect, &mut self.pieces, &results, &said);
        self.last_end = end.map(|at| Mark { at, blocks: self.blocks });
    }

    fn push_turn(&mut self, turn: &Turn) {
        if !self.open.is_empty() {
            self.push_user(&[]);
        }
        self.sent_end = self.last_end;
        let is_own = self.dialect.made(&turn.origin);
        let calls = format::turn(&self.dialect, &mut self.pieces, turn, is_own);
        self.blocks += turn.blocks.len();
        let thought = turn.blocks.first().is_some_and(|it| matches!(it.view, View::Thinking(_)));
        self.is_unthought = !(calls.is_empty() || is_own && thought);
        for (call, wire_id) in turn.calls().zip(calls) {
            let seen = Call { wire_id, name: call.name.clone() };
            self.calls.insert(call.id.clone(), seen);
            self.open.push(call.id.clone());
        }
    }
}
