use serde_json::{Value, json};

use super::world::{ExchangePair, text_of};
use crate::harness::{Server, ServerOptions, run, stderr};

/// The installation a server reports as.
fn instance(server: &Server) -> String {
    let report = server.call("POST", "/api/v1/exchange/report", None, None).body["report"].as_str().unwrap().to_owned();
    serde_json::from_str::<Value>(&report).unwrap()["instance_uuid"].as_str().unwrap().to_owned()
}

#[test]
fn of_two_servers_with_one_guid_the_second_is_refused_and_the_first_is_told() {
    let world = ExchangePair::new();
    let data = world.folder.path().join("copy");
    let copy = Server::start_as(&data, &ServerOptions::from(&["--reporting", "off", "--proxy", "off"][..]));
    let data = data.to_str().unwrap();
    let registered = run(&["register", "--file", &world.registration.file, "--data", data]);
    let (first, second) = (instance(&world.server), instance(&copy));
    assert_ne!(first, second);
    // Both are named by their first eight digits.
    let both = |text: &str| text.contains(&first[..8]) && text.contains(&second[..8]);
    assert_eq!(registered.status.code(), Some(1));
    assert!(both(&stderr(&registered)), "{}", stderr(&registered));
    let refused = copy.call("POST", "/api/v1/exchange/sync", None, None);
    assert_eq!(refused.status, 502, "{}", refused.body);
    assert!(both(refused.body["detail"].as_str().unwrap()), "{}", refused.body);
    assert_eq!(copy.get("/api/v1/licenses").body["items"], json!([]));
    assert_eq!(copy.get("/api/v1/status").body["in_service"], false);

    let told = world.sync();
    assert_eq!(told.status, 200, "{}", told.body);
    let notice = told.body["notices"][0].as_str().unwrap();
    assert!(notice.contains(&second[..8]), "{notice}");
    let printed = world.cli(&["sync"]);
    assert!(crate::harness::stdout(&printed).contains(&second[..8]));
    assert_eq!(world.server.get("/api/v1/status").body["in_service"], true);

    // The vendor hands the GUID over: now it is the other way round.
    world.node.command(&["server", "rebind", &world.registration.guid]);
    assert_eq!(copy.call("POST", "/api/v1/exchange/sync", None, None).status, 200);
    let refused = world.sync();
    assert_eq!(refused.status, 502);
    assert!(both(refused.body["detail"].as_str().unwrap()), "{}", refused.body);
    assert_eq!(world.server.get("/api/v1/status").body["in_service"], true, "what it has stays until its time is over");
    assert_eq!(text_of(&world.server, "/livez"), "ok\n");
}
