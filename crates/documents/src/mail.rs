//! Mails: the headers a person looks at, the text, and the attachments read as documents.

use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::document::{Attachment, Document, Format, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::{ATTACHMENTS_MAX, MAIL_DEPTH_MAX};

/// `depth` counts the mails around this one.
pub(crate) fn read(bytes: &[u8], depth: usize) -> Result<Document, ReadError> {
    // Mailbox files put a line of their own before the first header.
    let bytes = match bytes.strip_prefix(b"From ") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            &rest[end..]
        }
        None => bytes,
    };
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or_else(|| ReadError::new(ReadErrorKind::Broken, "the mail cannot be understood"))?;
    read_message(&message, depth)
}

fn read_message(message: &Message<'_>, depth: usize) -> Result<Document, ReadError> {
    let mut gather = Gather::new(Format::Mail);
    headers(&mut gather, message);
    body(&mut gather, message);
    let mut attachments = Vec::new();
    for part in message.attachments() {
        if attachments.len() >= ATTACHMENTS_MAX {
            gather.cut();
            break;
        }
        attachments.push(attachment(part, depth));
    }
    if gather.is_blank() && attachments.is_empty() && message.subject().is_none() {
        return Err(ReadError::new(ReadErrorKind::NoText, "the mail holds no text"));
    }
    gather.document_mut().attachments = attachments;
    Ok(gather.finish())
}

fn headers(gather: &mut Gather, message: &Message<'_>) {
    gather.title(message.subject().unwrap_or_default());
    gather.fact("from", &people(message.from()));
    gather.fact("to", &people(message.to()));
    gather.fact("subject", message.subject().unwrap_or_default());
    if let Some(date) = message.date().filter(|date| date.is_valid()) {
        gather.fact("date", &date.to_rfc3339());
    }
    if let Some(id) = message.message_id() {
        gather.fact("message-id", id);
    }
}

fn people(address: Option<&Address<'_>>) -> String {
    let Some(address) = address else { return String::new() };
    let list: Vec<String> = address
        .iter()
        .take(50)
        .map(|one| match (one.name(), one.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        })
        .collect();
    list.join(", ")
}

/// The HTML part is preferred where it says more in tables than the plain part, which often holds
/// only "your mail program cannot show this"; else the plain one, which is what the writer wrote.
fn body(gather: &mut Gather, message: &Message<'_>) {
    let mut plain = Document::new(Format::Text);
    for part in message.text_bodies() {
        match &part.body {
            PartType::Text(text) => plain.lines.extend(text.lines().map(str::to_owned)),
            PartType::Html(_)
            | PartType::Binary(_)
            | PartType::InlineBinary(_)
            | PartType::Message(_)
            | PartType::Multipart(_) => {}
        }
    }
    let mut pages = Vec::new();
    for part in message.html_bodies() {
        if let PartType::Html(html) = &part.body
            && let Ok(page) = crate::html::read(html.as_bytes(), Some("utf-8"))
        {
            pages.push(page);
        }
    }
    let plain_letters = letters(&plain.lines);
    let page_letters: usize = pages.iter().map(|page| letters(&page.lines)).sum();
    let has_table = pages.iter().any(|page| !page.tables.is_empty());
    let html_says_more = page_letters > plain_letters + plain_letters / 2
        || (has_table && page_letters * 10 >= plain_letters * 8);
    if plain_letters == 0 || html_says_more {
        for page in pages {
            for line in &page.lines {
                gather.line(line);
            }
            for table in page.tables {
                gather.table(&table.name);
                for row in table.rows {
                    gather.silent_row(row);
                }
            }
        }
    } else {
        for line in &plain.lines {
            gather.line(line);
        }
    }
}

fn letters(lines: &[String]) -> usize {
    lines.iter().flat_map(|line| line.chars()).filter(|letter| letter.is_alphanumeric()).count()
}

fn attachment(part: &MessagePart<'_>, depth: usize) -> Attachment {
    let name = part
        .attachment_name()
        .or_else(|| match &part.body {
            PartType::Message(inner) => inner.subject(),
            PartType::Text(_)
            | PartType::Html(_)
            | PartType::Binary(_)
            | PartType::InlineBinary(_)
            | PartType::Multipart(_) => None,
        })
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(255)
        .collect::<String>();
    let bytes = part.contents();
    let result = match &part.body {
        _ if depth >= MAIL_DEPTH_MAX => Err(ReadError::new(
            ReadErrorKind::TooLarge,
            "mails within mails are not read this deep",
        )),
        PartType::Message(inner) => read_message(inner, depth + 1),
        _ => crate::read::read_at_depth(bytes, &name, depth + 1),
    };
    let (document, problem) = match result {
        Ok(document) => (Some(document), None),
        Err(problem) => (None, Some(problem)),
    };
    Attachment { name, size_bytes: bytes.len() as u64, document, problem }
}
