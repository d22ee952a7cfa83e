//! `legwork phone`: where phones reach this computer, which are let in, and a code for one more.

use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::link::connect;
use crate::options::PhoneCommand;
use crate::screen::{Ink, Screen};
use crate::words::{instant, plain};
use api::{
    Client, ErrorKind, PhoneLink, PhoneReach, PhoneRevokeBody, PhonesView, SettingBody, UserError,
};
use std::io;

pub(crate) async fn phone(
    desk: &mut Desk<'_>,
    asked: Option<PhoneCommand>,
) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let view = match asked.unwrap_or(PhoneCommand::List) {
        PhoneCommand::List => client.phones().await?,
        PhoneCommand::On { address, plain } => on(&client, address.as_deref(), plain).await?,
        PhoneCommand::Off => {
            let address = SettingBody { key: "phone.address".to_owned(), value: None };
            client.set(&address).await?;
            client.phones().await?
        }
        PhoneCommand::Pair => return pair(desk, &client.phone_link().await?),
        PhoneCommand::Revoke { phone } => client.revoke_phone(&PhoneRevokeBody { phone }).await?,
    };
    match desk.as_json {
        true => desk.screen.json(&view)?,
        false => show(desk.screen, &view)?,
    }
    Ok(Exit::Done)
}

async fn on(client: &Client, address: Option<&str>, is_plain: bool) -> Result<PhonesView, Failure> {
    let suggested = client.phones().await?.suggested;
    let address = address.map(str::to_owned).or(suggested).ok_or_else(|| {
        let what = "this computer has no address that phones could reach";
        UserError::new(ErrorKind::User, "phone-off", what)
            .next("name one, as in `legwork phone on 192.168.1.20:7443`")
    })?;
    // First how, then where: nothing may be open in another way for a moment.
    let how = is_plain.then_some(true.into());
    client.set(&SettingBody { key: "phone.plain".to_owned(), value: how }).await?;
    let value = Some(address.into());
    client.set(&SettingBody { key: "phone.address".to_owned(), value }).await?;
    Ok(client.phones().await?)
}

fn show(screen: &mut Screen, view: &PhonesView) -> io::Result<()> {
    match &view.reach {
        PhoneReach::Off => {
            screen.text(0, Ink::Plain, "No phone can reach this computer.")?;
            screen.command("turn on", "legwork phone on")?;
        }
        PhoneReach::Open { url, is_plain, fingerprint } => {
            screen.item((Ink::Good, "✓ "), Ink::Plain, &format!("Phones reach it at {url}"))?;
            if *is_plain {
                let text = "Everything is sent readable: anybody near can read and change it.";
                screen.item((Ink::Bad, "! "), Ink::Plain, text)?;
            }
            tell_fingerprint(screen, fingerprint.as_deref())?;
        }
        PhoneReach::Failed { address, why } => {
            let text = format!("Phones can't reach it at {}: {}", plain(address), plain(why));
            screen.item((Ink::Bad, "! "), Ink::Plain, &text)?;
        }
    }
    for phone in &view.phones {
        let times = (instant(phone.paired_at), instant(phone.seen_at));
        let text = format!("paired {}, last used {}", times.0, times.1);
        let name = format!("{}  {}  ", plain(&phone.id), plain(&phone.name));
        screen.item((Ink::Strong, &name), Ink::Faint, &text)?;
        if phone.is_idle {
            let text = format!(
                "It is let in no more, since it was not used for {} days. Pair it anew with \
                 `legwork phone pair`.",
                view.idle_days
            );
            screen.text(2, Ink::Plain, &text)?;
        }
    }
    Ok(())
}

fn pair(desk: &mut Desk<'_>, link: &PhoneLink) -> Result<Exit, Failure> {
    if desk.as_json {
        desk.screen.json(link)?;
        return Ok(Exit::Done);
    }
    for line in drawn(&link.rows) {
        desk.screen.raw(&line)?;
    }
    desk.screen.raw(&link.url)?;
    let minutes = link.seconds / 60;
    let text = format!("Scan it with the phone's camera. It is good once, for {minutes} minutes.");
    desk.screen.text(0, Ink::Plain, &text)?;
    tell_fingerprint(desk.screen, link.fingerprint.as_deref())?;
    Ok(Exit::Done)
}

fn tell_fingerprint(screen: &mut Screen, fingerprint: Option<&str>) -> io::Result<()> {
    let Some(fingerprint) = fingerprint else { return Ok(()) };
    let text = "The phone may warn that it does not know this certificate. It is the right one \
                if its SHA-256 fingerprint is:";
    screen.text(0, Ink::Faint, text)?;
    screen.text(2, Ink::Plain, fingerprint)
}

/// Two rows in each line. Light fields are drawn, so that it is dark on light on any terminal that
/// has a dark ground, which is what phones read; the four fields of margin belong to it.
fn drawn(rows: &[String]) -> Vec<String> {
    const MARGIN: i64 = 2;
    let side = i64::try_from(rows.len()).unwrap_or(0);
    let is_dark = |x: i64, y: i64| {
        let row = usize::try_from(y).ok().and_then(|y| rows.get(y));
        let field =
            |row: &String| Some(row.as_bytes().get(usize::try_from(x).ok()?) == Some(&b'1'));
        row.and_then(field).unwrap_or(false)
    };
    let field = |x, y| match (is_dark(x, y), is_dark(x, y + 1)) {
        (false, false) => '█',
        (false, true) => '▀',
        (true, false) => '▄',
        (true, true) => ' ',
    };
    let line = |y| (-MARGIN..side + MARGIN).map(|x| field(x, y)).collect();
    (-MARGIN..side + MARGIN).step_by(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_are_one_line() {
        let rows = ["10".to_owned(), "01".to_owned()];
        assert_eq!(drawn(&rows), ["██████", "██▄▀██", "██████"]);
    }
}
