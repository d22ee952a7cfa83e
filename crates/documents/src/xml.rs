//! Walks an XML part from its beginning to its end, with bounded depth. Broken XML ends the walk
//! where it breaks: what was read until then is kept by the caller. Entities that a part declares
//! itself are never expanded.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::limits::XML_DEPTH_MAX;

/// What is met on the walk; names are without their prefix.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Start(&'a str, &'a Attributes),
    End(&'a str),
    Text(&'a str),
}

#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of the attribute with this local name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Whether the walk came to a regular end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walked {
    Whole,
    /// The XML broke, or the visitor or a limit ended the walk.
    Partly,
}

/// Calls `visit` for each node until it answers `false`.
pub(crate) fn walk(xml: &str, mut visit: impl FnMut(Node<'_>) -> bool) -> Walked {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    reader.config_mut().expand_empty_elements = true;
    let mut depth = 0_usize;
    loop {
        let Ok(event) = reader.read_event() else { return Walked::Partly };
        let goes_on = match event {
            Event::Start(start) => {
                depth += 1;
                depth <= XML_DEPTH_MAX && {
                    let attributes = attributes_of(&start);
                    visit(Node::Start(local(start.name().as_ref()), &attributes))
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                visit(Node::End(local(end.name().as_ref())))
            }
            Event::Text(text) => visit(Node::Text(&text)),
            Event::CData(text) => visit(Node::Text(&text)),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(letter)) => visit(Node::Text(letter.encode_utf8(&mut [0; 4]))),
                _ => visit(Node::Text(predefined(&name))),
            },
            Event::Eof => return if depth == 0 { Walked::Whole } else { Walked::Partly },
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => true,
        };
        if !goes_on {
            return Walked::Partly;
        }
    }
}

fn attributes_of(start: &BytesStart<'_>) -> Attributes {
    let mut list = Vec::new();
    for attribute in start.attributes().with_checks(false).flatten().take(100) {
        let name = local(attribute.key.as_ref()).to_owned();
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default();
        list.push((name, value));
    }
    Attributes(list)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn predefined(name: &str) -> &'static str {
    match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "apos" => "'",
        "quot" => "\"",
        "nbsp" => "\u{a0}",
        _ => "",
    }
}
