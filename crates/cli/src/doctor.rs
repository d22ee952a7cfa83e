//! What the doctor found, and where Legwork keeps its things.

use crate::exit::Exit;
use crate::screen::{Ink, Screen};
use crate::words::plain;
use api::{DoctorState, DoctorView, Place};
use std::io;

/// Shows the findings, and says with the exit status whether something is broken.
pub(crate) fn show(screen: &mut Screen, place: &Place, found: &DoctorView) -> io::Result<Exit> {
    for finding in &found.findings {
        let (mark, ink) = match finding.state {
            DoctorState::Good => ("✓ ", Ink::Good),
            DoctorState::Warning => ("! ", Ink::Warn),
            DoctorState::Broken => ("✗ ", Ink::Bad),
        };
        screen.item((ink, mark), Ink::Plain, &format!("{}: {}", finding.what, finding.detail))?;
        if let Some(next) = &finding.next {
            screen.item((Ink::Strong, "  next: "), Ink::Key, next)?;
        }
    }
    for fix in &found.fixes {
        screen.item((Ink::Warn, "! "), Ink::Plain, &plain(&fix.what))?;
        let text = format!("`legwork doctor --fix` would {}", plain(&fix.label));
        screen.item((Ink::Strong, "  fix:  "), Ink::Key, &text)?;
    }
    screen.gap()?;
    let places = [
        ("socket", place.socket()),
        ("records", place.state.clone()),
        ("settings", place.config_file()),
        ("log", place.log_file()),
    ];
    for (what, path) in places {
        screen.item((Ink::Faint, &format!("{what:<9} ")), Ink::Faint, &path.to_string_lossy())?;
    }
    Ok(exit(found))
}

/// Failed when something is broken.
pub(crate) fn exit(found: &DoctorView) -> Exit {
    let is_broken = found.findings.iter().any(|it| it.state == DoctorState::Broken);
    if is_broken { Exit::Failed } else { Exit::Done }
}
