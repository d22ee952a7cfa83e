//! Markdown as what a page is made of.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Words that look alike. `\n` breaks the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) strike: bool,
    pub(super) code: bool,
    pub(super) link: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

/// What stands before an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Bullet,
    /// The number, and which list it is of.
    Number(u64, usize),
    /// A further paragraph of the item before.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) sides: Vec<Side>,
    /// The first holds the titles. All are as long as `sides`.
    pub(super) rows: Vec<Vec<Vec<Run>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Heading {
        level: u8,
        runs: Vec<Run>,
    },
    Paragraph {
        quoted: bool,
        runs: Vec<Run>,
    },
    Item {
        depth: usize,
        mark: Mark,
        runs: Vec<Run>,
    },
    Code(String),
    Table(Table),
    Picture {
        name: String,
        shows: String,
    },
    /// A line of its own: what follows begins on a new page or slide.
    Break,
}

/// The words of runs, without their looks.
pub(super) fn plain(runs: &[Run]) -> String {
    runs.iter().map(|run| run.text.as_str()).collect::<String>().replace('\n', " ")
}

pub(super) fn read(text: &str) -> Vec<Block> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, options) {
        reader.take(event);
    }
    reader.flush();
    reader.blocks
}

#[derive(Debug, Default)]
struct Reader {
    blocks: Vec<Block>,
    runs: Vec<Run>,
    bold: usize,
    italic: usize,
    strike: usize,
    quoted: usize,
    link: Option<String>,
    /// The lists that are open: the next number of each that has numbers, and which list it is.
    lists: Vec<Option<(u64, usize)>>,
    lists_seen: usize,
    /// Of the item that is open and has no words yet.
    mark: Option<Mark>,
    code: Option<String>,
    picture: Option<(String, String)>,
    table: Option<Table>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.words(&text, false),
            Event::Code(text) => self.words(&text, true),
            Event::Html(text) | Event::InlineHtml(text) => self.html(&text),
            Event::SoftBreak => self.words(" ", false),
            Event::HardBreak => self.words("\n", false),
            Event::Rule => {
                self.flush();
                self.blocks.push(Block::Break);
            }
            Event::TaskListMarker(done) => self.words(if done { "[x] " } else { "[ ] " }, false),
            Event::FootnoteReference(name) => self.words(&format!("[{name}]"), false),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.words(&text, true),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Emphasis => self.italic += 1,
            Tag::Strong => self.bold += 1,
            Tag::Strikethrough => self.strike += 1,
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            Tag::Image { dest_url, .. } => {
                self.picture = Some((dest_url.into_string(), String::new()));
            }
            Tag::TableRow | Tag::TableHead => {
                if let Some(table) = &mut self.table {
                    table.rows.push(vec![]);
                }
            }
            Tag::TableCell => {}
            Tag::Table(sides) => {
                self.flush();
                self.table = Some(Table { sides: sides.iter().map(side).collect(), rows: vec![] });
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.flush();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                self.lists_seen += 1;
                self.lists.push(first.map(|first| (first, self.lists_seen)));
            }
            Tag::Item => {
                self.flush();
                self.mark = Some(match self.lists.last_mut() {
                    Some(Some((next, list))) => {
                        *next += 1;
                        Mark::Number(*next - 1, *list)
                    }
                    _ => Mark::Bullet,
                });
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quoted += 1;
            }
            _ => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Strikethrough => self.strike = self.strike.saturating_sub(1),
            TagEnd::Link => self.link = None,
            TagEnd::Image => {
                if let Some((name, shows)) = self.picture.take() {
                    self.flush();
                    self.blocks.push(Block::Picture { name, shows });
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.runs);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::TableRow | TagEnd::TableHead => {}
            TagEnd::Table => {
                if let Some(mut table) = self.table.take() {
                    let columns = table.sides.len();
                    table.rows.iter_mut().for_each(|row| row.resize(columns, vec![]));
                    self.blocks.push(Block::Table(table));
                }
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.blocks.push(Block::Code(code.trim_end_matches('\n').to_owned()));
                }
            }
            TagEnd::Heading(level) => {
                let runs = std::mem::take(&mut self.runs);
                if !runs.is_empty() {
                    self.blocks.push(Block::Heading { level: level as u8, runs });
                }
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Item => {
                self.flush();
                self.mark = None;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quoted = self.quoted.saturating_sub(1);
            }
            _ => self.flush(),
        }
    }

    fn words(&mut self, text: &str, code: bool) {
        if let Some(block) = &mut self.code {
            block.push_str(text);
            return;
        }
        if let Some((_, shows)) = &mut self.picture {
            shows.push_str(text);
            return;
        }
        let (bold, italic, strike) = (self.bold > 0, self.italic > 0, self.strike > 0);
        let run =
            Run { text: text.to_owned(), bold, italic, strike, code, link: self.link.clone() };
        match self.runs.last_mut() {
            Some(last)
                if (Run { text: String::new(), ..last.clone() })
                    == (Run { text: String::new(), ..run.clone() }) =>
            {
                last.text.push_str(&run.text);
            }
            _ => self.runs.push(run),
        }
    }

    /// Only a break of the line means something here; other marks stay as they were written.
    fn html(&mut self, text: &str) {
        match text.trim().to_ascii_lowercase().as_str() {
            "<br>" | "<br/>" | "<br />" => self.words("\n", false),
            text if text.starts_with("<!--") => {}
            _ => self.words(text, false),
        }
    }

    /// Ends the paragraph or item that is open.
    fn flush(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        if runs.iter().all(|run| run.text.trim().is_empty()) {
            return;
        }
        let block = match self.lists.len() {
            0 => Block::Paragraph { quoted: self.quoted > 0, runs },
            depth => {
                let mark = self.mark.replace(Mark::None).unwrap_or(Mark::None);
                Block::Item { depth: depth - 1, mark, runs }
            }
        };
        self.blocks.push(block);
    }
}

fn side(alignment: &Alignment) -> Side {
    match alignment {
        Alignment::None | Alignment::Left => Side::Left,
        Alignment::Center => Side::Middle,
        Alignment::Right => Side::Right,
    }
}
