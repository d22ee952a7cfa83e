//! Every bound of the readers and writers, by name.

/// The largest file that is read whole; of plain text and CSV the beginning is read instead.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How much of a plain text or CSV file is read.
pub const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Lines of a document; the rest is cut.
pub const LINES_MAX: usize = 200_000;
/// Characters of one line; a longer one is cut.
pub const LINE_CHARS_MAX: usize = 20_000;
/// Bytes of all lines together.
pub const LINES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Tables of a document.
pub const TABLES_MAX: usize = 2_000;
/// Cells of all tables together.
pub const CELLS_MAX: usize = 1_000_000;
/// Columns of a table: as many as a spreadsheet can have.
pub const COLUMNS_MAX: usize = 16_384;
/// Empty rows between two filled ones that are kept; more are left out.
pub const EMPTY_ROWS_MAX: u32 = 100;
/// Facts of a document.
pub const FACTS_MAX: usize = 100;

/// Entries of a zip container.
pub const ZIP_ENTRIES_MAX: usize = 20_000;
/// Unpacked bytes of one zip entry.
pub const ZIP_ENTRY_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Unpacked bytes of all zip entries together.
pub const ZIP_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Below this, how well a container was packed is of no interest.
pub const ZIP_SMALL_BYTES: u64 = 32 * 1024 * 1024;
/// Unpacked bytes for each packed byte, above which a container is taken for a bomb.
pub const ZIP_EXPANSION_MAX: u64 = 200;

/// Elements within elements of an XML part.
pub const XML_DEPTH_MAX: usize = 200;
/// Nested tables, lists and the like of an HTML page.
pub const HTML_DEPTH_MAX: usize = 200;
/// Groups within groups of an RTF text.
pub const RTF_DEPTH_MAX: usize = 500;

/// Pages of a PDF that are read.
pub const PDF_PAGES_MAX: usize = 500;
/// Unpacked bytes of one PDF stream.
pub const PDF_STREAM_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Unpacked bytes of all PDF streams that are interpreted.
pub const PDF_CONTENT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Characters of one PDF page.
pub const PDF_PAGE_CHARS_MAX: usize = 200_000;
/// Forms within forms of a PDF page.
pub const PDF_FORM_DEPTH_MAX: usize = 8;
/// Forms drawn on one PDF page.
pub const PDF_FORMS_MAX: usize = 2_000;
/// Codes that a font's table may translate.
pub const PDF_FONT_CODES_MAX: usize = 70_000;

/// Attachments of a mail that are named.
pub const ATTACHMENTS_MAX: usize = 100;
/// Mails within mails.
pub const MAIL_DEPTH_MAX: usize = 3;

/// Faults that a check names; more are counted.
pub const CHECK_NAMED_MAX: usize = 12;

/// Sheets of a workbook that is written.
pub const SHEETS_MAX: usize = 255;
/// Characters of a cell's text, as spreadsheet programs allow.
pub const CELL_CHARS_MAX: usize = 32_767;
/// Characters of a sheet's name, as spreadsheet programs allow.
pub const SHEET_NAME_CHARS_MAX: usize = 31;
/// Charts of a workbook that is written.
pub const CHARTS_MAX: usize = 100;

/// How much of a file is looked at to describe it.
pub const PEEK_BYTES: usize = 64 * 1024;
/// The largest container or PDF that is opened to describe it.
pub const PEEK_FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Pages of a PDF that are read to describe it.
pub const PEEK_PAGES_MAX: usize = 2;
/// Lines of a document from which telling words are taken.
pub const PEEK_LINES_MAX: usize = 400;
/// Telling words of a file.
pub const PEEK_WORDS_MAX: usize = 12;

/// Pixels of a picture's longer side.
pub const PICTURE_PX_MAX: u32 = 30_000;

/// Bytes of a picture while it is decoded.
pub const PICTURE_DECODED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Bytes of a picture that is shown: what model providers take of one, and few.
pub const PICTURE_BYTES_MAX: usize = 1536 * 1024;

/// Pictures in a document that is written.
pub const COMPOSED_PICTURES_MAX: usize = 60;
/// The longer side of such a picture; a larger one is made smaller.
pub const COMPOSED_PICTURE_PX_MAX: u32 = 1800;
/// Slides that are written.
pub const SLIDES_MAX: usize = 500;
