//! What a machine may reach: plain words shown as rules before they hold, `legwork allow`, and the
//! door's part of a task's log.

use crate::asking;
use crate::desk::{Desk, open};
use crate::edge;
use crate::exit::{Exit, Failure};
use crate::log_text;
use crate::options::Allow;
use crate::screen::{Ink, Screen};
use crate::words::{instant, plain};
use api::{
    Client, EgressGrantBody, EgressWordsBody, EgressWordsView, ErrorKind, LogEntry, UserError,
};
use std::io;

/// The rules that `words` mean, shown, and agreed to where a person sits and was not asked before.
pub(crate) async fn rules(
    desk: &mut Desk<'_>,
    client: &Client,
    words: &str,
    agreed: bool,
) -> Result<Vec<String>, Failure> {
    let body = EgressWordsBody { words: words.to_owned() };
    let meant = client.egress_words(&body).await?;
    if !desk.as_json {
        show_rules(desk.screen, &meant)?;
        if !agreed && edge::has_person() && !asking::agreed(desk.screen, "These rules:")? {
            let what = "the rules were not agreed to, so nothing was begun";
            return Err(UserError::new(ErrorKind::Denied, "rules-declined", what)
                .next("say it in other words, or leave --allow out and be asked when it matters")
                .into());
        }
    }
    Ok(meant.rules)
}

fn show_rules(screen: &mut Screen, meant: &EgressWordsView) -> io::Result<()> {
    screen.text(0, Ink::Strong, "Its machine may then:")?;
    if meant.rules.is_empty() {
        screen.text(2, Ink::Plain, "reach nothing")?;
    }
    for rule in &meant.rules {
        screen.item((Ink::Faint, "  · "), Ink::Plain, &plain(rule))?;
    }
    for note in &meant.notes {
        screen.item((Ink::Faint, "  ! "), Ink::Faint, &plain(note))?;
    }
    Ok(())
}

/// Grants a task more.
pub(crate) async fn allow(desk: &mut Desk<'_>, asked: &Allow) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let rules = rules(desk, &client, &asked.words, asked.yes).await?;
    if rules.is_empty() {
        let what = "these words allow nothing, so nothing changed";
        return Err(UserError::new(ErrorKind::User, "egress-settled", what)
            .next(format!("`legwork boundary {id} --take-back RULE` takes a rule back"))
            .into());
    }
    let view = client.allow(&id, &EgressGrantBody { rules }).await?;
    if desk.as_json {
        desk.screen.json(&view)?;
        return Ok(Exit::Done);
    }
    desk.screen.item((Ink::Good, "✓ "), Ink::Plain, &format!("Task {id} may reach this now."))?;
    desk.screen.command("see", &format!("legwork log {id} --egress"))?;
    Ok(Exit::Done)
}

/// What one event says of the door; nothing for most.
pub(crate) fn show_entry(screen: &mut Screen, entry: &LogEntry) -> io::Result<()> {
    let Some((at, lines)) = log_text::said_of_egress(&entry.event) else { return Ok(()) };
    for line in lines {
        let when = format!("{}  ", instant(at.0));
        screen.item((Ink::Faint, &when), Ink::Plain, &plain(&line))?;
    }
    Ok(())
}
