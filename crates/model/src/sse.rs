//! Server-sent events out of bytes, however they are cut.
//!
//! Written after the HTML standard's "event stream" (html.spec.whatwg.org, server-sent events).
//! Lines end in LF, CRLF or CR; a byte order mark at the start is skipped; bytes that are no
//! UTF-8 become U+FFFD, once an event is whole, so that a letter cut in two stays one.

/// One event: its name, if it has one, and its lines of data joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An event is longer than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Takes bytes, gives events.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Bytes of lines that have not ended.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    at_start: bool,
    /// The last line ended in CR, so that a LF right after it belongs to that end.
    after_cr: bool,
    max: usize,
}

impl Decoder {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            line: Vec::new(),
            name: Vec::new(),
            data: Vec::new(),
            has_data: false,
            at_start: true,
            after_cr: false,
            max,
        }
    }

    /// Takes the next bytes and appends the events that are whole now.
    pub(crate) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Event>) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|&byte| byte == b'\n' || byte == b'\r');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + self.data.len() + part.len() > self.max {
                return Err(TooLong);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, out);
            self.line = line;
            self.line.clear();
        }
        Ok(())
    }

    /// The stream has ended. The standard throws an unfinished event away; servers that forget the
    /// last empty line exist, and what is cut in the middle shows when it is parsed.
    pub(crate) fn end(&mut self, out: &mut Vec<Event>) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, out);
        }
        self.take_line(b"", out);
    }

    fn take_line(&mut self, line: &[u8], out: &mut Vec<Event>) {
        let is_first = std::mem::take(&mut self.at_start);
        let line = if is_first { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let data = std::mem::take(&mut self.data);
            if std::mem::take(&mut self.has_data) {
                out.push(Event { name: into_text(name), data: into_text(data) });
            }
            return;
        }
        let colon = line.iter().position(|&byte| byte == b':');
        let (field, value) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = value.to_vec(),
            // Ids and waiting times are for streams that are taken up again; ours are not.
            _ => {}
        }
    }
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut decoder = Decoder::new(1 << 20);
        let mut out = Vec::new();
        for piece in pieces {
            decoder.push(piece, &mut out).unwrap();
        }
        decoder.end(&mut out);
        out.into_iter().map(|event| (event.name, event.data)).collect()
    }

    fn check(stream: &[u8], expect: &[(&str, &str)]) {
        let got = decode(&[stream]);
        let got: Vec<_> = got.iter().map(|(name, data)| (name.as_str(), data.as_str())).collect();
        assert_eq!(got, expect, "{}", String::from_utf8_lossy(stream));
    }

    #[test]
    fn events_as_the_standard_has_them() {
        check(b"data: a\n\n", &[("", "a")]);
        check(
            b"\xef\xbb\xbfdata: a\r\n\r\ndata:b\r\rdata:  c\n\n",
            &[("", "a"), ("", "b"), ("", " c")],
        );
        check(b"event: ping\ndata: {}\n\n: a comment\n\n", &[("ping", "{}")]);
        check(b"data: one\ndata: two\ndata\n\n", &[("", "one\ntwo\n")]);
        check(b"id: 1\nretry: 5\nwhat: x\n\n", &[]);
        check(b"event: only a name\n\ndata: x\n\n", &[("", "x")]);
        check(b"data: no end", &[("", "no end")]);
        check(b"data: \xff\xfe!\n\n", &[("", "\u{fffd}\u{fffd}!")]);
    }

    #[test]
    fn long_events_are_refused() {
        let mut decoder = Decoder::new(16);
        let mut out = Vec::new();
        assert_eq!(decoder.push(b"data: 1234567890123", &mut out), Err(TooLong));
        let mut decoder = Decoder::new(16);
        let lines = b"data: 12345\ndata: 12345\ndata: 12345\n";
        assert_eq!(decoder.push(lines, &mut out), Err(TooLong));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            lines in prop::collection::vec("(data: ?|event: ?|: ?|)[a-zé😀]{0,6}(\r\n|\n|\r)", 0..20),
            cuts in prop::collection::vec(0usize..200, 0..12),
        ) {
            let stream = lines.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&stream[from..cut]);
                from = cut;
            }
            pieces.push(&stream[from..]);
            prop_assert_eq!(decode(&pieces), decode(&[&stream]));
        }
    }
}
