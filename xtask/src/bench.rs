//! x
pub(crate) fn run(_: &std::path::Path, _: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}
