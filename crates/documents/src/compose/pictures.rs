//! The pictures that a text names, decoded once.

use super::ComposeError;
use super::blocks::Block;
use crate::limits::{COMPOSED_PICTURE_PX_MAX, COMPOSED_PICTURES_MAX};
use image::{DynamicImage, ImageFormat};
use std::collections::BTreeMap;
use std::io::Cursor;

#[derive(Debug, Default)]
pub(super) struct Pictures(BTreeMap<String, DynamicImage>);

impl Pictures {
    pub(super) fn of(
        blocks: &[Block],
        bytes: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, ComposeError> {
        let mut all = BTreeMap::new();
        for block in blocks {
            let Block::Picture { name, .. } = block else { continue };
            if all.contains_key(name) {
                continue;
            }
            if all.len() == COMPOSED_PICTURES_MAX {
                return Err(ComposeError::Pictures);
            }
            let failed = |why: String| ComposeError::Picture { name: name.clone(), why };
            let bytes = bytes(name).map_err(failed)?;
            let shown = crate::picture::shown(&bytes, COMPOSED_PICTURE_PX_MAX);
            all.insert(name.clone(), shown.map_err(|error| failed(error.to_string()))?);
        }
        Ok(Self(all))
    }

    pub(super) fn get(&self, name: &str) -> Option<&DynamicImage> {
        self.0.get(name)
    }

    pub(super) fn png(&self, name: &str) -> Result<Vec<u8>, ComposeError> {
        let mut bytes = Cursor::new(vec![]);
        if let Some(shown) = self.get(name) {
            let why = |error: image::ImageError| ComposeError::Picture {
                name: name.to_owned(),
                why: error.to_string(),
            };
            shown.write_to(&mut bytes, ImageFormat::Png).map_err(why)?;
        }
        Ok(bytes.into_inner())
    }
}

/// Width and height of a picture that fits into a frame of this size, no larger than it is.
pub(super) fn fit(of: &DynamicImage, (width, height): (f64, f64), unit_per_px: f64) -> (f64, f64) {
    let own = (f64::from(of.width()) * unit_per_px, f64::from(of.height()) * unit_per_px);
    let scale = (width / own.0).min(height / own.1).min(1.0);
    (own.0 * scale, own.1 * scale)
}
