//! Where the words go: plain lines into a pipe; colour, wrapping and one live line on a terminal.

use crate::limits;
use crate::words::{columns, cut, plain, plain_lines, wrap};
use std::io::{self, Write};

/// What a terminal may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) has_colour: bool,
    /// Columns of the terminal; `None` for a pipe or a file, where nothing is wrapped.
    pub(crate) width: Option<usize>,
}

/// What a text is like; the colour follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warn,
    /// Something to type or to open.
    Key,
}

/// The output, and the live line below it if there is one.
pub(crate) struct Screen {
    out: Box<dyn Write>,
    look: Look,
    live: Option<String>,
    /// Whether the last line was empty; so at the beginning.
    is_after_gap: bool,
    /// A line of a pipe that is not at its end.
    is_in_line: bool,
}

impl Screen {
    pub(crate) fn new(out: Box<dyn Write>, look: Look) -> Self {
        Self { out, look, live: None, is_after_gap: true, is_in_line: false }
    }

    pub(crate) fn look(&self) -> Look {
        self.look
    }

    /// Columns for text; very large where nothing is wrapped.
    pub(crate) fn columns(&self) -> usize {
        let width =
            self.look.width.map(|width| width.saturating_sub(1).min(limits::TEXT_COLUMNS_MAX));
        width.map_or(usize::MAX, |width| width.max(limits::TEXT_COLUMNS_MIN))
    }

    /// `text` in its ink; unchanged where there is no colour. It must be harmless already.
    pub(crate) fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Warn => "33",
            Ink::Key => "36",
        };
        if self.look.has_colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// An empty line, unless there is one already.
    pub(crate) fn gap(&mut self) -> io::Result<()> {
        if self.is_after_gap { Ok(()) } else { self.raw("") }
    }

    /// One line that is ready as it is.
    pub(crate) fn raw(&mut self, line: &str) -> io::Result<()> {
        self.clear_live()?;
        self.end_line()?;
        self.is_after_gap = line.is_empty();
        writeln!(self.out, "{line}")
    }

    /// A piece of a text for a pipe, at once; lines end where the text has them end.
    pub(crate) fn piece(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.is_in_line = !text.ends_with('\n');
        self.is_after_gap = false;
        write!(self.out, "{}", plain_lines(text))?;
        self.out.flush()
    }

    /// Ends the line that pieces left open.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_in_line) { writeln!(self.out) } else { Ok(()) }
    }

    /// A text behind a mark, wrapped so that it stays right of the mark.
    pub(crate) fn item(&mut self, mark: (Ink, &str), ink: Ink, text: &str) -> io::Result<()> {
        let indent = columns(mark.1);
        let width = self.columns().saturating_sub(indent).max(limits::TEXT_COLUMNS_MIN);
        let mut before = self.ink(mark.0, mark.1);
        for line in plain_lines(text.trim_end()).split('\n') {
            for part in wrap(line, width) {
                let line = format!("{before}{}", self.ink(ink, &part));
                self.raw(line.trim_end())?;
                before = " ".repeat(indent);
            }
        }
        Ok(())
    }

    /// A text with `indent` spaces before it, wrapped.
    pub(crate) fn text(&mut self, indent: usize, ink: Ink, text: &str) -> io::Result<()> {
        self.item((Ink::Plain, &" ".repeat(indent)), ink, text)
    }

    /// A command to copy: never wrapped. `why` stands before it, in a column of its own.
    pub(crate) fn command(&mut self, why: &str, command: &str) -> io::Result<()> {
        let line = format!("  {why:<9}{}", self.ink(Ink::Key, &plain(command)));
        self.raw(&line)
    }

    /// One JSON value in one line.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value)?;
        self.raw(&line)?;
        self.out.flush()
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Shows `text` in a line that the next line replaces. Does nothing in a pipe.
    pub(crate) fn live(&mut self, text: &str) -> io::Result<()> {
        let Some(width) = self.look.width else { return Ok(()) };
        let line = cut(&plain(text), width.saturating_sub(1));
        if self.live.as_ref() != Some(&line) {
            write!(self.out, "\r\x1b[2K{}", self.ink(Ink::Faint, &line))?;
            self.out.flush()?;
            self.live = Some(line);
        }
        Ok(())
    }

    /// Takes the live line away.
    pub(crate) fn clear_live(&mut self) -> io::Result<()> {
        if self.live.take().is_some() {
            write!(self.out, "\r\x1b[2K")?;
            self.out.flush()?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn shown(look: Look, write: impl Fn(&mut Screen) -> io::Result<()>) -> String {
        let paper = Paper::default();
        write(&mut Screen::new(Box::new(paper.clone()), look)).unwrap();
        String::from_utf8(paper.0.take()).unwrap()
    }

    fn scene(screen: &mut Screen) -> io::Result<()> {
        screen.live("Reading 1 of 9")?;
        screen.item(
            (Ink::Good, "✓ "),
            Ink::Strong,
            "every one of the totals is the same\u{1b}[0m",
        )?;
        screen.live("Reading 2 of 9")?;
        screen.command("review", "legwork changes abcdefgh")
    }

    #[test]
    fn a_pipe_gets_plain_whole_lines() {
        let shown = shown(Look { has_colour: false, width: None }, scene);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                "✓ every one of the totals is the same\\x1b[0m",
                "  review   legwork changes abcdefgh"
            ]
        );
    }

    #[test]
    fn a_terminal_gets_colour_wrapping_and_one_live_line() {
        let shown = shown(Look { has_colour: true, width: Some(31) }, scene);
        let expected = "\r\u{1b}[2K\u{1b}[2mReading 1 of 9\u{1b}[0m\
            \r\u{1b}[2K\u{1b}[32m✓ \u{1b}[0m\u{1b}[1mevery one of the totals is\u{1b}[0m\n  \
            \u{1b}[1mthe same\\x1b[0m\u{1b}[0m\n\
            \r\u{1b}[2K\u{1b}[2mReading 2 of 9\u{1b}[0m\
            \r\u{1b}[2K  review   \u{1b}[36mlegwork changes abcdefgh\u{1b}[0m\n";
        assert_eq!(shown, expected);
    }
}
