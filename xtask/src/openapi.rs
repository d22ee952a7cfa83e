//! The contract of the interface: `crates/api/openapi.json`, made of `contract.txt` and the types.
//!
//! OpenAPI 3.1, whose schemas are JSON Schema. Read from the source as the page's types are, so
//! that no crate that is delivered has to know about it.

use crate::types::{self, TypesError, doc_of, kebab, serde_of};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::{Fields, GenericArgument, Item, PathArguments, Type};

pub(crate) const TARGET: &str = "crates/api/openapi.json";
const CONTRACT: &str = "crates/api/src/contract.txt";

/// One line of the contract.
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Name, type, and whether it has to be there.
    query: Vec<(String, String, bool)>,
    body: Option<String>,
    answer: String,
    what: String,
}

/// The routes that the contract names.
pub(crate) fn routes(root: &Path) -> Result<Vec<Route>, TypesError> {
    let text = std::fs::read_to_string(root.join(CONTRACT))
        .map_err(|source| TypesError::Read { path: CONTRACT.to_owned(), source })?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| route(line).ok_or(TypesError::Unknown { what: line.to_owned() })).collect()
}

fn route(line: &str) -> Option<Route> {
    let (asked, rest) = line.split_once(" -> ")?;
    let (answer, what) = rest.split_once(" : ")?;
    let mut words = asked.split_whitespace();
    let (method, place) = (words.next()?, words.next()?);
    let (path, query) = place.split_once('?').unwrap_or((place, ""));
    let query = query.split('&').filter_map(|it| it.split_once('=')).map(|(name, of)| {
        let bare = name.trim_end_matches('!');
        (bare.to_owned(), of.to_owned(), bare != name)
    });
    Some(Route {
        method: method.to_lowercase(),
        path: path.to_owned(),
        query: query.collect(),
        body: words.next().map(str::to_owned),
        answer: answer.trim().to_owned(),
        what: what.trim().to_owned(),
    })
}

/// The document's text, from the sources below `root`.
pub(crate) fn text(root: &Path) -> Result<String, TypesError> {
    let known = types::known(root)?;
    let mut schemas = Schemas { wanted: BTreeSet::new() };
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes(root)? {
        let operation = operation(&mut schemas, &route)?;
        paths.entry(route.path.clone()).or_default().insert(route.method.clone(), operation);
    }
    // What a stream sends.
    for name in ["UserError", "Item", "TaskLine"] {
        schemas.wanted.insert(name.to_owned());
    }
    let mut written = BTreeMap::new();
    while let Some(name) = schemas.wanted.pop_first() {
        if written.contains_key(&name) {
            continue;
        }
        let item = known.get(&name).ok_or_else(|| TypesError::Unknown { what: name.clone() })?;
        let schema = schemas.item(item)?;
        written.insert(name, schema);
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Legwork",
            "version": "1",
            "description": "Over the socket at $XDG_RUNTIME_DIR/legwork/socket, for programs of its \
                user. See docs/api.md.",
        },
        "servers": [{ "url": "http://legwork" }],
        "paths": paths,
        "components": { "schemas": written },
    });
    let text = serde_json::to_string_pretty(&document);
    Ok(text.map_err(|_| TypesError::Unknown { what: "the document".to_owned() })? + "\n")
}

fn operation(schemas: &mut Schemas, route: &Route) -> Result<Value, TypesError> {
    let mut parameters = vec![];
    if route.path.contains("{id}") {
        let schema = json!({ "type": "string" });
        parameters.push(json!({ "name": "id", "in": "path", "required": true, "schema": schema }));
    }
    for (name, of, required) in &route.query {
        let schema = schemas.named(of)?;
        let parameter =
            json!({ "name": name, "in": "query", "required": required, "schema": schema });
        parameters.push(parameter);
    }
    let (status, mut answer) = match route.answer.as_str() {
        "none" => ("204", json!({ "description": "Done" })),
        "events" => ("200", content("text/event-stream", &json!({ "type": "string" }))),
        "bytes" => ("200", content("*/*", &json!({}))),
        of => {
            let status =
                if (&*route.method, &*route.path) == ("post", "/v1/tasks") { "201" } else { "200" };
            (status, content("application/json", &schemas.named(of)?))
        }
    };
    if route.method == "get" && !matches!(route.answer.as_str(), "none" | "events" | "bytes") {
        answer["headers"] = json!({ "ETag": { "schema": { "type": "string" } } });
    }
    let error = content("application/json", &json!({ "$ref": "#/components/schemas/UserError" }));
    let mut operation = json!({
        "summary": route.what,
        "parameters": parameters,
        "responses": { status: answer, "default": error },
    });
    if let Some(body) = &route.body {
        let mut sent = content("application/json", &schemas.named(body)?);
        sent["required"] = true.into();
        if let Some(sent) = sent.as_object_mut() {
            sent.remove("description");
        }
        operation["requestBody"] = sent;
    }
    Ok(operation)
}

fn content(kind: &str, schema: &Value) -> Value {
    json!({ "description": "", "content": { kind: { "schema": schema } } })
}

struct Schemas {
    wanted: BTreeSet<String>,
}

impl Schemas {
    fn named(&mut self, of: &str) -> Result<Value, TypesError> {
        let of: Type =
            syn::parse_str(of).map_err(|_| TypesError::Unknown { what: of.to_owned() })?;
        self.of(&of)
    }

    fn of(&mut self, of: &Type) -> Result<Value, TypesError> {
        let unknown = || TypesError::Unknown { what: "a type of another form".to_owned() };
        let Type::Path(path) = of else { return Err(unknown()) };
        let last = path.path.segments.last().ok_or_else(unknown)?;
        let name = last.ident.to_string();
        if let Some((_, plain)) = types::PLAIN.iter().find(|(rust, _)| *rust == name) {
            return Ok(match *plain {
                "number" => json!({ "type": "integer" }),
                "unknown" => json!({}),
                plain => json!({ "type": plain }),
            });
        }
        let mut inner = vec![];
        if let PathArguments::AngleBracketed(given) = &last.arguments {
            for argument in &given.args {
                let GenericArgument::Type(argument) = argument else { return Err(unknown()) };
                inner.push(self.of(argument)?);
            }
        }
        match (name.as_str(), inner.as_slice()) {
            ("Option", [inner]) => Ok(json!({ "anyOf": [inner, { "type": "null" }] })),
            ("Vec", [inner]) => Ok(json!({ "type": "array", "items": inner })),
            ("Box", [inner]) => Ok(inner.clone()),
            ("BTreeMap", [_, value]) => {
                Ok(json!({ "type": "object", "additionalProperties": value }))
            }
            (_, []) => {
                let path = format!("#/components/schemas/{name}");
                self.wanted.insert(name);
                Ok(json!({ "$ref": path }))
            }
            _ => Err(TypesError::Unknown { what: name }),
        }
    }

    fn item(&mut self, item: &Item) -> Result<Value, TypesError> {
        let (mut schema, doc) = match item {
            Item::Struct(it) => (self.fields(&it.fields, &serde_of(&it.attrs))?, doc_of(&it.attrs)),
            Item::Enum(it) => (self.variants(it)?, doc_of(&it.attrs)),
            _ => return Err(TypesError::Unknown { what: "an item".to_owned() }),
        };
        if !doc.is_empty() {
            schema["description"] = doc.into();
        }
        Ok(schema)
    }

    fn variants(&mut self, it: &syn::ItemEnum) -> Result<Value, TypesError> {
        let serde = serde_of(&it.attrs);
        let tag = serde.split_once("tag = \"").and_then(|(_, rest)| rest.split('"').next());
        let named = |ident: &syn::Ident| match serde.contains("kebab-case") {
            true => kebab(&ident.to_string()),
            false => ident.to_string(),
        };
        if tag.is_none() && it.variants.iter().all(|it| matches!(it.fields, Fields::Unit)) {
            let names: Vec<String> = it.variants.iter().map(|it| named(&it.ident)).collect();
            return Ok(json!({ "type": "string", "enum": names }));
        }
        let mut forms = vec![];
        for variant in &it.variants {
            let name = named(&variant.ident);
            forms.push(match (tag, &variant.fields) {
                (None, Fields::Unit) => json!({ "const": name }),
                (None, fields) => {
                    let inner = self.fields(fields, "")?;
                    json!({ "type": "object", "properties": { &name: inner }, "required": [name] })
                }
                (Some(tag), fields) => {
                    let tagged = json!({
                        "type": "object",
                        "properties": { tag: { "const": name } },
                        "required": [tag],
                    });
                    match fields {
                        Fields::Unit => tagged,
                        fields => json!({ "allOf": [tagged, self.fields(fields, "")?] }),
                    }
                }
            });
        }
        Ok(json!({ "oneOf": forms }))
    }

    fn fields(&mut self, fields: &Fields, of_all: &str) -> Result<Value, TypesError> {
        let Fields::Named(named) = fields else {
            let first = fields.iter().next();
            return first.map_or(Ok(json!({ "type": "null" })), |field| self.of(&field.ty));
        };
        let (mut properties, mut required, mut flat) = (Map::new(), vec![], vec![]);
        for field in &named.named {
            let serde = serde_of(&field.attrs);
            let mut schema = self.of(&field.ty)?;
            if serde.contains("flatten") {
                flat.push(schema);
                continue;
            }
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            let doc = doc_of(&field.attrs);
            if !doc.is_empty() {
                schema["description"] = doc.into();
            }
            let is_option = matches!(&field.ty, Type::Path(path)
                if path.path.segments.last().is_some_and(|it| it.ident == "Option"));
            if !is_option && !serde.contains("default") && !serde.contains("skip_serializing_if") {
                required.push(Value::String(name.clone()));
            }
            properties.insert(name, schema);
        }
        let mut own = json!({ "type": "object", "properties": properties, "required": required });
        if of_all.contains("deny_unknown_fields") && flat.is_empty() {
            own["additionalProperties"] = false.into();
        }
        if flat.is_empty() {
            return Ok(own);
        }
        flat.push(own);
        Ok(json!({ "allOf": flat }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent folder")
    }

    #[test]
    fn the_contract_is_current() {
        let written = std::fs::read_to_string(root().join(TARGET)).unwrap_or_default();
        assert!(written == text(root()).unwrap(), "run `cargo xtask types`");
    }

    /// What stands before the parenthesis that closes a call whose arguments have begun.
    fn within_call(text: &str) -> &str {
        let mut depth = 0_usize;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return &text[..at],
                b')' => depth -= 1,
                _ => {}
            }
        }
        panic!("a call that does not end: {text}")
    }

    /// Every path and method that the routes of `api` have.
    fn answered() -> BTreeSet<(String, String)> {
        let folder = root().join("crates/api/src");
        let files = std::fs::read_dir(&folder).unwrap();
        let more = std::fs::read_dir(folder.join("phone")).unwrap();
        let mut found = BTreeSet::new();
        for file in files.chain(more).flatten().map(|it| it.path()) {
            if file.extension().is_none_or(|it| it != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            for part in text.split(".route(\"").skip(1) {
                let (path, rest) = part.split_once('"').unwrap();
                let handlers = within_call(rest);
                let below = !path.starts_with("/v1/") && (path.starts_with("/{id}") || path == "/");
                let path = match (path, below) {
                    ("/", true) => "/v1/tasks".to_owned(),
                    (path, true) => format!("/v1/tasks{path}"),
                    (path, false) => path.to_owned(),
                };
                for method in ["get", "post"] {
                    let is_named = ["(", ".", " "]
                        .iter()
                        .any(|before| handlers.contains(&format!("{before}{method}(")));
                    if is_named && path.starts_with("/v1/") && !path.contains('*') {
                        found.insert((method.to_owned(), path.clone()));
                    }
                }
            }
        }
        found
    }

    #[test]
    fn every_route_is_in_the_contract_and_the_other_way_round() {
        let named = routes(root()).unwrap().into_iter().map(|it| (it.method, it.path));
        assert_eq!(answered(), named.collect(), "see crates/api/src/contract.txt");
    }
}
