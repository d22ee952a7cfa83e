//! A link as a picture that a phone reads.

use crate::limits::QR_BYTES_MAX;
use qrcodegen::{QrCode, QrCodeEcc};

/// The dark fields of each row as `1`, the light ones as `0`; nothing for a text that is too long.
pub(crate) fn rows(text: &str) -> Vec<String> {
    if text.len() > QR_BYTES_MAX {
        return vec![];
    }
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return vec![] };
    let sides = 0..code.size();
    let row = |y| sides.clone().map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect();
    sides.clone().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_a_square_with_its_three_corners() {
        let rows = rows("https://192.0.2.7:7443/pair#ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert!(rows.iter().all(|row| row.len() == rows.len()), "{rows:?}");
        let corner = "1111111";
        assert!(rows[0].starts_with(corner) && rows[0].ends_with(corner));
        assert!(rows.last().is_some_and(|row| row.starts_with(corner)));
        assert!(super::rows(&"x".repeat(QR_BYTES_MAX + 1)).is_empty());
    }
}
