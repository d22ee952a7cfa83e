//! What a camera writes into its pictures: when and with what a photo was taken.
//!
//! The block is a small TIFF file within the picture. It is searched for by its mark, so that JPEG,
//! HEIF, WebP and PNG need no readers of their own. Every offset in it is hostile.
//! Source: CIPA DC-008 (Exif 2.32), sections 4.5 and 4.6.

/// How much of a file's start is searched.
pub(crate) const SEARCHED_BYTES: usize = 256 * 1024;

/// Entries of one directory that are looked at.
const ENTRIES_MAX: usize = 200;

const MAKE: u16 = 0x010f;
const CHANGED: u16 = 0x0132;
const MORE: u16 = 0x8769;
const TAKEN: u16 = 0x9003;
const TEXT: u16 = 2;

/// What is known of a photo.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Exif {
    /// ISO date.
    pub(crate) date: Option<String>,
    /// A camera made it: it is a photo, not a drawing.
    pub(crate) is_photo: bool,
}

/// Reads the block in the first bytes of a picture.
pub(crate) fn read(head: &[u8]) -> Exif {
    let block = find(head, b"Exif\0\0")
        .or_else(|| find(head, b"eXIf"))
        // WebP names the chunk so, and puts its length behind the name.
        .or_else(|| find(head, b"EXIF").and_then(|block| block.get(4..)))
        .filter(|block| Tiff::open(block).is_some())
        .unwrap_or(head);
    Tiff::open(block).and_then(|tiff| tiff.exif()).unwrap_or_default()
}

/// What follows the mark.
fn find<'a>(head: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = head.windows(mark.len()).position(|bytes| bytes == mark)?;
    head.get(at + mark.len()..)
}

struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

impl<'a> Tiff<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let is_little = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Self { bytes, is_little })
    }

    fn exif(&self) -> Option<Exif> {
        let first = self.u32(4)?;
        let more = self.entry(first, MORE).and_then(|at| self.u32(at + 8));
        let taken = more.and_then(|more| self.text(more, TAKEN));
        let is_photo = taken.is_some() || self.text(first, MAKE).is_some();
        let changed = is_photo.then(|| self.text(first, CHANGED)).flatten();
        Some(Exif {
            date: taken.as_deref().and_then(day).or(changed.as_deref().and_then(day)),
            is_photo,
        })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let value =
            if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        usize::try_from(value).ok()
    }

    /// Where the entry for a tag is, in the directory at `at`.
    fn entry(&self, at: usize, tag: u16) -> Option<usize> {
        let count = usize::from(self.u16(at)?).min(ENTRIES_MAX);
        let mut entries = (0..count).filter_map(|index| at.checked_add(2 + index * 12));
        entries.find(|&entry| self.u16(entry) == Some(tag))
    }

    fn text(&self, at: usize, tag: u16) -> Option<String> {
        let entry = self.entry(at, tag)?;
        let length = self.u32(entry + 4)?;
        if self.u16(entry + 2) != Some(TEXT) || length > 256 {
            return None;
        }
        let start = if length <= 4 { entry + 8 } else { self.u32(entry + 8)? };
        let bytes = self.bytes.get(start..start.checked_add(length)?)?;
        let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\0').trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// The day of `2024:03:05 17:20:11`; cameras without a clock write zeros or blanks.
fn day(text: &str) -> Option<String> {
    let mut parts = text.get(..10)?.split([':', '-', '/']);
    let mut number = || parts.next()?.parse::<u16>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    let fits = (1970..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    fits.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Exif, read};

    /// A JPEG's start with such a block.
    pub(crate) fn picture(taken: &str, is_little: bool) -> Vec<u8> {
        let two = |value: u16| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
        let four = |value: u32| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [&two(tag)[..], &two(kind), &four(count), &four(value)].concat()
        };
        let mut tiff = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        tiff.extend(four(8));
        tiff.extend(two(1));
        tiff.extend(entry(0x8769, 4, 1, 26));
        tiff.extend(four(0));
        tiff.extend(two(1));
        tiff.extend(entry(0x9003, 2, 20, 44));
        tiff.extend(four(0));
        tiff.extend(taken.as_bytes());
        tiff.push(0);
        [b"\xff\xd8\xff\xe1\x00\x80Exif\0\0".to_vec(), tiff, b"\xff\xdb".to_vec()].concat()
    }

    #[test]
    fn the_day_of_a_photo_is_found_whatever_the_byte_order() {
        for is_little in [true, false] {
            let photo = read(&picture("2024:03:05 17:20:11", is_little));
            assert_eq!(photo, Exif { date: Some("2024-03-05".into()), is_photo: true });
            assert_eq!(read(&picture("0000:00:00 00:00:00", is_little)).date, None);
        }
        assert_eq!(read(b"\xff\xd8\xff\xe0JFIF"), Exif::default());
    }

    #[test]
    fn damage_anywhere_is_no_panic() {
        let whole = picture("2024:03:05 17:20:11", true);
        for at in 0..whole.len() {
            read(&whole[..at]);
            for value in [0x00, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                read(&damaged);
            }
        }
    }
}
