//! The configuration: what is typed, saved, undone, restored, and changed by others.

use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use engine::audit::AuditQuery;
use licensing::conf::view::SettingOverride;
use licensing::permission::Role;
use serde_json::{Value, json};

use super::{PASSWORD, TestApp, text};

const HOUR: &str = "FLEX_DESIRED_SYNC_HOUR";
const MINUTE: &str = "FLEX_DESIRED_SYNC_MINUTE";

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The value of the first hidden field of this name.
fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    page.split(&field).nth(1).and_then(|rest| rest.split('"').next()).expect("the field is there").to_owned()
}

/// The opening tag of the element with this id.
fn tag<'a>(page: &'a str, id: &str) -> &'a str {
    let at = page.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let from = page[..at].rfind('<').unwrap();
    &page[from..from + page[from..].find('>').unwrap()]
}

/// What stands between the row of one setting and the next.
fn row<'a>(page: &'a str, key: &str) -> &'a str {
    let from = page.find(&format!("id=\"setting-{key}\"")).unwrap();
    let rest = &page[from..];
    &rest[..rest[10..].find("id=\"setting-").map_or(rest.len(), |end| end + 10)]
}

struct Browser<'a> {
    test: &'a TestApp,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn of(test: &'a TestApp, name: &str) -> Self {
        Self { test, cookie: test.sign_in(name).await }
    }

    async fn get(&self, path: &str) -> String {
        let response = self.test.send(Request::get(path).header(header::COOKIE, &self.cookie), "").await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        text(response).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.test.form(path, &self.cookie, &encoded(fields)).await
    }

    /// The page that answers a form.
    async fn answer(&self, path: &str, fields: &[(&str, &str)], status: StatusCode) -> String {
        let response = self.post(path, fields).await;
        assert_eq!(response.status(), status, "{path} {fields:?}");
        text(response).await
    }

    async fn base(&self) -> String {
        hidden(&self.get("/configuration").await, "base")
    }

    async fn save(&self, base: &str, values: &[(&str, &str)]) -> Response {
        let fields = [&[("mode", "form"), ("base", base)], values].concat();
        self.post("/configuration/save", &fields).await
    }
}

fn written(test: &TestApp) -> String {
    std::fs::read_to_string(test.app.engine.conf().path).unwrap()
}

#[tokio::test]
async fn the_filter_keeps_what_was_typed_and_saves_nothing() {
    let test = TestApp::claimed().await;
    let browser = Browser::of(&test, "administrator").await;
    let base = browser.base().await;
    let before = written(&test);
    let typed = [("base", base.as_str()), ("shown", ""), (HOUR, "24"), (MINUTE, "default")];
    // By its button, and by Enter in its field.
    for asks in [&[("intent", "filter"), ("q", "log")][..], &[("q", "log")]] {
        let page = browser.answer("/configuration", &[&typed[..], asks].concat(), StatusCode::OK).await;
        assert!(tag(&page, HOUR).contains("value=\"24\""), "what was typed stays in the form");
        assert!(tag(&page, &format!("setting-{HOUR}")).contains(" hidden"), "and is out of sight");
        assert!(!tag(&page, "setting-LOGGING_VERBOSITY").contains(" hidden"));
        assert_eq!(hidden(&page, "base"), base);
        assert_eq!(hidden(&page, "shown"), "log");
        assert!(
            !tag(&row(&page, HOUR).replace("tag changed\"", "tag changed\" id=\"mark\""), "mark").contains(" hidden")
        );
    }
    let cleared = [("intent", "clear"), ("q", "log"), ("shown", "log"), (HOUR, "24"), ("base", &base)];
    let page = browser.answer("/configuration", &cleared, StatusCode::OK).await;
    assert!(tag(&page, HOUR).contains("value=\"24\"") && !tag(&page, &format!("setting-{HOUR}")).contains(" hidden"));
    // Nothing was typed: the address says what is shown.
    let response = browser.post("/configuration", &[("intent", "filter"), ("q", "log"), ("base", &base)]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/configuration?q=log");
    // What is wrong is shown, whatever the filter says.
    let wrong = [("intent", "review"), ("q", "log"), ("shown", "log"), (HOUR, "24"), ("base", &base)];
    let page = browser.answer("/configuration", &wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(!tag(&page, &format!("setting-{HOUR}")).contains(" hidden"));
    assert_eq!(written(&test), before);
    assert_eq!(test.app.engine.conf().number(), 1);
}

#[tokio::test]
async fn a_setting_is_reset_to_its_default_without_losing_the_rest() {
    let test = TestApp::claimed().await;
    let browser = Browser::of(&test, "administrator").await;
    browser.save(&browser.base().await, &[(HOUR, "4")]).await;
    let base = browser.base().await;
    let page = browser.get("/configuration").await;
    assert!(row(&page, HOUR).contains("Reset to default"));
    let fields = [("reset", HOUR), ("base", &base), (HOUR, "4"), (MINUTE, "17")];
    let page = browser.answer("/configuration", &fields, StatusCode::OK).await;
    assert!(tag(&page, HOUR).contains("value=\"default\"") && tag(&page, MINUTE).contains("value=\"17\""));
    assert!(tag(&page, &format!("setting-{HOUR}")).contains("data-file=\"4\""), "a change is one against the file");
    assert!(written(&test).contains("FLEX_DESIRED_SYNC_HOUR = 4"), "nothing is saved yet");
    browser.save(&base, &[(HOUR, "default"), (MINUTE, "17")]).await;
    assert!(written(&test).contains("FLEX_DESIRED_SYNC_HOUR = default"));
}

#[tokio::test]
async fn a_page_that_comes_back_goes_on_from_the_file_it_was_made_from() {
    let test = TestApp::claimed().await;
    let (ada, bob) = (Browser::of(&test, "administrator").await, Browser::of(&test, "administrator").await);
    let base = ada.base().await;
    bob.save(&base, &[(HOUR, "23")]).await;
    for fields in [
        &[("intent", "filter"), ("q", "port"), ("base", &base), (HOUR, "6")][..],
        &[("intent", "edit"), ("base", &base), (HOUR, "6")],
    ] {
        let page = ada.answer("/configuration", fields, StatusCode::OK).await;
        assert_eq!(hidden(&page, "base"), base);
    }
    let again = [("intent", "edit"), ("base", base.as_str()), ("text", "[GLOBAL]\n")];
    let page = ada.answer("/configuration/text", &again, StatusCode::OK).await;
    assert_eq!(hidden(&page, "base"), base);
    assert_eq!(ada.save(&base, &[(HOUR, "6")]).await.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_save_can_be_undone_by_who_made_it() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    let browser = Browser::of(&test, "administrator").await;
    let before = written(&test);
    let saved = browser.save(&browser.base().await, &[(HOUR, "4")]).await;
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
    let page = browser.get("/configuration").await;
    let flash = page.split("id=\"flash\"").nth(1).unwrap();
    assert!(flash.contains("action=\"/configuration/undo\""));
    let base = hidden(flash, "base");
    assert_eq!(base, engine.conf().base());
    // Not by somebody else, and nothing but the revision that is named.
    engine.add_user(&engine::actor::Actor::system(), "zoe", Role::Administrator, PASSWORD).await.unwrap();
    let zoe = Browser::of(&test, "zoe").await;
    let asked = browser.answer("/configuration/undo", &[("base", &base)], StatusCode::UNAUTHORIZED).await;
    assert!(asked.contains("Undo a change of the configuration") && hidden(&asked, "base") == base, "{asked}");
    assert_eq!(engine.conf().number(), 2, "nothing changes without the password");
    for (who, named) in [(&zoe, base.as_str()), (&browser, "1-0000000000000000"), (&browser, "")] {
        let refused = who.post("/configuration/undo", &[("base", named), ("password", PASSWORD)]).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.post("/configuration/undo", &[("base", &base)]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(written(&test), before);
    assert_eq!(engine.conf().number(), 3);
    let entries = engine.audit.list(&AuditQuery { limit: 5, ..Default::default() }).await.unwrap();
    let entry = entries.iter().find(|entry| entry.action == "conf.save").unwrap();
    assert_eq!(entry.sentence, "Undid revision 2: FLEX_DESIRED_SYNC_HOUR from “4” to “default”; revision 3.");
    // The file has changed meanwhile: what an undo would still change is shown, and nothing happens.
    let conflict = browser.answer("/configuration/undo", &[("base", &base)], StatusCode::CONFLICT).await;
    assert!(conflict.contains("The file no longer has what this revision changed."), "{conflict}");
    assert_eq!(engine.conf().number(), 3);
}

#[tokio::test]
async fn any_change_can_be_undone_by_itself_after_a_review_and_the_history_says_so() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    let (ada, bob) = (Browser::of(&test, "administrator").await, Browser::of(&test, "administrator").await);
    let viewer = Browser::of(&test, "viewer").await;
    bob.save(&bob.base().await, &[(HOUR, "4")]).await;
    ada.save(&ada.base().await, &[("LOGGING_VERBOSITY", "3")]).await;
    let history = ada.get("/configuration/history").await;
    assert!(history.contains("href=\"/configuration/history/2/undo\"") && !history.contains("history/1/undo"));
    assert!(!viewer.get("/configuration/history").await.contains("/undo\""));
    assert!(viewer.get("/configuration/history/2").await.contains("Changing the configuration needs the role"));
    let review = ada.get("/configuration/history/2/undo").await;
    assert!(review.contains("SYNC_HOUR = <mark>default</mark>") && !review.contains("LOGGING_VERBOSITY = <mark>"));
    assert!(review.contains("/api/v1/config/undo"), "{review}");
    assert_eq!(engine.conf().number(), 3, "a review saves nothing");
    let form = review.split("action=\"/configuration/save\"").nth(1).unwrap();
    let base = hidden(form, "base");
    let undo = [("mode", "undo"), ("revision", "2"), ("base", base.as_str()), ("comment", "Too early")];
    let asked = ada.answer("/configuration/save", &undo, StatusCode::UNAUTHORIZED).await;
    assert!(
        asked.contains("Undo a change of the configuration") && hidden(&asked, "comment") == "Too early",
        "{asked}"
    );
    assert_eq!(engine.conf().number(), 3, "nothing changes without the password");
    let confirmed = [&undo[..], &[("password", PASSWORD)]].concat();
    assert_eq!(ada.post("/configuration/save", &confirmed).await.status(), StatusCode::SEE_OTHER);
    assert!(written(&test).contains("FLEX_DESIRED_SYNC_HOUR = default"));
    assert!(written(&test).contains("LOGGING_VERBOSITY = 3"), "the later change stays");
    let history = ada.get("/configuration/history").await;
    assert!(history.contains("administrator undid revision 2") && history.contains("Too early"));
    // Somebody was faster.
    let late = ada.answer("/configuration/save", &undo, StatusCode::CONFLICT).await;
    assert!(late.contains("The file no longer has what this revision changed."));
    // Set again since: named, with the values of all three.
    ada.save(&ada.base().await, &[("LOGGING_VERBOSITY", "2")]).await;
    let request = Request::get("/configuration/history/3/undo").header(header::COOKIE, &ada.cookie);
    let refused = test.send(request, "").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let page = text(refused).await;
    let again = page.split("id=\"again\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(again.contains("Log detail") && !again.contains("Sync hour"), "{again}");
    for value in ["<code>2</code>", "<code>3</code>"] {
        assert!(again.contains(value), "{value} in {again}");
    }
}

#[tokio::test]
async fn the_api_undoes_a_revision_and_its_history_says_what_was_undone_and_restored() {
    let test = TestApp::claimed().await;
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let ask = async |method: &str, path: &str, body: Value| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/json");
        let answer = test.send(request, &body.to_string()).await;
        (answer.status(), serde_json::from_str::<Value>(&text(answer).await).unwrap())
    };
    for hour in ["4", "5"] {
        ask("PATCH", "/api/v1/config", json!({ "changes": { HOUR: hour } })).await;
    }
    let (status, refused) = ask("POST", "/api/v1/config/undo", json!({ "revision": 2 })).await;
    assert_eq!((status, &refused["conflicts"][0]["key"]), (StatusCode::CONFLICT, &json!(HOUR)), "{refused:#}");
    assert!(refused["detail"].as_str().unwrap().contains(&format!("{HOUR}: revision 2 set 4, the file now has 5")));
    let (status, _) = ask("POST", "/api/v1/config/undo", json!({ "revision": 3 })).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = ask("POST", "/api/v1/config/restore", json!({ "revision": 1 })).await;
    assert_eq!(status, StatusCode::OK);
    let (_, history) = ask("GET", "/api/v1/config/history", Value::Null).await;
    assert_eq!(history["items"][0]["restored_from"], 1, "{history:#}");
    assert_eq!((&history["items"][1]["undoes"], &history["items"][1]["restored_from"]), (&json!(3), &Value::Null));
    let (status, _) = ask("POST", "/api/v1/config/undo", json!({ "revision": 1 })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_restore_shows_its_diff_and_asks_for_reason_and_password() {
    let test = TestApp::claimed().await;
    let browser = Browser::of(&test, "administrator").await;
    browser.save(&browser.base().await, &[(HOUR, "4")]).await;
    let changed = written(&test);
    let revision = browser.get("/configuration/history/1").await;
    assert!(!revision.contains("action=\"/configuration/restore\""), "no restore in one step");
    assert!(revision.contains("href=\"/configuration/history/1/restore\""));
    let page = browser.get("/configuration/history/1/restore").await;
    assert!(page.contains("SYNC_HOUR = <mark>4</mark>"), "the diff: {page}");
    let base = hidden(page.split("action=\"/configuration/restore\"").nth(1).unwrap(), "base");
    let restore = [("revision", "1"), ("base", base.as_str()), ("comment", "Too early")];
    for password in ["", "not the password at all"] {
        let fields = [&restore[..], &[("password", password)]].concat();
        let page = browser.answer("/configuration/restore", &fields, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(page.contains("This is not your password.") && tag(&page, "comment").contains("value=\"Too early\""));
        assert!(!page.contains("not the password at all"));
        assert_eq!(written(&test), changed);
    }
    let fields = [&restore[..], &[("password", PASSWORD)]].concat();
    assert_eq!(browser.post("/configuration/restore", &fields).await.status(), StatusCode::SEE_OTHER);
    assert!(written(&test).contains("FLEX_DESIRED_SYNC_HOUR = default"));
    let history = browser.get("/configuration/history").await;
    assert!(history.contains("Too early") && history.contains("action=\"/configuration/undo\""));
    // Based on what was looked at.
    let late = browser.answer("/configuration/restore", &fields, StatusCode::CONFLICT).await;
    assert!(late.contains("The file has changed"));
}

#[tokio::test]
async fn a_session_that_ended_keeps_the_reason_of_a_restore_and_not_its_password() {
    let test = TestApp::claimed().await;
    let browser = Browser::of(&test, "administrator").await;
    test.clock.advance(31 * 60_000);
    let fields = [("revision", "1"), ("comment", "Too early"), ("password", PASSWORD)];
    let page = browser.answer("/configuration/restore", &fields, StatusCode::UNAUTHORIZED).await;
    assert!(page.contains("Too+early") && !page.contains("seven+green"), "{page}");
}

#[tokio::test]
async fn a_conflict_names_each_setting_and_the_others_merge() {
    let test = TestApp::claimed().await;
    let (ada, bob) = (Browser::of(&test, "administrator").await, Browser::of(&test, "administrator").await);
    let base = ada.base().await;
    bob.save(&base, &[(HOUR, "23"), ("LOGGING_VERBOSITY", "2")]).await;

    // Other settings: the review is on top of the current file, and says so.
    let page = ada.answer("/configuration", &[("base", &base), (MINUTE, "41")], StatusCode::OK).await;
    assert!(page.contains("while you were editing") && page.contains("SYNC_MINUTE = <mark>41</mark>"));
    assert_eq!(hidden(&page, "base"), test.app.engine.conf().base());

    // The same one: named, with all three values.
    let fields = [("base", base.as_str()), (HOUR, "6"), (MINUTE, "41")];
    let page = ada.answer("/configuration", &fields, StatusCode::CONFLICT).await;
    let both = page.split("id=\"both\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(both.contains("Sync hour") && !both.contains("Sync minute") && !both.contains("Log detail"), "{both}");
    for value in ["<code>6</code>", "<code>23</code>", "<code>default</code>"] {
        assert!(both.contains(value), "{value} in {both}");
    }
    // The file's value stays where one says so.
    let current = hidden(page.split("id=\"conflict\"").nth(1).unwrap(), "base");
    let kept = [("base", current.as_str()), (HOUR, "6"), (MINUTE, "41"), ("drop", HOUR)];
    let page = ada.answer("/configuration", &kept, StatusCode::OK).await;
    assert!(page.contains("SYNC_MINUTE = <mark>41</mark>") && !page.contains("<mark>6</mark>"), "{page}");
}

#[tokio::test]
async fn the_api_names_the_settings_of_a_conflict() {
    let test = TestApp::claimed().await;
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let put = async |etag: &str, hour: &str| {
        let request = Request::put("/api/v1/config")
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, etag);
        test.send(request, &json!({ "changes": { HOUR: hour } }).to_string()).await
    };
    let etag = format!("\"{}\"", test.app.engine.conf().base());
    assert_eq!(put(&etag, "23").await.status(), StatusCode::OK);
    let refused = put(&etag, "6").await;
    assert_eq!(refused.status(), StatusCode::PRECONDITION_FAILED);
    let body: Value = serde_json::from_str(&text(refused).await).unwrap();
    let expected = json!([{ "key": HOUR, "label": "Sync hour", "before": "default", "yours": "6", "theirs": "23" }]);
    assert_eq!(body["conflicts"], expected);
    assert!(body["detail"].as_str().unwrap().contains("you set 6, the file now has 23, before it was default."));
}

#[tokio::test]
async fn history_and_the_alarm_page_tell_the_same_of_an_edit_made_outside() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    let browser = Browser::of(&test, "administrator").await;
    let path = engine.conf().path;
    for (minutes, level) in [(3, "2"), (5, "3")] {
        test.clock.advance(minutes * 60_000);
        let edited: Vec<String> = written(&test)
            .lines()
            .map(|line| match line.starts_with("LOGGING_VERBOSITY") {
                true => format!("LOGGING_VERBOSITY = {level}"),
                false => line.to_owned(),
            })
            .collect();
        std::fs::write(&path, edited.join("\n") + "\n").unwrap();
        // A review looks at the file first.
        browser.post("/configuration", &[("base", "none")]).await;
    }
    let diff = |page: &str| page.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap().to_owned();
    let noticed = |page: &str, at: i64| page.contains(&app::components::absolute(at));
    let outside = browser.get("/configuration/outside").await;
    let history = browser.get("/configuration/history").await;
    for number in [2, 3] {
        let revision = engine.conf_revision(number).await.unwrap().unwrap().revision;
        let of_revision = browser.get(&format!("/configuration/history/{number}")).await;
        let on_alarm = outside.split(&format!("id=\"edit-{number}\"")).nth(1).unwrap();
        assert_eq!(diff(on_alarm), diff(&of_revision), "revision {number}");
        for page in [on_alarm, &history, &of_revision] {
            assert!(noticed(page, revision.at), "revision {number}");
        }
        assert!(of_revision.contains("Nobody has reviewed this change."));
    }
    assert_eq!(history.matches("Outside, not reviewed").count(), 2);

    // Reviewed on the page of a revision, it is reviewed everywhere; the later one still waits.
    let base = engine.conf().base();
    browser.post("/configuration/outside", &[("revision", "2"), ("base", &base)]).await;
    let outside = browser.get("/configuration/outside").await;
    assert!(!outside.contains("id=\"edit-2\"") && outside.contains("id=\"edit-3\""));
    let history = browser.get("/configuration/history").await;
    assert_eq!(
        (history.matches("Outside, not reviewed").count(), history.matches("Outside, reviewed").count()),
        (1, 1)
    );
    // And the other way round.
    browser.post("/configuration/outside", &[("base", &base)]).await;
    assert!(browser.get("/configuration/history/3").await.contains("Reviewed "));
    assert!(browser.get("/configuration/outside").await.contains("No change made outside is waiting for review."));
}

#[tokio::test]
async fn a_port_that_waits_for_a_restart_is_shown_until_then() {
    let test = TestApp::claimed().await;
    let browser = Browser::of(&test, "administrator").await;
    let page = browser.get("/configuration").await;
    assert!(row(&page, "port_number").contains("takes effect after a restart") && !page.contains("Restart required:"));
    browser.save(&browser.base().await, &[("port_number", "7570")]).await;
    for path in ["/configuration", "/configuration/text"] {
        assert!(browser.get(path).await.contains("Restart required: Port for license clients was changed"), "{path}");
    }
    assert!(row(&browser.get("/configuration").await, "port_number").contains("restart required"));
    browser.save(&browser.base().await, &[("port_number", "default")]).await;
    assert!(!browser.get("/configuration").await.contains("Restart required:"), "back to what it serves");
}

#[tokio::test]
async fn a_setting_that_a_flag_overrides_says_so_and_asks_for_no_restart() {
    let test = TestApp::claimed().await;
    let by = SettingOverride { by: "--clients".to_owned(), value: "127.0.0.1:7580".to_owned() };
    test.app.engine.override_settings(vec![("port_number", by)]);
    let browser = Browser::of(&test, "administrator").await;
    let base = browser.base().await;
    let review = browser.answer("/configuration", &[("base", &base), ("port_number", "7570")], StatusCode::OK).await;
    assert!(review.contains("Port for license clients has no effect while --clients overrides it."));
    assert!(!review.contains("after a restart"), "{review}");
    browser.save(&base, &[("port_number", "7570")]).await;
    let page = browser.get("/configuration").await;
    let port = row(&page, "port_number");
    assert!(port.contains("overridden by --clients") && port.contains("Not used: --clients sets 127.0.0.1:7580."));
    assert!(!port.contains("restart") && !page.contains("Restart required:"), "{port}");
    let bearer = format!("Bearer {}", test.token(Role::Viewer).await);
    let request = Request::get("/api/v1/config").header(header::AUTHORIZATION, &bearer);
    let config: Value = serde_json::from_str(&text(test.send(request, "").await).await).unwrap();
    let port = config["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == "port_number").unwrap();
    assert_eq!(port["overridden"], json!({ "by": "--clients", "value": "127.0.0.1:7580" }));
    assert_eq!(port["restart_required"], false);
}

#[tokio::test]
async fn the_text_that_is_shown_is_the_text_that_is_edited() {
    let test = TestApp::claimed().await;
    let browser = Browser::of(&test, "administrator").await;
    let page = browser.get("/configuration/text").await;
    assert_eq!(page.matches("LOGGING_VERBOSITY = default").count(), 1);
    let lines = written(&test).lines().count();
    assert!(page.contains(&format!("id=\"L{lines}\"")) && !page.contains(&format!("id=\"L{}\"", lines + 1)));
    // What was typed is what is checked and numbered.
    let typed = "[GLOBAL]\nLOGGING_VERBOSITY = 9\n";
    let base = hidden(&page, "base");
    let refused = [("base", base.as_str()), ("text", typed)];
    let page = browser.answer("/configuration/text", &refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(tag(&page, "L2").contains("danger") && !page.contains("id=\"L3\""), "{page}");
}

#[tokio::test]
async fn a_viewer_filters_and_changes_nothing() {
    let test = TestApp::claimed().await;
    let viewer = Browser::of(&test, "viewer").await;
    let page = viewer.get("/configuration?q=log").await;
    assert!(tag(&page, &format!("setting-{HOUR}")).contains(" hidden"));
    assert!(!page.contains("Reset to default"));
    assert_eq!(viewer.post("/configuration/undo", &[("base", "1-x")]).await.status(), StatusCode::FORBIDDEN);
}
