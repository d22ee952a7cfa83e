//! Numbers between the units of the formats.

/// The whole number that is nearest, from zero on.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is out of range is brought into it"
)]
pub(super) fn whole(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// A length in points, to the hundredth: finer than any printer.
#[expect(clippy::cast_possible_truncation, reason = "a page is some hundred points long")]
pub(super) fn hundredths(points: f64) -> f32 {
    ((points * 100.0).round() / 100.0) as f32
}

/// A number of letters or lines.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
