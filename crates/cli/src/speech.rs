//! What a model says, while it says it: whole lines as they come, the line that grows as the live
//! line. A pipe gets each piece at once.

use crate::limits::SPEECH_BYTES_MAX;
use crate::screen::{Ink, Screen};
use std::io;

/// The text that is being said.
#[derive(Debug, Default)]
pub(crate) struct Speech {
    /// Whose text it is: a new one begins with every turn.
    key: String,
    text: String,
    /// Bytes of it that were shown for good: whole lines, and in a pipe all.
    shown: usize,
}

impl Speech {
    /// Takes a piece. What is longer than can be kept is only shown once it is whole.
    pub(crate) fn hear(&mut self, screen: &mut Screen, key: &str, piece: &str) -> io::Result<()> {
        if self.key != key {
            *self = Self { key: key.to_owned(), ..Self::default() };
        }
        if self.text.len() + piece.len() > SPEECH_BYTES_MAX {
            return Ok(());
        }
        self.text.push_str(piece);
        if screen.look().width.is_none() {
            self.shown = self.text.len();
            return screen.piece(piece);
        }
        if let Some(end) = self.text.rfind('\n').filter(|end| *end > self.shown) {
            screen.text(0, Ink::Plain, &self.text[self.shown..end])?;
            self.shown = end + 1;
        }
        screen.live(&self.text[self.shown.min(self.text.len())..])
    }

    /// Shows what of the whole text was not shown yet. A text that began otherwise, as after an
    /// answer that was cut, is shown whole.
    pub(crate) fn end(&mut self, screen: &mut Screen, whole: &str) -> io::Result<()> {
        let said = std::mem::take(self);
        let rest = match said.text.get(..said.shown) {
            Some(shown) if !shown.is_empty() => whole.strip_prefix(shown).unwrap_or(whole),
            Some(_) | None => whole,
        };
        screen.clear_live()?;
        if screen.look().width.is_none() && rest.len() < whole.len() {
            screen.piece(rest.trim_end())?;
            return screen.end_line();
        }
        if rest.trim().is_empty() { Ok(()) } else { screen.text(0, Ink::Plain, rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Look;
    use std::cell::RefCell;
    use std::io::Write;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn shown(width: Option<usize>, pieces: &[&str], whole: &str) -> String {
        let paper = Paper::default();
        let mut screen = Screen::new(Box::new(paper.clone()), Look { has_colour: false, width });
        let mut speech = Speech::default();
        for piece in pieces {
            speech.hear(&mut screen, "speaking-1", piece).unwrap();
        }
        speech.end(&mut screen, whole).unwrap();
        let bytes = paper.0.borrow().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_come_as_they_are_said_and_once() {
        let out = shown(Some(80), &["Fir", "st line\nsec", "ond"], "First line\nsecond");
        let clear = "\r\x1b[2K";
        let expected = [
            &format!("{clear}Fir"),
            &format!("{clear}First line\n{clear}sec"),
            &format!("{clear}second"),
            &format!("{clear}second\n"),
        ];
        assert_eq!(out, expected.map(String::as_str).concat());
    }

    #[test]
    fn a_pipe_gets_pieces_and_an_answer_that_began_anew_too() {
        assert_eq!(shown(None, &["a\n", "b"], "a\nb"), "a\nb\n");
        assert_eq!(shown(None, &["a\n"], "a\nb\n"), "a\nb\n");
        assert_eq!(shown(None, &["a\n"], "a\n"), "a\n");
        assert_eq!(shown(None, &[], "a\nb"), "a\nb\n");
        assert_eq!(shown(None, &["lost"], "other"), "lost\nother\n");
        assert!(shown(Some(80), &["lost\nx"], "other\ntext").ends_with("other\ntext\n"));
    }
}
