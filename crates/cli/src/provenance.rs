//! Where a file comes from that a task made: `legwork show TASK --from PATH`.

use crate::changes::named_path;
use crate::exit::{Exit, Failure};
use crate::limits::{READINGS_SHOWN, ROWS_SHOWN, SAID_CHARS_SHOWN};
use crate::screen::{Ink, Screen};
use crate::words::{count, cut, instant, plain};
use api::Client;
use std::ffi::OsString;
use std::io;
use task::TaskId;
use task::provenance::{Decided, DecidedWhat, Provenance, Write};

pub(crate) async fn show(
    client: &Client,
    id: &TaskId,
    path: &OsString,
    as_json: bool,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let task = client.show(id).await?;
    let found = client.provenance(id, &named_path(&task.shares, path)?).await?;
    match as_json {
        true => screen.json(&found)?,
        false => told(screen, &found)?,
    }
    Ok(Exit::Done)
}

fn told(screen: &mut Screen, found: &Provenance) -> io::Result<()> {
    screen.text(0, Ink::Strong, &found.path)?;
    screen.item((Ink::Faint, "  asked    "), Ink::Plain, &found.request)?;
    screen.item((Ink::Faint, "  by       "), Ink::Plain, &found.mind)?;
    screen.gap()?;
    let head = match (found.certain, found.writes.is_empty()) {
        (true, _) => "Made by",
        (false, false) => "No call names it; one of these commands may have made it:",
        (false, true) => "No call of this task names it.",
    };
    screen.text(0, Ink::Strong, head)?;
    for write in &found.writes {
        wrote(screen, write)?;
    }
    readings(screen, found)?;
    rows(screen, found)?;
    if !found.decisions.is_empty() {
        screen.gap()?;
        screen.text(0, Ink::Strong, "Decided by you")?;
    }
    for decision in &found.decisions {
        screen.text(2, Ink::Plain, &decided(decision))?;
    }
    if found.truncated {
        screen.text(0, Ink::Faint, "There is more of it; this is the beginning.")?;
    }
    Ok(())
}

fn wrote(screen: &mut Screen, write: &Write) -> io::Result<()> {
    let tool = write.tool.replace('_', " ");
    let from = write.from.as_ref().map_or(String::new(), |from| format!(", from {from}"));
    let text = format!("{tool} {}{from}", write.subject);
    screen.item((Ink::Faint, "  ✎ "), Ink::Plain, &text)?;
    let step = write.step.as_ref().map_or(String::new(), |step| format!(" · step: {step}"));
    let at = instant(write.at.0);
    screen.text(4, Ink::Faint, &format!("turn {} · {at}{step}", write.turn))?;
    if !write.said.is_empty() {
        let said = format!("“{}”", cut(&plain(&write.said), SAID_CHARS_SHOWN));
        screen.text(4, Ink::Faint, &said)?;
    }
    Ok(())
}

fn readings(screen: &mut Screen, found: &Provenance) -> io::Result<()> {
    if found.readings.is_empty() {
        return Ok(());
    }
    screen.gap()?;
    screen.text(0, Ink::Strong, "Read before that")?;
    for reading in found.readings.iter().take(READINGS_SHOWN) {
        let note = if reading.named { "  (the file names it)" } else { "" };
        let text = format!("{}{note}", reading.path);
        screen.item((Ink::Faint, "  ← "), Ink::Plain, &text)?;
    }
    let more = found.readings.len().saturating_sub(READINGS_SHOWN);
    if more > 0 {
        let text = format!("and {more} more; `--json` names them all");
        screen.text(2, Ink::Faint, &text)?;
    }
    Ok(())
}

fn rows(screen: &mut Screen, found: &Provenance) -> io::Result<()> {
    if found.rows.is_empty() {
        return Ok(());
    }
    screen.gap()?;
    screen.text(0, Ink::Strong, "Row by row")?;
    for row in found.rows.iter().take(ROWS_SHOWN) {
        let place = format!("  {} row {}  ", plain(&row.sheet), row.row);
        screen.item((Ink::Faint, &place), Ink::Plain, &row.path)?;
    }
    let more = found.rows.len().saturating_sub(ROWS_SHOWN);
    if more > 0 {
        let text = format!("and {} more; `--json` names them all", count(more as u64, "row"));
        screen.text(2, Ink::Faint, &text)?;
    }
    Ok(())
}

fn decided(it: &Decided) -> String {
    let in_advance = match it.by {
        Some(task::By::Standing) => ", in advance",
        Some(task::By::Policy) => ", by this computer's administrator",
        Some(task::By::User) | None => "",
    };
    match it.what {
        DecidedWhat::Plan => format!("the plan: {}{in_advance}", it.answer),
        DecidedWhat::Question => format!("{} → {}{in_advance}", it.text, it.answer),
        DecidedWhat::Egress => format!("the network: {} {}{in_advance}", it.text, it.answer),
        DecidedWhat::Said => format!("you said: {}", it.text),
        DecidedWhat::Terminal => "you had a terminal in its machine".to_owned(),
        DecidedWhat::Applied => it.answer.clone(),
    }
}
