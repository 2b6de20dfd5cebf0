//! Diagnostics: the page and the API tell the same of this server and its surroundings, and only what is configured is asked.

use axum::http::StatusCode;
use licensing::self_check::PortState;

use super::*;

#[tokio::test]
async fn diagnostics_says_first_how_it_is_and_the_api_says_the_same() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    engine.watch_port("Console", true, || PortState::Listening(SocketAddr::from(([127, 0, 0, 1], 8084))));
    engine.look_at_storage().await;
    let cookie = test.sign_in("viewer").await;
    let page = text(test.get(&cookie, "/diagnostics").await).await;
    for words in ["Ports", "Clocks", "Certificates", "Names", "Versions", "127.0.0.1:8084", "Listening", "SQLite"] {
        assert!(page.contains(words), "{words}");
    }
    let api = async || -> serde_json::Value {
        serde_json::from_str(&text(test.get(&cookie, "/api/v1/diagnostics").await).await).unwrap()
    };
    let answer = api().await;
    assert_eq!(answer["ports"][0]["address"], "127.0.0.1:8084");
    assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
    assert!(page.contains(answer["sentence"].as_str().unwrap()), "{answer}");

    engine.watch_port("License port", true, || PortState::Closed("Another program is using port 7569.".to_owned()));
    let answer = api().await;
    assert_eq!(answer["level"], "critical");
    assert_eq!(answer["ports"][1]["state"], "closed");
    let page = text(test.get(&cookie, "/diagnostics").await).await;
    let sentence = "License port is closed. Another program is using port 7569.";
    let (first, ports) = (page.find(sentence).unwrap(), page.find("id=\"own-ports\"").unwrap());
    assert!(first < ports, "the sentence comes first");
    assert_eq!(answer["findings"][0]["sentence"], sentence);
}

#[tokio::test]
async fn a_check_asks_only_the_nodes_of_the_configured_protocol() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    // Nodes at which nobody listens, so that nothing leaves this machine; over HTTPS the vendor's own are the default.
    let values = vec![("FLEX_NODE_LIST".to_owned(), "127.0.0.1:1".to_owned())];
    let change = engine::conf::ConfChange::Values(values);
    engine.save_conf(&Actor::system(), &engine::conf::BaseRevision::Newest, &change, "").await.unwrap();
    let cookie = test.sign_in("operator").await;
    assert_eq!(test.form("/diagnostics/probe", &cookie, "").await.status(), StatusCode::SEE_OTHER);
    let mut changes = engine.reachability_changes();
    while changes.borrow_and_update().matrix.is_none() {
        changes.changed().await.unwrap();
    }
    let matrix = engine.reachability().matrix.unwrap();
    let asked: Vec<String> = matrix.probes.iter().map(|probe| probe.target.to_string()).collect();
    assert_eq!(asked, ["127.0.0.1:1"]);
    let facts = engine.self_check().await;
    assert_eq!(facts.names.iter().map(|name| name.name.as_str()).collect::<Vec<_>>(), ["127.0.0.1"]);
    assert!(matches!(facts.database.integrity, Some((_, None))), "{facts:?}");
    assert_eq!(facts.nodes, Some((0, 1)));
    let page = text(test.get(&cookie, "/diagnostics").await).await;
    assert!(page.contains("No licensing node can be reached as configured."), "{page}");
}
