//! The audit log: what an auditor looks for is found by a filter, on the page, in its files and over the API.

use axum::http::{StatusCode, header};
use engine::actor::Origin;
use engine::audit::{AuditOutcome, NewAuditEntry};
use engine::conf::{BaseRevision, ConfChange};
use licensing::audit::ActionGroup;

use super::*;

const DAY: i64 = 86_400_000;

impl TestApp {
    /// Somebody changes the port.
    async fn set_port(&self, who: &str, port: &str) {
        let actor = Actor { name: who.to_owned(), origin: Origin::Console, address: Some("10.0.0.4".to_owned()) };
        let change = ConfChange::Values(vec![("port_number".to_owned(), port.to_owned())]);
        self.app.engine.save_conf(&actor, &BaseRevision::Newest, &change, "").await.unwrap();
    }
}

/// Changes of February, March and April 2027.
async fn with_changes() -> (TestApp, String) {
    let test = TestApp::claimed().await;
    for (days, who, port) in [(20, "dora", "7570"), (35, "ann", "7571"), (40, "bob", "7572")] {
        test.clock.advance(days * DAY);
        test.set_port(who, port).await;
    }
    let cookie = test.sign_in("administrator").await;
    (test, cookie)
}

#[tokio::test]
async fn an_auditor_finds_who_changed_the_port_in_march() {
    let (test, cookie) = with_changes().await;
    // The page offers what to look for, in words: the setting, days, and every kind of entry.
    let page = text(test.get(&cookie, "/audit").await).await;
    assert!(page.contains("<option value=\"port_number\">Port for license clients"), "{page}");
    assert!(page.contains("name=\"from\"") && page.contains("name=\"to\"") && page.contains("type=\"date\""), "{page}");
    for group in ActionGroup::ALL {
        assert!(page.contains(&format!("<optgroup label=\"{}\"", group.label())), "{}", group.label());
        for action in group.actions() {
            assert!(page.contains(&format!("<option value=\"{}\"", action.name)), "{}", action.name);
        }
    }
    let found = "/audit?object=port_number&from=2027-03-01&to=2027-03-31";
    let page = text(test.get(&cookie, found).await).await;
    assert!(page.contains("ann") && page.contains("Set port_number from “7570” to “7571”"), "{page}");
    assert!(!page.contains("“7572”") && !page.contains("to “7570”"), "{page}");
    // The instant is absolute, whatever is said beside it.
    assert!(page.contains("Mar 2027"), "{page}");
    let (csv, json) = (found.replacen("/audit", "/audit.csv", 1), found.replacen("/audit", "/audit.json", 1));
    assert!(page.contains(&csv.replace('&', "&amp;")) && page.contains(&json.replace('&', "&amp;")), "{page}");
}

#[tokio::test]
async fn a_break_is_told_on_the_page_by_the_check_and_beside_readiness_and_stays() {
    let (test, cookie) = with_changes().await;
    let notes = |answer: String| serde_json::from_str::<serde_json::Value>(&answer).unwrap()["notes"].clone();
    test.app.engine.look_at_storage().await;
    assert_eq!(notes(text(test.get(&cookie, "/readyz").await).await), serde_json::json!([]));
    let head = test.app.engine.folder().join("audit.head");
    let line = std::fs::read_to_string(&head).unwrap();
    let (last, hash) = line.trim().split_once(' ').unwrap();
    let last: i64 = last.parse().unwrap();
    std::fs::write(&head, format!("{} {hash}\n", last + 3)).unwrap();
    // The next entry replaces the head; what it said is kept.
    test.set_port("ann", "7573").await;
    assert_eq!(test.app.engine.audit.breaks(), 1);
    for _ in 0..2 {
        test.clock.advance(DAY);
        test.app.engine.look_at_storage().await;
        let cookie = test.sign_in("administrator").await;
        let page = text(test.get(&cookie, "/audit").await).await;
        assert!(page.contains("Broken") && page.contains(&format!("entry {} had been written", last + 3)), "{page}");
        let said = text(test.get(&cookie, "/api/v1/audit/verify").await).await;
        assert!(said.contains("\"whole\":false") && said.contains("had been written"), "{said}");
        let notes = notes(text(test.get(&cookie, "/readyz").await).await);
        assert!(notes[0].as_str().unwrap().starts_with("The audit chain is broken"), "{notes}");
    }
}

#[tokio::test]
async fn the_files_of_the_audit_log_hold_what_the_page_shows() {
    let (test, cookie) = with_changes().await;
    let csv = test.get(&cookie, "/audit.csv?object=port_number&who=ann").await;
    assert_eq!(csv.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let csv = text(csv).await;
    let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 2, "{csv}");
    assert!(lines[1].contains(",ann,console,10.0.0.4,done,conf.save,Settings changed,port_number,"), "{csv}");
    let json = text(test.get(&cookie, "/audit.json?object=port_number").await).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let who: Vec<&str> = json["items"].as_array().unwrap().iter().map(|entry| entry["who"].as_str().unwrap()).collect();
    assert_eq!(who, ["bob", "ann", "dora"]);
    assert_eq!(json["items"][0]["objects"], serde_json::json!(["port_number"]));
    // Nothing found is a whole file too, and what can't be understood is no file at all.
    let none = text(test.get(&cookie, "/audit.json?who=nobody-of-this-name").await).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&none).unwrap()["items"], serde_json::json!([]));
    assert_eq!(test.get(&cookie, "/audit.csv?from=March").await.status(), StatusCode::BAD_REQUEST);
    let page = text(test.get(&cookie, "/audit?from=March").await).await;
    assert!(page.contains("Not a day.") && page.contains("value=\"March\""), "{page}");
}

#[tokio::test]
async fn a_file_of_the_audit_log_has_all_entries_however_many() {
    let test = TestApp::claimed().await;
    let actor = Actor::system();
    for number in 0..1_250 {
        let sentence = format!("Entry {number}.");
        let entry = NewAuditEntry { actor: &actor, action: "client.release", sentence, outcome: AuditOutcome::Done };
        test.app.engine.audit.record(entry.about("c")).await.unwrap();
    }
    let cookie = test.sign_in("administrator").await;
    let csv = text(test.get(&cookie, "/audit.csv?object=c&what=clients").await).await;
    assert_eq!(csv.lines().count(), 1 + 1_250);
    let json = text(test.get(&cookie, "/api/v1/audit/export?object=c&what=clients").await).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["items"].as_array().unwrap().len(), &json["next"]), (1_250, &serde_json::Value::Null));
}

#[tokio::test]
async fn the_api_filters_the_audit_log_as_the_page_does() {
    let (test, cookie) = with_changes().await;
    let items = async |query: &str| {
        let answer = text(test.get(&cookie, &format!("/api/v1/audit?{query}")).await).await;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let items = answer["items"].as_array().unwrap_or_else(|| panic!("{query}: {answer}")).clone();
        items.iter().map(|entry| entry["who"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(items("object=port_number").await, ["bob", "ann", "dora"]);
    assert_eq!(items("object=port_number&from=2027-03-01&to=2027-03-31").await, ["ann"]);
    assert_eq!(items("q=7571&by=user").await, ["bob", "ann"]);
    assert_eq!(items("what=sign-in").await, ["administrator"]);
    assert_eq!(items("what=configuration&by=token").await, Vec::<String>::new());
    for (query, field) in [("from=March", "from"), ("to=31.3.", "to"), ("by=ghost", "by")] {
        let answer = test.get(&cookie, &format!("/api/v1/audit?{query}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        let problem: serde_json::Value = serde_json::from_str(&text(answer).await).unwrap();
        assert_eq!(problem["errors"][0]["field"], field);
    }
}
