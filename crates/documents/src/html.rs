//! Web pages and mails in HTML: text in blocks, tables as rows. Scripts, styles and what is not
//! shown are left out. Works on tokens, not on a tree: nothing a page nests can overflow anything.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::document::{Document, Format, ReadError, ReadErrorKind};
use crate::gather::Gather;
use crate::limits::{HTML_DEPTH_MAX, LINE_CHARS_MAX};

/// Where a page names its encoding, if it does.
const CHARSET_BYTES: usize = 4096;

pub(crate) fn read(bytes: &[u8], claimed: Option<&str>) -> Result<Document, ReadError> {
    let own = charset(&bytes[..bytes.len().min(CHARSET_BYTES)]);
    let text = crate::text::decode_as(bytes, claimed.or(own.as_deref()));
    finished(page(&text, None))
}

/// As `read`, for who goes on from this page: links carry their places, as `resolve` makes whole
/// ones of them, and headings their signs.
pub fn read_page(
    bytes: &[u8],
    claimed: Option<&str>,
    resolve: impl Fn(&str) -> Option<String> + 'static,
) -> Result<Document, ReadError> {
    let own = charset(&bytes[..bytes.len().min(CHARSET_BYTES)]);
    let text = crate::text::decode_as(bytes, claimed.or(own.as_deref()));
    let links = Links { resolve: Box::new(resolve), open: None };
    crate::read::guarded(|| finished(page(&text, Some(links))))
}

fn finished(gather: Gather) -> Result<Document, ReadError> {
    if gather.is_blank() {
        return Err(ReadError::new(ReadErrorKind::NoText, "the page holds no text"));
    }
    Ok(gather.finish())
}

fn page(text: &str, links: Option<Links>) -> Gather {
    let sink = Sink { page: RefCell::new(Page::new(links)) };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(text));
    // `Script` is never answered by our sink, so one call takes all the input.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.page.into_inner().finish()
}

/// The value of `charset=` in a meta element.
fn charset(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = head.split_once("charset")?.1.trim_start().strip_prefix('=')?;
    let value: String = after
        .trim_start_matches([' ', '"', '\''])
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ':'))
        .collect();
    (!value.is_empty()).then_some(value)
}

struct Sink {
    page: RefCell<Page>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.page.borrow_mut();
        match token {
            Token::CharacterTokens(text) => page.text(&text),
            Token::TagToken(tag) => {
                if tag.kind == TagKind::EndTag {
                    page.end(&tag.name);
                } else {
                    page.start(&tag);
                    if !tag.self_closing || matches!(&*tag.name, "script" | "style" | "title") {
                        return raw(&tag.name);
                    }
                }
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is not markup.
fn raw(name: &str) -> TokenSinkResult<()> {
    match name {
        "script" => TokenSinkResult::RawData(ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(Rawtext),
        "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

/// An element that is not shown, and how deep we are in elements of its name.
struct Unseen {
    name: String,
    depth: usize,
}

#[derive(Default)]
struct Grid {
    caption: String,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    /// `None` between cells.
    cell: Option<String>,
    columns: usize,
}

/// The whole place of a link's, if it has one.
type Resolve = Box<dyn Fn(&str) -> Option<String>>;

/// Makes the places of links whole.
struct Links {
    resolve: Resolve,
    /// The place of the link that is open, and how many letters stood before it.
    open: Option<(String, usize)>,
}

struct Page {
    gather: Gather,
    links: Option<Links>,
    /// Letters so far.
    letters: usize,
    line: String,
    /// White space was met and stands before the next word.
    space: bool,
    preformatted: usize,
    unseen: Option<Unseen>,
    title: Option<String>,
    grids: Vec<Grid>,
}

impl Page {
    fn new(links: Option<Links>) -> Page {
        Page {
            gather: Gather::new(Format::Html),
            links,
            letters: 0,
            line: String::new(),
            space: false,
            preformatted: 0,
            unseen: None,
            title: None,
            grids: Vec::new(),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(title) = &mut self.title {
            title.push_str(text);
            return;
        }
        if self.unseen.is_some() {
            return;
        }
        for letter in text.chars() {
            if self.preformatted > 0 && letter == '\n' {
                self.break_line();
            } else if self.preformatted > 0 && letter != '\r' {
                self.target().push(letter);
            } else if letter.is_ascii_whitespace() {
                self.space = true;
            } else {
                if std::mem::take(&mut self.space) {
                    self.word_gap();
                }
                self.letters += 1;
                self.target().push(letter);
            }
            if self.line.len() > LINE_CHARS_MAX * 4 {
                self.break_line();
            }
        }
    }

    fn word_gap(&mut self) {
        let target = self.target();
        if !target.is_empty() && !target.ends_with(['\n', ' ']) {
            target.push(' ');
        }
    }

    /// Where text goes: the open cell, or the open line.
    fn target(&mut self) -> &mut String {
        match self.grids.last_mut().and_then(|grid| grid.cell.as_mut()) {
            Some(cell) => cell,
            None => &mut self.line,
        }
    }

    fn break_line(&mut self) {
        self.space = false;
        if let Some(cell) = self.grids.last_mut().and_then(|grid| grid.cell.as_mut()) {
            if !cell.is_empty() && !cell.ends_with('\n') {
                cell.push('\n');
            }
        } else if !self.is_line_blank() {
            let line = std::mem::take(&mut self.line);
            self.gather.line(&line);
        } else {
            self.line.clear();
        }
    }

    /// Nothing stands in the open line, or only the signs of a heading without words.
    fn is_line_blank(&self) -> bool {
        let line = self.line.trim();
        line.is_empty() || self.links.is_some() && line.bytes().all(|byte| byte == b'#')
    }

    fn start(&mut self, tag: &Tag) {
        let name = &*tag.name;
        if let Some(unseen) = &mut self.unseen {
            if unseen.name == name && !tag.self_closing {
                unseen.depth += 1;
            }
            return;
        }
        if is_unseen(tag) {
            self.unseen = Some(Unseen { name: name.to_owned(), depth: 1 });
            return;
        }
        match name {
            "title" => self.title = Some(String::new()),
            "a" => self.start_link(attribute(tag, "href")),
            "meta" => self.meta(tag),
            "br" => self.break_line(),
            "pre" => {
                self.break_line();
                self.preformatted += 1;
            }
            "li" => {
                self.break_line();
                self.target().push_str("- ");
            }
            "table" => self.start_table(),
            "tr" => self.end_row(),
            "td" | "th" => self.start_cell(attribute(tag, "colspan")),
            "caption" => self.break_line(),
            "input" => {
                let shown =
                    !matches!(attribute(tag, "type"), Some("hidden" | "checkbox" | "radio"));
                if let (true, Some(value)) = (shown, attribute(tag, "value")) {
                    self.text(&format!(" {value} "));
                }
            }
            _ if is_block(name) => self.start_block(name),
            _ => {}
        }
    }

    fn start_block(&mut self, name: &str) {
        self.break_line();
        let spaced = matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr");
        if spaced && self.grids.is_empty() {
            self.gather.gap();
        }
        let level = name.strip_prefix('h').and_then(|it| it.parse::<usize>().ok());
        if let Some(level) = level.filter(|it| self.links.is_some() && *it <= 6) {
            let signs = "#".repeat(level);
            self.target().push_str(&signs);
            self.space = true;
        }
    }

    fn start_link(&mut self, href: Option<&str>) {
        let before = self.letters;
        if let Some(links) = &mut self.links {
            let place = href.and_then(|href| (links.resolve)(href.trim()));
            links.open = place.map(|place| (place, before));
        }
    }

    /// The place stands behind the words of its link; a link without words says nothing.
    fn end_link(&mut self) {
        let open = self.links.as_mut().and_then(|links| links.open.take());
        if let Some((place, before)) = open
            && before < self.letters
        {
            self.target().push_str(&format!(" ({place})"));
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(unseen) = &mut self.unseen {
            if unseen.name == name {
                unseen.depth -= 1;
                if unseen.depth == 0 {
                    self.unseen = None;
                }
            }
            return;
        }
        match name {
            "title" => {
                let title = self.title.take().unwrap_or_default();
                let words: Vec<&str> = title.split_whitespace().collect();
                self.gather.title(&words.join(" "));
            }
            "pre" => {
                self.break_line();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            "a" => self.end_link(),
            "table" => self.end_table(),
            "tr" => self.end_row(),
            "td" | "th" => self.end_cell(),
            "caption" => {
                let text = self.target().trim().to_owned();
                if let Some(grid) = self.grids.last_mut() {
                    grid.caption = text;
                }
                self.break_line();
            }
            _ if is_block(name) => self.break_line(),
            _ => {}
        }
    }

    fn start_table(&mut self) {
        // A table within a cell makes the outer one a matter of layout: what stands in the open
        // row so far is said before the inner table begins.
        if let Some(grid) = self.grids.last_mut() {
            if let Some(cell) = grid.cell.take() {
                grid.row.push(cell);
            }
            let row = std::mem::take(&mut grid.row);
            self.gather.row_lines(&row);
            self.grids.last_mut().expect("looked at above").cell = Some(String::new());
        } else {
            self.break_line();
        }
        if self.grids.len() < HTML_DEPTH_MAX {
            self.grids.push(Grid::default());
        }
    }

    fn start_cell(&mut self, colspan: Option<&str>) {
        self.end_cell();
        if self.grids.is_empty() {
            return self.break_line();
        }
        let columns = colspan.and_then(|text| text.trim().parse().ok()).unwrap_or(1_usize);
        let grid = self.grids.last_mut().expect("not empty, as checked above");
        grid.cell = Some(String::new());
        grid.columns = columns.clamp(1, 50);
    }

    fn end_cell(&mut self) {
        self.space = false;
        let Some(grid) = self.grids.last_mut() else { return };
        if let Some(cell) = grid.cell.take() {
            grid.row.push(cell.trim().to_owned());
            for _ in 1..grid.columns {
                grid.row.push(String::new());
            }
            grid.columns = 1;
        }
    }

    fn end_row(&mut self) {
        self.end_cell();
        let Some(grid) = self.grids.last_mut() else { return self.break_line() };
        let row = std::mem::take(&mut grid.row);
        if row.iter().all(String::is_empty) {
            return;
        }
        self.gather.row_lines(&row);
        grid.rows.push(row);
    }

    fn end_table(&mut self) {
        self.end_row();
        let Some(grid) = self.grids.pop() else { return };
        if !grid.rows.is_empty() && self.gather.table(&grid.caption) {
            for row in grid.rows {
                if !self.gather.silent_row(row) {
                    break;
                }
            }
        }
    }

    fn meta(&mut self, tag: &Tag) {
        let name = attribute(tag, "name").or(attribute(tag, "property")).unwrap_or_default();
        let fact = match name.to_ascii_lowercase().as_str() {
            "author" => "author",
            "date" | "dc.date" | "article:published_time" => "date",
            "og:site_name" => "site",
            _ => return,
        };
        self.gather.fact(fact, attribute(tag, "content").unwrap_or_default());
    }

    fn finish(mut self) -> Gather {
        while !self.grids.is_empty() {
            self.end_table();
        }
        self.break_line();
        self.gather
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|found| &*found.name.local == name).map(|found| &*found.value)
}

fn is_unseen(tag: &Tag) -> bool {
    let name = &*tag.name;
    if matches!(name, "script" | "style" | "template" | "svg" | "noframes" | "iframe" | "select") {
        return !tag.self_closing;
    }
    // These have no end tag that could end it.
    let void = matches!(
        name,
        "br" | "img"
            | "hr"
            | "input"
            | "meta"
            | "link"
            | "col"
            | "area"
            | "base"
            | "wbr"
            | "source"
    );
    if void || tag.self_closing || matches!(name, "html" | "body" | "td" | "tr") {
        return false;
    }
    let style: String = attribute(tag, "style")
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    style.contains("display:none")
        || style.contains("visibility:hidden")
        || attribute(tag, "hidden").is_some()
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "section"
            | "summary"
            | "tbody"
            | "tfoot"
            | "thead"
            | "ul"
    )
}
