//! The settings as a person and an agent see them, and the writing of one into the file.
//!
//! The file is the person's: what they wrote around a value stays as it is, and a value that could
//! not be read back is never written.

use crate::config::{self, Config, ConfigOption, Form, Surroundings};
use crate::managed::{Managed, without_login};
use api::{ErrorKind, PhoneSpec, SettingBody, SettingForm, SettingView, SettingsView, UserError};
use serde_json::Value as Json;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// Every setting as it is now.
pub(crate) fn view(config: &Arc<Config>) -> Result<SettingsView, UserError> {
    let path = config.place.config_file();
    let values = config::values(&path, &config::read(&path)?)?;
    let managed = Managed::read(&config.policy_file)?;
    let settings = config::OPTIONS.iter().map(|option| SettingView {
        key: option.key.to_owned(),
        form: managed.form(option.key, form(option.form)),
        meaning: option.meaning.to_owned(),
        value: values.get(option.key).and_then(json).map(|value| shown(option.key, value)),
        usual: config::usual(option.key).map(|usual| match managed.fits(option.key, &usual) {
            Ok(()) => usual,
            Err(_) => match managed.form(option.key, form(option.form)) {
                SettingForm::Number { most, .. } => most.into(),
                SettingForm::Text | SettingForm::Texts | SettingForm::Flag => usual,
            },
        }),
        begins: option.begins,
        locked: managed.locked(option.key),
    });
    let file = path.display().to_string();
    Ok(SettingsView { file, settings: settings.collect(), managed: managed.lines() })
}

/// A value as everybody may see it who may see the settings: without the login at a proxy.
fn shown(key: &str, value: serde_json::Value) -> serde_json::Value {
    match value.as_str() {
        Some(proxy) if key == "network.proxy" => without_login(proxy).into(),
        _ => value,
    }
}

/// Whether an administrator lets phones in, now.
pub(crate) fn phone_permitted(config: &Config) -> Result<(), UserError> {
    Managed::read(&config.policy_file)?.phone()
}

/// Where phones reach this computer, as far as an administrator lets them.
pub(crate) fn phone(config: &Config) -> Option<PhoneSpec> {
    match phone_permitted(config) {
        Ok(()) => config.phone.clone(),
        Err(error) => {
            tracing::info!(what = error.what, "no phone is let in");
            None
        }
    }
}

/// Writes one setting; answers with the configuration that holds from now on.
pub(crate) fn write(config: &Arc<Config>, body: &SettingBody) -> Result<Arc<Config>, UserError> {
    let path = config.place.config_file();
    let option = config::OPTIONS.iter().find(|option| option.key == body.key);
    let option = option.ok_or_else(|| config::unknown(&path, &body.key))?;
    let managed = Managed::read(&config.policy_file)?;
    if let Some(why) = managed.locked(option.key) {
        let what = format!("`{}` can't be changed", option.key);
        return Err(UserError::new(ErrorKind::Denied, "policy-locked", what)
            .cause(why)
            .next("ask who looks after this computer"));
    }
    if let Some(value) = &body.value {
        managed.fits(option.key, value)?;
    }
    let text = edited(&path, &config::read(&path)?, option, body.value.as_ref())?;
    // Whatever it is that does not fit is told before anything is written.
    let around =
        Surroundings { policy: config.policy_file.clone(), ..Surroundings::of_this_process() };
    let mut next = Config::load_text(config.place.clone(), &around, &text)?;
    if let Some(models) = Arc::get_mut(&mut next.models) {
        models.share_keys_of(&config.models);
    }
    put(&path, &text).map_err(|error| {
        let what = format!("the settings {} can't be written", path.display());
        UserError::new(ErrorKind::Unavailable, "place-unusable", what).cause(error)
    })?;
    Ok(Arc::new(next))
}

/// The text of the file with one value changed, and nothing else.
fn edited(
    path: &Path,
    text: &str,
    option: &ConfigOption,
    value: Option<&Json>,
) -> Result<String, UserError> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        config::unread(path, text, error.message(), error.span())
    })?;
    let (section, name) = option.key.split_once('.').unwrap_or(("", option.key));
    let unfit = || {
        config::bad(path, &format!("`{}` is not {}", option.key, option.form))
            .next(format!("{} means: {}", option.key, option.meaning))
    };
    let table = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
    let table = table.as_table_like_mut().ok_or_else(unfit)?;
    let Some(value) = value else {
        table.remove(name);
        return Ok(document.to_string());
    };
    let mut value = toml_value(value).ok_or_else(unfit)?;
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(there) => {
            // What stands after it on its line.
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
    Ok(document.to_string())
}

fn toml_value(value: &Json) -> Option<Value> {
    match value {
        Json::Bool(flag) => Some((*flag).into()),
        Json::Number(number) => number.as_i64().map(Value::from),
        Json::String(text) => Some(text.as_str().into()),
        Json::Array(list) => {
            let texts: Option<Array> = list.iter().map(Json::as_str).collect();
            texts.map(Value::Array)
        }
        Json::Null | Json::Object(_) => None,
    }
}

fn json(value: &toml::Value) -> Option<Json> {
    serde_json::to_value(value).ok()
}

fn form(form: Form) -> SettingForm {
    match form {
        Form::Text => SettingForm::Text,
        Form::Texts => SettingForm::Texts,
        Form::Flag => SettingForm::Flag,
        Form::Number(least, most) => SettingForm::Number { least, most },
    }
}

/// Puts the whole text there at once, for this user only where it was not there before.
pub(crate) fn put(path: &Path, text: &str) -> std::io::Result<()> {
    // A link to a file elsewhere stays one.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mode = path.metadata().map_or(0o600, |meta| meta.permissions().mode() & 0o777);
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    let mut file = std::fs::OpenOptions::new();
    let mut file = file.write(true).create(true).truncate(true).mode(mode).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::under;
    use serde_json::json;

    #[test]
    fn what_an_administrator_set_is_seen_and_holds() {
        let policy = "[phone]\noff = true\nreason = \"no radios\"\n[budget]\ncents = 50\n\
                      [models]\nallowed = [\"local\"]\n";
        let own = "[phone]\naddress = \"192.0.2.1:7443\"\n[budget]\ncents = 900\n";
        let (_dir, config) = under(policy, own);
        let config = Arc::new(config);
        assert!(config.phone.is_some() && phone(&config).is_none());
        let view = view(&config).expect("a view");
        let of = |key: &str| view.settings.iter().find(|it| it.key == key).expect("a setting");
        let why = of("phone.address").locked.clone().expect("locked");
        assert!(why.contains("no radios"), "{why}");
        let cents = of("budget.cents");
        assert_eq!(cents.form, SettingForm::Number { least: 1, most: 50 });
        assert_eq!(cents.usual, Some(json!(50)));
        assert_eq!(view.managed.len(), 3);
        for (key, value, code) in [
            ("phone.address", json!("192.0.2.1:7443"), "policy-locked"),
            ("phone.plain", json!(true), "policy-locked"),
            ("budget.cents", json!(51), "policy-budget"),
            ("models.default", json!("anthropic/claude-x"), "policy-model"),
        ] {
            let body = SettingBody { key: key.to_owned(), value: Some(value) };
            let error = write(&config, &body).expect_err(key);
            assert_eq!((error.code.as_str(), error.kind), (code, ErrorKind::Denied), "{key}");
        }
        // Less is always allowed.
        for (key, value) in [("budget.cents", json!(40)), ("models.default", json!("local/x"))] {
            let body = SettingBody { key: key.to_owned(), value: Some(value) };
            write(&config, &body).expect(key);
        }
    }

    #[test]
    fn a_broken_policy_lets_no_phone_in_and_nothing_be_set() {
        let own = "[phone]\naddress = \"192.0.2.1:7443\"\n";
        let (_dir, config) = under("[phone]\noff = perhaps\n", own);
        let config = Arc::new(config);
        assert!(phone(&config).is_none());
        assert_eq!(view(&config).expect_err("broken").code, "policy-broken");
        let body = SettingBody { key: "budget.calls".to_owned(), value: Some(json!(7)) };
        assert_eq!(write(&config, &body).expect_err("broken").code, "policy-broken");
    }

    #[test]
    fn what_the_person_wrote_around_it_stays() {
        let text = "# mine\n[budget]\n# not too much\ncents = 50 # for now\ncalls = 9\n\n\
                    [models]\nservers = [\"127.0.0.1:1\"]\n";
        let option = |key: &str| config::OPTIONS.iter().find(|it| it.key == key).expect("known");
        let edit = |text: &str, key, value: Option<Json>| {
            edited(Path::new("c"), text, option(key), value.as_ref()).expect("it fits")
        };
        let changed = edit(text, "budget.cents", Some(json!(70)));
        assert_eq!(changed, text.replace("50", "70"));
        let added = edit(&changed, "models.default", Some(json!("a/b")));
        assert_eq!(added, format!("{changed}default = \"a/b\"\n"));
        let gone = edit(&added, "budget.calls", None);
        assert_eq!(gone, added.replace("calls = 9\n", ""));
        assert_eq!(
            edit("budget.calls = 7\n", "budget.calls", Some(json!(8))),
            "budget.calls = 8\n"
        );
        let fresh = edit("", "notify.desktop", Some(json!(true)));
        assert_eq!(fresh, "[notify]\ndesktop = true\n");
        let list = edit("", "window.roots", Some(json!(["/a", "/b"])));
        assert_eq!(list, "[window]\nroots = [\"/a\", \"/b\"]\n");
    }
}
