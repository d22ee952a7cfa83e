//! The page's types, made from the Rust ones: `web/src/api/types.ts`.
//!
//! Reads the source, so that no crate that is delivered has to know about it. It understands as
//! much of serde as our types use, and refuses the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use syn::{Attribute, Fields, GenericArgument, Item, PathArguments, Type};

/// Where types of the interface are. All of those in `api` are written, and what they use.
const ROOTS: [&str; 9] = [
    "crates/api/src/view.rs",
    "crates/api/src/view_file.rs",
    "crates/api/src/view_house.rs",
    "crates/api/src/view_machine.rs",
    "crates/api/src/view_memory.rs",
    "crates/api/src/view_push.rs",
    "crates/api/src/view_steering.rs",
    "crates/api/src/view_window.rs",
    "crates/api/src/error.rs",
];
const USED: [&str; 13] = [
    "crates/task/src/brief.rs",
    "crates/task/src/delegate.rs",
    "crates/task/src/egress.rs",
    "crates/task/src/event.rs",
    "crates/task/src/flow.rs",
    "crates/task/src/input.rs",
    "crates/task/src/model.rs",
    "crates/task/src/picture.rs",
    "crates/task/src/plan.rs",
    "crates/task/src/provenance.rs",
    "crates/task/src/state.rs",
    "crates/task/src/steer.rs",
    "crates/task/src/transcript.rs",
];
pub(crate) const TARGET: &str = "web/src/api/types.ts";

/// Types that are one value in JSON.
pub(crate) const PLAIN: [(&str, &str); 17] = [
    ("String", "string"),
    ("bool", "boolean"),
    ("u16", "number"),
    ("u32", "number"),
    ("u64", "number"),
    ("i32", "number"),
    ("i64", "number"),
    ("usize", "number"),
    ("TimeMs", "number"),
    ("StepId", "number"),
    ("CallId", "number"),
    ("CheckId", "number"),
    ("ApplyId", "number"),
    ("EgressAskId", "number"),
    ("QuestionId", "string"),
    ("TaskId", "string"),
    ("Value", "unknown"),
];

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TypesError {
    #[error("{path} cannot be read")]
    Read { path: String, source: std::io::Error },
    #[error("{path} is no Rust")]
    Parse { path: String, source: syn::Error },
    #[error("the page can't be told of `{what}`")]
    Unknown { what: String },
}

/// The text of the file, from the sources below `root`.
pub(crate) fn text(root: &Path) -> Result<String, TypesError> {
    let known = known(root)?;
    let mut wanted = vec!["Item".to_owned(), "Provenance".to_owned()];
    for path in ROOTS {
        wanted.extend(parse(root, path)?.into_keys());
    }
    let mut written = BTreeMap::new();
    while let Some(name) = wanted.pop() {
        if written.contains_key(&name) {
            continue;
        }
        let item = known.get(&name).ok_or_else(|| TypesError::Unknown { what: name.clone() })?;
        let mut writer = Writer { used: BTreeSet::new() };
        let text = writer.item(item)?;
        wanted.extend(writer.used);
        written.insert(name, text);
    }
    let head = "// Made by `cargo xtask types` from the types of `crates/api`. Do not edit.\n";
    Ok(written.values().fold(head.to_owned(), |text, it| text + "\n" + it))
}

/// All types that may be sent.
pub(crate) fn known(root: &Path) -> Result<BTreeMap<String, Item>, TypesError> {
    let mut known = BTreeMap::new();
    for path in ROOTS.iter().chain(&USED) {
        known.extend(parse(root, path)?);
    }
    Ok(known)
}

/// What is said about a type or field, as one paragraph.
pub(crate) fn doc_of(attributes: &[Attribute]) -> String {
    let said = attributes.iter().filter_map(|it| match &it.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                Some(text.value().trim().to_owned())
            }
            _ => None,
        },
        _ => None,
    });
    said.collect::<Vec<_>>().join(" ")
}

/// The types of one file that are serialised.
fn parse(root: &Path, path: &str) -> Result<BTreeMap<String, Item>, TypesError> {
    let text = std::fs::read_to_string(root.join(path))
        .map_err(|source| TypesError::Read { path: path.to_owned(), source })?;
    let file = syn::parse_file(&text)
        .map_err(|source| TypesError::Parse { path: path.to_owned(), source })?;
    let named = file.items.into_iter().filter_map(|item| {
        let (name, attributes) = match &item {
            Item::Struct(it) => (it.ident.to_string(), &it.attrs),
            Item::Enum(it) => (it.ident.to_string(), &it.attrs),
            _ => return None,
        };
        let derives = attributes.iter().filter(|it| it.path().is_ident("derive"));
        let derives: String = derives.map(quoted).collect();
        derives.contains("Serialize").then_some((name, item))
    });
    Ok(named.collect())
}

fn quoted(attribute: &Attribute) -> String {
    match &attribute.meta {
        syn::Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    }
}

/// What serde was told at one place.
pub(crate) fn serde_of(attributes: &[Attribute]) -> String {
    attributes
        .iter()
        .filter(|it| it.path().is_ident("serde"))
        .map(quoted)
        .collect::<Vec<_>>()
        .join(",")
}

struct Writer {
    used: BTreeSet<String>,
}

impl Writer {
    fn item(&mut self, item: &Item) -> Result<String, TypesError> {
        match item {
            Item::Struct(it) => {
                let fields = self.fields(&it.fields)?;
                Ok(format!("export type {} = {fields};\n", it.ident))
            }
            Item::Enum(it) => {
                let serde = serde_of(&it.attrs);
                let tag = serde.split_once("tag = \"").and_then(|(_, rest)| rest.split('"').next());
                let mut text = format!("export type {} =\n", it.ident);
                for (index, variant) in it.variants.iter().enumerate() {
                    let name = match serde.contains("kebab-case") {
                        true => kebab(&variant.ident.to_string()),
                        false => variant.ident.to_string(),
                    };
                    let shown = self.variant(tag, &name, &variant.fields)?;
                    let end = if index + 1 == it.variants.len() { ";" } else { "" };
                    let _ = writeln!(text, "  | {shown}{end}");
                }
                Ok(text)
            }
            _ => Err(TypesError::Unknown { what: "an item".to_owned() }),
        }
    }

    fn variant(
        &mut self,
        tag: Option<&str>,
        name: &str,
        fields: &Fields,
    ) -> Result<String, TypesError> {
        Ok(match (tag, fields) {
            (None, Fields::Unit) => format!("\"{name}\""),
            (None, _) => format!("{{ \"{name}\": {} }}", self.fields(fields)?),
            (Some(tag), Fields::Unit) => format!("{{ {tag}: \"{name}\" }}"),
            (Some(tag), _) => format!("({{ {tag}: \"{name}\" }} & {})", self.fields(fields)?),
        })
    }

    fn fields(&mut self, fields: &Fields) -> Result<String, TypesError> {
        let Fields::Named(named) = fields else {
            let first = fields.iter().next();
            return first.map_or(Ok("null".to_owned()), |field| self.shown(&field.ty));
        };
        let (mut own, mut flat) = (vec![], vec![]);
        for field in &named.named {
            let serde = serde_of(&field.attrs);
            let shown = self.shown(&field.ty)?;
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            if serde.contains("flatten") {
                flat.push(shown);
            } else {
                let is_left_out = serde.contains("skip_serializing_if");
                own.push(format!("{name}{}: {shown}", if is_left_out { "?" } else { "" }));
            }
        }
        let own = format!("{{ {} }}", own.join("; "));
        flat.push(own);
        Ok(flat.join(" & "))
    }

    fn shown(&mut self, shown: &Type) -> Result<String, TypesError> {
        let unknown = || TypesError::Unknown { what: "a type of another form".to_owned() };
        let Type::Path(path) = shown else { return Err(unknown()) };
        let last = path.path.segments.last().ok_or_else(unknown)?;
        let name = last.ident.to_string();
        if let Some((_, plain)) = PLAIN.iter().find(|(rust, _)| *rust == name) {
            return Ok((*plain).to_owned());
        }
        let mut inner = vec![];
        if let PathArguments::AngleBracketed(given) = &last.arguments {
            for argument in &given.args {
                let GenericArgument::Type(argument) = argument else { return Err(unknown()) };
                inner.push(self.shown(argument)?);
            }
        }
        match (name.as_str(), inner.as_slice()) {
            ("Option", [inner]) => Ok(format!("{inner} | null")),
            ("Vec", [inner]) if inner.contains('|') => Ok(format!("({inner})[]")),
            ("Vec", [inner]) => Ok(format!("{inner}[]")),
            ("Box", [inner]) => Ok(inner.clone()),
            ("BTreeMap", [key, value]) => Ok(format!("Record<{key}, {value}>")),
            (_, []) => {
                self.used.insert(name.clone());
                Ok(name)
            }
            _ => Err(TypesError::Unknown { what: name }),
        }
    }
}

pub(crate) fn kebab(name: &str) -> String {
    name.chars().enumerate().fold(String::new(), |text, (index, letter)| {
        let dash = if letter.is_uppercase() && index > 0 { "-" } else { "" };
        text + dash + &letter.to_lowercase().to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_types_are_current() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent folder");
        let written = std::fs::read_to_string(root.join(TARGET)).unwrap_or_default();
        assert!(written == text(root).unwrap(), "run `cargo xtask types`");
    }

    #[test]
    fn each_form_is_written_as_serde_does() {
        let write = |code: &str| {
            Writer { used: BTreeSet::new() }.item(&syn::parse_str(code).unwrap()).unwrap()
        };
        for (code, text) in [
            (
                "struct A { x: Option<u64>, y: Vec<B> }",
                "export type A = { x: number | null; y: B[] };\n",
            ),
            (
                "struct A { #[serde(flatten)] b: B, c: bool }",
                "export type A = B & { c: boolean };\n",
            ),
            (
                "#[serde(rename_all = \"kebab-case\")] enum A { NeedsYou, Of(String) }",
                "export type A =\n  | \"needs-you\"\n  | { \"of\": string };\n",
            ),
            (
                "#[serde(tag = \"kind\", rename_all = \"kebab-case\")] enum A { B { c: u32 } }",
                "export type A =\n  | ({ kind: \"b\" } & { c: number });\n",
            ),
        ] {
            assert_eq!(write(code), text);
        }
    }
}
