//! Writes `examples/receipts/`: what a travelling illustrator kept from spring 2025.
//!
//! All vendors and people are invented. Built in on purpose: purchases that also stand in the
//! statements of bank and card, an invoice with the slip of its card payment, a date that can be
//! read two ways, a bare `$`, a refund, and papers by which nothing was bought: an offer, a
//! reminder, a delivery note, a newsletter, a picture, and a PDF that broke off.

mod paper;
mod texts;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::Path;

/// Writes the folder.
pub(super) fn receipts(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let put = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes);
    for (name, text) in texts::PLAIN {
        put(name, text.trim_start_matches('\n').as_bytes())?;
    }
    for (name, title, text) in texts::PDF {
        put(name, &paper::pdf(title, text))?;
    }
    for (name, text) in texts::DOCX {
        put(name, &paper::docx(text)?)?;
    }
    put("Kreditkarte April.xlsx", &paper::xlsx("Umsätze", texts::CARD)?)?;
    for (name, headers, text) in texts::MAIL {
        put(name, &paper::mail(headers, text, None))?;
    }
    let invoice = paper::pdf(texts::ATTACHED.1, texts::ATTACHED.2);
    let (headers, text) = texts::WITH_ATTACHMENT;
    put(
        "Rechnung Papierwerk (Mail).eml",
        &paper::mail(headers, text, Some((texts::ATTACHED.0, invoice))),
    )?;
    // A scan whose upload broke off after the first bytes.
    let (_, title, text) = texts::PDF[0];
    let whole = paper::pdf(title, text);
    put("scan_0007.pdf", &whole[..whole.len().min(96)])?;
    put("table sketch.png", &PIXEL)
}

/// A picture of one point.
const PIXEL: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x01, 0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];
