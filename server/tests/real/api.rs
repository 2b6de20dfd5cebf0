//! The REST API against its own document, and the commands that are its mouths, at a server elsewhere.

mod commands;
mod document;

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::exchange::world::ExchangePair;
use crate::harness::{run_with_input, stderr, stdout};
use document::{Document, Operation};

/// Of the account `ann`.
const PASSWORD: &str = "seven green lamps hum";

/// What an example cannot bring about in a server that is alone, was just registered, and has no clients: the answer is another one, and
/// fits the document all the same.
const REFUSED: [(&str, u16); 21] = [
    ("put_config", 412),
    // Nothing is locked.
    ("unlock", 422),
    // It has no program and no file.
    ("try_source", 424),
    ("undo_config", 404),
    ("register", 409),
    ("install_machine_license", 422),
    ("take_response", 422),
    ("release_client", 404),
    ("acknowledge_alert", 409),
    ("join_server", 422),
    ("remove_server", 404),
    ("start_drain", 409),
    ("start_drill", 409),
    ("revoke_token", 200),
    ("make_setup_link", 410),
    ("confirm_totp", 422),
    ("new_recovery_codes", 409),
    ("end_totp", 409),
    // The user of the examples was removed by then.
    ("end_sessions", 404),
    ("end_session", 404),
    ("reset_totp", 404),
];

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None).build().into()
}

/// A session of `ann`, an administrator.
fn sign_in(world: &ExchangePair) -> String {
    let added =
        world.cli_with(&["user", "add", "ann", "--role", "administrator", "--password-stdin"], PASSWORD.as_bytes());
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let form = format!("name=ann&password={}", PASSWORD.replace(' ', "+"));
    let request = agent().post(format!("{}/login", world.server.url));
    let answer = request.content_type("application/x-www-form-urlencoded").send(form).unwrap();
    assert_eq!(answer.status().as_u16(), 303);
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Sends what the document gives as an example; status, content type, body.
fn call(world: &ExchangePair, cookie: &str, operation: &Operation) -> (u16, String, Value) {
    let url = format!("{}{}", world.server.url, operation.address);
    let mut request = ureq::http::Request::builder().method(operation.method.as_str()).uri(url);
    request = match operation.takes_tokens {
        true => request.header("authorization", format!("Bearer {}", world.server.token)),
        false => request.header("cookie", cookie),
    };
    for (name, value) in &operation.headers {
        request = request.header(name, value);
    }
    let answer = match &operation.body {
        Some((kind, body)) => agent().run(request.header("content-type", kind).body(body.clone()).unwrap()),
        None => agent().run(request.body(String::new()).unwrap()),
    };
    let mut answer = answer.unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    let text = answer.body_mut().read_to_string().unwrap();
    // A file is text; all else is JSON.
    let body = if kind.contains("json") { serde_json::from_str(&text).unwrap_or(Value::Null) } else { text.into() };
    (answer.status().as_u16(), kind, body)
}

#[test]
fn every_operation_answers_its_example_as_the_document_says() {
    let world = ExchangePair::new();
    let cookie = sign_in(&world);
    let document = Document::new(world.server.get("/api/v1/openapi.json").body);
    let mut operations = document.operations();
    // What is made by one example is changed by the next and removed by the last: the channel before the rules that name it. The first
    // revision, which is brought back at the end, is not registered.
    let order = ["POST", "PUT", "PATCH", "GET", "DELETE"];
    operations.sort_by_key(|operation| {
        let method = order.iter().position(|method| *method == operation.method);
        (operation.id == "restore_config", method, operation.id != "add_channel")
    });
    assert!(operations.len() > 40, "{}", operations.len());
    for operation in &operations {
        let (status, kind, body) = call(&world, &cookie, operation);
        let expected = REFUSED.iter().find(|(name, _)| *name == operation.id).map(|(_, status)| *status);
        let as_expected = expected.map_or((200..300).contains(&status), |expected| status == expected);
        assert!(as_expected, "{}: {status} {body:#}", operation.id);
        document.check(operation, status, &kind, &body);
    }
}

#[test]
fn nobody_and_viewers_get_the_problems_the_document_names() {
    let world = ExchangePair::new();
    let made = world.cli(&["token", "create", "--name", "looks", "--role", "viewer"]);
    let token = stdout(&made).trim().to_owned();
    let document = Document::new(world.server.get("/api/v1/openapi.json").body);
    for operation in document.operations() {
        let ask = |bearer: Option<&str>| {
            let url = format!("{}{}", world.server.url, operation.address);
            let mut request = ureq::http::Request::builder().method(operation.method.as_str()).uri(url);
            if let Some(bearer) = bearer {
                request = request.header("authorization", format!("Bearer {bearer}"));
            }
            let mut answer = agent().run(request.body(String::new()).unwrap()).unwrap();
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            (answer.status().as_u16(), kind, answer.body_mut().read_json().unwrap())
        };
        let (status, kind, body) = ask(None);
        assert_eq!(status, 401, "{}", operation.id);
        document.check(&operation, status, &kind, &body);
        if operation.role != "viewer" {
            let (status, kind, body) = ask(Some(&token));
            assert_eq!(status, 403, "{}", operation.id);
            document.check(&operation, status, &kind, &body);
        }
    }
}

/// Whether the packages of the fuzzer were installed before.
fn is_installed() -> bool {
    let cache = std::env::var_os("LEASEHOLD_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/leasehold")));
    cache.is_some_and(|cache| cache.join("tools/api-venv/installed").exists())
}

#[test]
fn made_up_requests_break_nothing() {
    if !is_installed() {
        println!("schemathesis is not installed: nothing was checked; end2end/api/run installs it");
        return;
    }
    let world = ExchangePair::new();
    let mut run = Command::new("../end2end/api/run");
    let done = run.arg(&world.server.url).env("LEASEHOLD_TOKEN", &world.server.token).output().unwrap();
    assert!(done.status.success(), "{}\n{}", stdout(&done), stderr(&done));
    assert!(!world.log().contains("panicked"));
}

/// A command with text on its standard input, at the server elsewhere.
fn at(world: &ExchangePair, args: &[&str], input: &str) -> std::process::Output {
    let token = world.folder.path().join("token");
    std::fs::write(&token, format!("{}\n", world.server.token)).unwrap();
    let remote = ["--server", &world.server.url, "--token-file", token.to_str().unwrap()];
    run_with_input(&[args, &remote].concat(), input)
}
