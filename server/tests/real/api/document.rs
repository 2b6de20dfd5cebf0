//! The OpenAPI document: its operations with their examples, and whether an answer is as it says.

use serde_json::Value;

/// The document of a server.
pub struct Document(Value);

/// One operation, with the request of its examples.
pub struct Operation {
    pub id: String,
    pub method: String,
    pub takes_tokens: bool,
    /// The least role that may use it.
    pub role: String,
    /// Path and query.
    pub address: String,
    pub headers: Vec<(String, String)>,
    /// Content type and body.
    pub body: Option<(String, String)>,
    responses: Value,
}

impl Document {
    pub fn new(document: Value) -> Self {
        assert_eq!(document["openapi"], "3.1.0", "{document}");
        Self(document)
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(to) => self.0.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("{to} leads nowhere")),
            None => value,
        }
    }

    /// An example, wherever it stands.
    fn example<'a>(&'a self, of: &'a Value) -> Option<&'a Value> {
        let schema = self.resolve(&of["schema"]);
        [&of["example"], &schema["example"], &schema["examples"][0]].into_iter().find(|found| !found.is_null())
    }

    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let all =
            paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, of)| (path, method, of)));
        all.map(|(path, method, of)| self.operation(path, method, of)).collect()
    }

    fn operation(&self, path: &str, method: &str, of: &Value) -> Operation {
        let id = of["operationId"].as_str().unwrap().to_owned();
        let (mut path, mut query, mut headers) = (path.to_owned(), String::new(), Vec::new());
        for parameter in of["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let Some(example) = self.example(parameter) else {
                assert_eq!(parameter["required"], false, "{id}: {name} has no example");
                continue;
            };
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            match parameter["in"].as_str().unwrap() {
                "path" => path = path.replace(&format!("{{{name}}}"), &text),
                "query" => query.push_str(&format!("{}{name}={text}", if query.is_empty() { '?' } else { '&' })),
                "header" => headers.push((name.to_owned(), text)),
                other => panic!("{id}: {name} is in {other}"),
            }
        }
        assert!(!path.contains('{'), "{id}: {path} lacks an example");
        let body = of["requestBody"]["content"].as_object().map(|content| {
            let (kind, media) = content.iter().next().unwrap();
            let example = self.example(media).unwrap_or_else(|| panic!("{id} has no example"));
            (kind.clone(), example.as_str().map_or_else(|| example.to_string(), str::to_owned))
        });
        let schemes = of["security"].as_array().unwrap();
        let described = of["description"].as_str().unwrap();
        let (_, role) = described.rsplit_once("Needs the role ").unwrap_or_else(|| panic!("{id} names no role"));
        Operation {
            takes_tokens: schemes.iter().any(|scheme| scheme.get("token").is_some()),
            role: role.trim_end_matches('.').to_owned(),
            address: path + &query,
            method: method.to_uppercase(),
            headers,
            body,
            responses: of["responses"].clone(),
            id,
        }
    }

    /// Holds an answer against the document.
    pub fn check(&self, operation: &Operation, status: u16, kind: &str, body: &Value) {
        let id = &operation.id;
        let response = &operation.responses[status.to_string()];
        assert!(!response.is_null(), "{id}: the document knows no {status}");
        let content = self.resolve(response)["content"].as_object();
        let media =
            content.and_then(|content| content.get(kind)).unwrap_or_else(|| panic!("{id}: {status} is no {kind}"));
        let faults = self.faults(&media["schema"], body, "");
        assert!(faults.is_empty(), "{id}, {status}: {faults:#?}\n{body:#}");
    }

    /// What of a value is not as a schema says: wrong types, missing members, and members the schema does not know.
    fn faults(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let mut known = Vec::new();
        let mut faults = self.misfits(schema, value, at, &mut known);
        if let (Some(members), false) = (value.as_object(), known.contains(&"*")) {
            faults.extend(
                members
                    .keys()
                    .filter(|name| !known.contains(&name.as_str()))
                    .map(|name| format!("{at}/{name} is not in the document")),
            );
        }
        faults
    }

    /// The same but for unknown members; those that are known, or `*`, are added to `known`.
    fn misfits<'a>(&'a self, schema: &'a Value, value: &Value, at: &str, known: &mut Vec<&'a str>) -> Vec<String> {
        let schema = self.resolve(schema);
        let mut faults = Vec::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            faults.extend(self.misfits(part, value, at, known));
        }
        let choices: Vec<&Value> =
            ["oneOf", "anyOf"].iter().filter_map(|word| schema[*word].as_array()).flatten().collect();
        if !choices.is_empty() {
            let mut tried = choices.iter().map(|choice| {
                let mut known = Vec::new();
                (self.misfits(choice, value, at, &mut known), known)
            });
            match tried.find(|(faults, _)| faults.is_empty()) {
                Some((_, found)) => known.extend(found),
                None => faults.push(format!("{at} is none of the choices: {value}")),
            }
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let fits = |kind: &&str| match *kind {
            "null" => value.is_null(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{at}: the type {other}"),
        };
        if !types.is_empty() && !types.iter().any(fits) {
            faults.push(format!("{at} is no {types:?}: {value}"));
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            faults.push(format!("{at} is none of {}: {value}", schema["enum"]));
        }
        if schema["minimum"].as_f64().zip(value.as_f64()).is_some_and(|(least, value)| value < least) {
            faults.push(format!("{at} is less than {}: {value}", schema["minimum"]));
        }
        if let (Some("date-time"), Some(text)) = (schema["format"].as_str(), value.as_str()) {
            let instant = text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
            faults.extend((!instant).then(|| format!("{at} is no instant: {text}")));
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            if !schema["items"].is_null() && schema["items"] != false {
                faults.extend(self.faults(&schema["items"], item, &format!("{at}/{place}")));
            }
        }
        let members = schema["properties"].as_object();
        let open = types.contains(&"object") && members.is_none();
        if open {
            known.push("*");
        }
        for (name, of) in members.into_iter().flatten() {
            known.push(name);
            if let Some(member) = value.get(name) {
                faults.extend(self.faults(of, member, &format!("{at}/{name}")));
            }
        }
        if value.is_object() {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                faults.extend(value.get(name).is_none().then(|| format!("{at}/{name} is missing")));
            }
            if let (Some(further), true) = (schema.get("additionalProperties").filter(|of| of.is_object()), open) {
                for (name, member) in value.as_object().into_iter().flatten() {
                    faults.extend(self.faults(further, member, &format!("{at}/{name}")));
                }
            }
        }
        faults
    }
}
