//! Pictures for who looks at them: decoded, turned upright, made small enough, and written anew.
//!
//! What goes out was made here, so nothing hidden in the file goes along: no place, no camera, no
//! bytes after the end.

use crate::document::{ReadError, ReadErrorKind};
use crate::limits::{PICTURE_BYTES_MAX, PICTURE_DECODED_BYTES_MAX, PICTURE_PX_MAX};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::Cursor;

/// A picture that can be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// How good a JPEG is, of 100.
const QUALITY: u8 = 85;

/// The picture in these bytes with no side longer than `side_max`.
pub fn fit(bytes: &[u8], side_max: u32) -> Result<Picture, ReadError> {
    crate::read::guarded(|| {
        let (mut shown, format) = decoded(bytes)?;
        if shown.width().max(shown.height()) > side_max {
            shown = shown.resize(side_max, side_max, FilterType::Triangle);
        }
        loop {
            let (media_type, bytes) = encoded(&shown, format)?;
            if bytes.len() <= PICTURE_BYTES_MAX {
                let (width, height) = (shown.width(), shown.height());
                return Ok(Picture { media_type, width, height, bytes });
            }
            let half = |side: u32| (side / 2).max(1);
            shown = shown.resize(half(shown.width()), half(shown.height()), FilterType::Triangle);
        }
    })
}

/// The picture in these bytes, upright, with no side longer than `side_max`.
pub(crate) fn shown(bytes: &[u8], side_max: u32) -> Result<DynamicImage, ReadError> {
    crate::read::guarded(|| {
        let (shown, _) = decoded(bytes)?;
        Ok(match shown.width().max(shown.height()) > side_max {
            true => shown.resize(side_max, side_max, FilterType::Triangle),
            false => shown,
        })
    })
}

/// Whether these bytes begin as a picture does that `fit` may read.
pub fn is_picture(bytes: &[u8]) -> bool {
    let format = image::guess_format(bytes).ok();
    format.is_some_and(|format| format.reading_enabled())
}

fn decoded(bytes: &[u8]) -> Result<(DynamicImage, ImageFormat), ReadError> {
    let broken = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => {
            ReadError::new(ReadErrorKind::TooLarge, "the picture is too large to be shown")
        }
        image::ImageError::Unsupported(_) => {
            ReadError::new(ReadErrorKind::Unknown, "it is no kind of picture that is shown")
        }
        _ => ReadError::new(ReadErrorKind::Broken, "the picture is damaged and cannot be shown"),
    };
    let format = image::guess_format(bytes).map_err(broken)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(PICTURE_PX_MAX);
    limits.max_image_height = Some(PICTURE_PX_MAX);
    limits.max_alloc = Some(PICTURE_DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    // How the camera was held; a picture that does not say it stands as it is.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut shown = DynamicImage::from_decoder(decoder).map_err(broken)?;
    shown.apply_orientation(orientation);
    Ok((shown, format))
}

/// Drawings stay exact where that is small enough; photos and the rest become JPEG.
fn encoded(
    shown: &DynamicImage,
    format: ImageFormat,
) -> Result<(&'static str, Vec<u8>), ReadError> {
    let failed = |_| ReadError::new(ReadErrorKind::Broken, "the picture could not be written anew");
    if format != ImageFormat::Jpeg {
        let mut bytes = Cursor::new(vec![]);
        // What has more than eight bits a colour would be no use to anybody who looks.
        let plain = match shown.color().has_alpha() {
            true => DynamicImage::ImageRgba8(shown.to_rgba8()),
            false => DynamicImage::ImageRgb8(shown.to_rgb8()),
        };
        plain.write_to(&mut bytes, ImageFormat::Png).map_err(failed)?;
        let bytes = bytes.into_inner();
        if bytes.len() <= PICTURE_BYTES_MAX {
            return Ok(("image/png", bytes));
        }
    }
    let mut bytes = vec![];
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    shown.to_rgb8().write_with_encoder(encoder).map_err(failed)?;
    Ok(("image/jpeg", bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        // Noise, which nothing can pack.
        let mut seed = 7_u32;
        let picture = image::RgbImage::from_fn(width, height, |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = seed.to_be_bytes();
            image::Rgb([a, b, c])
        });
        let mut bytes = Cursor::new(vec![]);
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn what_is_shown_fits() {
        let cases = [
            (30, 20, ImageFormat::Png, (30, 20), "image/png"),
            (40, 20, ImageFormat::Bmp, (20, 10), "image/png"),
            (30, 60, ImageFormat::Jpeg, (10, 20), "image/jpeg"),
        ];
        for (width, height, format, size, media_type) in cases {
            let side_max = if width == 30 && height == 20 { 99 } else { 20 };
            let shown = fit(&drawn(width, height, format), side_max).unwrap();
            assert_eq!(((shown.width, shown.height), shown.media_type), (size, media_type));
            assert!(is_picture(&shown.bytes));
        }
        let large = fit(&drawn(800, 800, ImageFormat::Png), 800).unwrap();
        assert!(large.bytes.len() <= PICTURE_BYTES_MAX, "{}", large.bytes.len());
        assert_eq!(large.media_type, "image/jpeg");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let whole = drawn(30, 20, ImageFormat::Png);
        // A head that claims more than anybody could hold.
        let mut huge = whole.clone();
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        for (bytes, words) in [
            (&b"hello"[..], "no kind of picture"),
            (&whole[..whole.len() / 2], "damaged"),
            (&huge, "cannot be shown"),
            (b"", "no kind of picture"),
        ] {
            let why = fit(bytes, 100).unwrap_err().why;
            assert!(why.contains(words) || why.contains("too large"), "{why}");
        }
    }
}
