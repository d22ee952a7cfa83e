//! Whether a picture was taken by a camera, and when.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use exif::{In, Reader, Tag, Value};

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) is_photo: bool,
    /// ISO.
    pub(super) taken: Option<String>,
}

/// Names that phones and cameras give.
const CAMERA_NAMES: [&str; 9] =
    ["IMG_", "DSC", "PXL_", "DCIM", "P10", "MVIMG_", "IMG-", "WP_", "GOPR"];

/// The facts stand at the beginning of a picture, so its head is enough.
pub(super) fn look(head: &[u8], name: &str) -> Seen {
    catch_unwind(AssertUnwindSafe(|| exif_of(head, name))).unwrap_or_default()
}

fn exif_of(head: &[u8], name: &str) -> Seen {
    let upper = name.to_uppercase();
    let is_jpeg = head.starts_with(b"\xff\xd8\xff");
    let mut seen = Seen {
        is_photo: is_jpeg && CAMERA_NAMES.iter().any(|start| upper.starts_with(start)),
        taken: None,
    };
    let exif = Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(head))
        .or_else(|error| error.distill_partial_result(|_| {}));
    let Ok(exif) = exif else { return seen };
    seen.is_photo |= [Tag::Make, Tag::Model, Tag::FNumber, Tag::ExposureTime]
        .iter()
        .any(|tag| exif.get_field(*tag, In::PRIMARY).is_some());
    for tag in [Tag::DateTimeOriginal, Tag::DateTimeDigitized, Tag::DateTime] {
        let Some(field) = exif.get_field(tag, In::PRIMARY) else { continue };
        let Value::Ascii(texts) = &field.value else { continue };
        // `2024:03:07 14:30:00`, the date alone is of interest.
        let text = texts.first().map(|text| String::from_utf8_lossy(text)).unwrap_or_default();
        let date = text.get(..10).map(|date| date.replace(':', "-"));
        if let Some(date) = date.filter(|date| super::date::is_iso(date)) {
            seen.taken = Some(date);
            return seen;
        }
    }
    seen
}
