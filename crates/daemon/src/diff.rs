//! How one changed file differs, in the form that suits it.

use crate::edges::Edges;
use crate::live::Shared;
use crate::store::Store;
use api::{DiffView, UserError};
use std::path::Path;

pub(crate) async fn of(
    _store: &Store,
    _edges: &Edges,
    _dir: &Path,
    _shared: &Shared,
    _path: &str,
) -> Result<DiffView, UserError> {
    Ok(DiffView::Binary { before_bytes: None, after_bytes: None })
}
