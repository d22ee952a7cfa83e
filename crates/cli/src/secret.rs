//! `legwork secret` and `legwork machine`: what is kept on this computer beside tasks.

use crate::desk::Desk;
use crate::edge;
use crate::exit::{Exit, Failure};
use crate::limits::SECRET_BYTES_MAX;
use crate::link::connect;
use crate::options::{SecretCommand, SecretSet};
use crate::screen::Ink;
use crate::words::plain;
use api::{
    ErrorKind, SecretBody, SecretBound, SecretKept, SecretRemoveBody, SecretView, UserError,
};
use std::io::Read;

pub(crate) async fn secret(
    desk: &mut Desk<'_>,
    asked: Option<SecretCommand>,
) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let kept = match asked.unwrap_or(SecretCommand::List) {
        SecretCommand::List => client.secrets().await?,
        SecretCommand::Set(asked) => client.set_secret(&body(desk, asked)?).await?,
        SecretCommand::Remove { name } => client.remove_secret(&SecretRemoveBody { name }).await?,
    };
    if desk.as_json {
        desk.screen.json(&kept)?;
        return Ok(Exit::Done);
    }
    if kept.is_empty() {
        desk.screen.text(0, Ink::Plain, "No secret is kept.")?;
    }
    for secret in &kept {
        let name = format!("{}  ", plain(&secret.name));
        desk.screen.item((Ink::Strong, &name), Ink::Plain, &place(secret))?;
    }
    Ok(Exit::Done)
}

fn place(secret: &SecretView) -> String {
    let SecretBound { host, port, methods, path } = &secret.bound;
    let methods = if methods.is_empty() { String::new() } else { methods.join(", ") + " " };
    let port = if *port == 443 { String::new() } else { format!(":{port}") };
    let kept = match secret.kept {
        SecretKept::File => "in Legwork's encrypted file",
        SecretKept::Keyring => "in this desktop's keyring",
    };
    plain(&format!("only for {methods}{host}{port}{}; {kept}", path.as_deref().unwrap_or("")))
}

fn body(desk: &mut Desk<'_>, asked: SecretSet) -> Result<SecretBody, Failure> {
    let SecretSet { name, host, port, method, path } = asked;
    let value = value(desk)?;
    Ok(SecretBody { name, value, bound: SecretBound { host, port, methods: method, path } })
}

/// From the terminal without showing it, else from what is piped in. Never from the command line,
/// which other users of the computer can read.
pub(crate) fn value(desk: &mut Desk<'_>) -> Result<String, Failure> {
    if edge::has_person() {
        return Ok(crate::asking::secret(desk.screen)?);
    }
    let mut text = String::new();
    std::io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text)?;
    let value = text.trim_end_matches(['\n', '\r']).to_owned();
    if value.is_empty() {
        return Err(UserError::new(ErrorKind::User, "secret-empty", "there is no value to keep")
            .next("pipe it in, as in `legwork secret set NAME --host HOST < file`")
            .into());
    }
    Ok(value)
}
