//! Walks all routes: each has an access rule that holds, and each that changes something says what it leaves in the audit log.

mod conf;
mod database;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use engine::Engine;
use engine::actor::Actor;
use engine::alerts::NewRule;
use engine::clock::ManualClock;
use engine::conf::BaseRevision;
use engine::exchange::NodeSettings;
use http_body_util::BodyExt;
use licensing::alerts::{Condition, ConditionKind, RuleSettings};
use licensing::attention::{Facts, LicenseFacts, MonitorFacts, StorageFacts, SyncFacts};
use licensing::contact::ContactPhase;
use licensing::monitor::{Standing, Violation};
use licensing::permission::Role;
use licensing::registration::Registration;
use licensing::registration_file::RegistrationFile;
use licensing::service::Urgency;
use licensing::vendor_key::VendorSecret;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

mod storage;
mod usage;

use super::access::Access;
use super::router::{router, table};
use super::state::App;
use crate::settings::{Flags, resolve};

mod audit;
mod backups;
mod clients;
mod connections;
mod diagnostics;
mod door;
mod locked;
mod people;
mod proxies;
mod sources;

struct TestApp {
    app: App,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

const PASSWORD: &str = "seven green lamps hum";

impl TestApp {
    /// A server with one user of each role.
    async fn claimed() -> Self {
        Self::claimed_with(&[], false).await
    }

    async fn claimed_with(set: &[(&'static str, &str)], secure: bool) -> Self {
        let test = Self::fresh_with(set, secure).await;
        for role in [Role::Administrator, Role::Operator, Role::Viewer] {
            let name = role.to_string();
            test.app.engine.add_user(&Actor::system(), &name, role, PASSWORD).await.unwrap();
        }
        test.app.engine.finish_setup().await.unwrap();
        test
    }

    async fn fresh() -> Self {
        Self::fresh_with(&[], false).await
    }

    /// With these settings, and over TLS if `secure`.
    async fn fresh_with(set: &[(&'static str, &str)], secure: bool) -> Self {
        let _ = any_spawner::Executor::init_tokio();
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags::default().set("data", folder.path().display().to_string());
        let flags = set.iter().fold(flags, |flags, (name, value)| flags.set(name, *value));
        let settings = resolve(&flags, None).unwrap();
        Engine::write_new_conf(&settings.conf).unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Arc::new(Engine::open(&settings.data, &settings.conf, clock.clone()).await.unwrap());
        let app = App::new(engine, &settings, "http://127.0.0.1:8084", secure, CancellationToken::new()).unwrap();
        Self { app, clock, _folder: folder }
    }

    async fn send(&self, request: axum::http::request::Builder, body: &str) -> Response {
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.headers_mut().entry(header::HOST).or_insert("127.0.0.1:8084".parse().unwrap());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5))));
        router(self.app.clone()).oneshot(request).await.unwrap()
    }

    async fn get(&self, cookie: &str, path: &str) -> Response {
        self.send(Request::get(path).header(header::COOKIE, cookie), "").await
    }

    async fn form(&self, path: &str, cookie: &str, body: &str) -> Response {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie);
        self.send(request, body).await
    }

    /// Signs in and returns the cookie.
    async fn sign_in(&self, name: &str) -> String {
        let response = self.form("/login", "", &format!("name={name}&password=seven+green+lamps+hum")).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        cookie_of(&response).expect("a session cookie")
    }

    async fn token(&self, role: Role) -> String {
        self.app.engine.create_token(&Actor::system(), &format!("t{role}"), role, &[], 90).await.unwrap()
    }
}

fn cookie_of(response: &Response) -> Option<String> {
    let value = response.headers().get(header::SET_COOKIE)?.to_str().ok()?;
    value.split(';').next().map(str::to_owned)
}

/// The device cookie that an answer brings.
fn device_of(response: &Response) -> Option<String> {
    let values = response.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.filter_map(|value| value.split(';').next()).find(|cookie| cookie.contains("-device=")).map(str::to_owned)
}

async fn text(response: Response) -> String {
    String::from_utf8_lossy(&response.into_body().collect().await.unwrap().to_bytes()).into_owned()
}

fn concrete(path: &str) -> String {
    let path = path.replace("{number}", "1").replace("{id}", "1").replace("{*rest}", "rules/1");
    path.replace("{name}", "x").replace("{token}", "x")
}

#[tokio::test]
async fn nobody_gets_past_a_route_that_needs_a_permission() {
    let test = TestApp::claimed().await;
    for route in table(test.app.clone()).routes {
        if matches!(route.access, Access::Open | Access::Unclaimed | Access::Wizard) {
            continue;
        }
        let path = concrete(route.path);
        let kind = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder().method(route.method).uri(&path).header(header::CONTENT_TYPE, kind);
        let response = test.send(request, "").await;
        if path.starts_with("/api/") || path == "/events" {
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
        } else {
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
            assert!(response.headers()[header::LOCATION].to_str().unwrap().starts_with("/login"), "{path}");
        }
    }
}

#[tokio::test]
async fn each_role_gets_what_it_may_and_nothing_else() {
    let test = TestApp::claimed().await;
    for role in [Role::Viewer, Role::Operator, Role::Administrator] {
        let cookie = test.sign_in(&role.to_string()).await;
        for route in table(test.app.clone()).routes {
            let (Access::May(permission) | Access::Person(permission)) = route.access else { continue };
            // Nobody has the number 9: who walks must not end the own sessions.
            let path = concrete(route.path).replace("/users/1/", "/users/9/");
            let kind = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
            let request = Request::builder()
                .method(route.method)
                .uri(&path)
                .header(header::COOKIE, &cookie)
                .header(header::CONTENT_TYPE, kind);
            let response = test.send(request, "").await;
            let status = response.status();
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            assert!(!to.starts_with("/login"), "{role} {} {path}: the session has ended", route.method);
            assert_eq!(
                status == StatusCode::FORBIDDEN,
                !role.allows(permission),
                "{role} {} {path}: {status}",
                route.method
            );
            assert!(!status.is_server_error(), "{role} {} {path}: {status}", route.method);
        }
    }
}

#[tokio::test]
async fn what_changes_something_says_what_it_leaves_in_the_audit_log() {
    /// Forms that change nothing but what this browser sees, or only show what a change would do.
    const NOTHING_TO_TELL: &[&str] = &[
        "/theme",
        "/setup",
        "/setup/guid",
        "/setup/connection",
        "/setup/key",
        "/configuration",
        "/configuration/text",
        "/alerts/rules/review",
        "/database/locked/check",
        "/exchange/clusters/{id}/report",
        "/peer/v1/poll",
        "/api/v1/setup-link",
        "/api/v1/alerts/try",
        "/api/v1/account/confirm",
    ];
    let test = TestApp::fresh().await;
    for route in table(test.app.clone()).routes {
        for action in route.audit {
            assert!(licensing::audit::find(action).is_some(), "{action} can't be filtered for");
        }
        let silent = route.audit.is_empty();
        assert_eq!(
            silent,
            route.method == "GET" || (route.method == "POST" && NOTHING_TO_TELL.contains(&route.path)),
            "{} {}",
            route.method,
            route.path
        );
    }
}

#[tokio::test]
async fn a_token_may_read_and_change_but_not_open_pages_of_persons() {
    let test = TestApp::claimed().await;
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let get = |path: &str| Request::get(path).header(header::AUTHORIZATION, &bearer);
    assert_eq!(test.send(get("/api/v1/status"), "").await.status(), StatusCode::OK);
    assert_eq!(test.send(get("/account"), "").await.status(), StatusCode::FORBIDDEN);
    let bad = Request::get("/api/v1/status").header(header::AUTHORIZATION, "Bearer lhk_nothing");
    assert_eq!(test.send(bad, "").await.status(), StatusCode::UNAUTHORIZED);
    test.clock.advance(91 * 86_400_000);
    assert_eq!(test.send(get("/api/v1/status"), "").await.status(), StatusCode::UNAUTHORIZED, "it has expired");
}

#[tokio::test]
async fn a_session_ends_when_idle_at_its_end_and_at_logout() {
    let test = TestApp::claimed().await;
    let get = |cookie: &str| Request::get("/account").header(header::COOKIE, cookie);
    let cookie = test.sign_in("viewer").await;
    assert_eq!(test.send(get(&cookie), "").await.status(), StatusCode::OK);
    test.clock.advance(29 * 60_000);
    assert_eq!(test.send(get(&cookie), "").await.status(), StatusCode::OK, "still in use");
    test.clock.advance(31 * 60_000);
    assert_eq!(test.send(get(&cookie), "").await.status(), StatusCode::SEE_OTHER, "idle for 30 minutes");

    let cookie = test.sign_in("viewer").await;
    for _ in 0..24 {
        test.clock.advance(29 * 60_000);
        assert_eq!(test.send(get(&cookie), "").await.status(), StatusCode::OK);
    }
    test.clock.advance(25 * 60_000);
    assert_eq!(test.send(get(&cookie), "").await.status(), StatusCode::SEE_OTHER, "older than 12 hours");

    let cookie = test.sign_in("viewer").await;
    test.form("/logout", &cookie, "").await;
    assert_eq!(test.send(get(&cookie), "").await.status(), StatusCode::SEE_OTHER, "signed out");
    let forged = format!("{}x", &cookie[..cookie.len() - 1]);
    assert_eq!(test.send(get(&forged), "").await.status(), StatusCode::SEE_OTHER, "forged");
}

#[tokio::test]
async fn what_is_typed_survives_the_end_of_a_session() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    test.clock.advance(31 * 60_000);
    let late = test.form("/configuration", &cookie, "base=1-x&port_number=7&comment=%3Cb%3E").await;
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
    let page = text(late).await;
    assert!(page.contains("Your entries are kept"), "{page}");
    let carried = "resume_path=%2Fconfiguration&resume=base%3D1-x%26port_number%3D7%26comment%3D%253Cb%253E";
    let again = test.form("/login", "", &format!("name=administrator&password=seven+green+lamps+hum&{carried}")).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert!(cookie_of(&again).is_some());
    let page = text(again).await;
    assert!(page.contains("action=\"/configuration\"") && page.contains("value=\"7\""), "{page}");
    assert!(!page.contains("<b>\""), "{page}");
    let elsewhere = "resume_path=%2Flogout&resume=a%3Db";
    let plain =
        test.form("/login", "", &format!("name=administrator&password=seven+green+lamps+hum&{elsewhere}")).await;
    assert_eq!(plain.status(), StatusCode::SEE_OTHER);
    let secret = test.form("/account/password", &cookie, "current=a&password=b").await;
    assert!(!text(secret).await.contains("resume"));
}

#[tokio::test]
async fn requests_from_elsewhere_are_refused() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let cross = Request::post("/logout")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, &cookie)
        .header("sec-fetch-site", "cross-site");
    assert_eq!(test.send(cross, "").await.status(), StatusCode::FORBIDDEN);
    let origin =
        Request::put("/api/v1/config").header(header::COOKIE, &cookie).header(header::ORIGIN, "http://evil.example");
    assert_eq!(test.send(origin, "{}").await.status(), StatusCode::FORBIDDEN);
    let host = Request::get("/login").header(header::HOST, "evil.example");
    assert_eq!(test.send(host, "").await.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn an_unclaimed_server_answers_its_own_machine_only() {
    let test = TestApp::fresh().await;
    let mut request = Request::get("/setup").header(header::HOST, "10.9.9.9:8084").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 9, 9, 8], 5))));
    assert_eq!(router(test.app.clone()).oneshot(request).await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(test.send(Request::get("/setup"), "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn bad_bodies_get_the_right_status_and_change_nothing() {
    let test = TestApp::claimed().await;
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let config = test.send(Request::get("/api/v1/config").header(header::AUTHORIZATION, &bearer), "").await;
    let etag = config.headers()[header::ETAG].to_str().unwrap().to_owned();
    let put = |kind: &'static str, etag: &str| {
        let request =
            Request::put("/api/v1/config").header(header::AUTHORIZATION, &bearer).header(header::CONTENT_TYPE, kind);
        if etag.is_empty() { request } else { request.header(header::IF_MATCH, etag) }
    };
    let change = r#"{"changes":{"port_number":"7570"}}"#;
    let cases: &[(&str, &str, String, u16)] = &[
        ("application/json", "", change.to_owned(), 428),
        ("application/json", "*", change.to_owned(), 428),
        ("text/plain", &etag, change.to_owned(), 415),
        ("application/json", &etag, "{".to_owned(), 400),
        ("application/json", &etag, "[]".to_owned(), 422),
        ("application/json", &etag, "{}".to_owned(), 422),
        ("application/json", &etag, format!("\"{}\"", "x".repeat(5_000_000)), 413),
        ("application/json", &etag, r#"{"changes":{"port_number":"70000"}}"#.to_owned(), 422),
        ("application/json", &etag, r#"{"changes":{"NO_SUCH":"1"}}"#.to_owned(), 422),
        ("application/json", &etag, r#"{"changes":{"VERSION":"1"}}"#.to_owned(), 422),
        ("application/json", "\"1-0000000000000000\"", change.to_owned(), 412),
    ];
    for (kind, etag, body, status) in cases {
        let response = test.send(put(kind, etag), body).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(response.status().as_u16(), *status, "{kind} {etag} {shown}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
    let response = test.send(put("application/json", &etag), change).await;
    assert_eq!(response.status(), StatusCode::OK, "the file was untouched until now");
    assert!(text(response).await.contains("\"revision\":2"));
    let response = test.send(put("application/json", &etag), r#"{"changes":{"port_number":"7571"}}"#).await;
    assert_eq!(response.status(), StatusCode::PRECONDITION_FAILED);
    let both = text(response).await;
    assert!(both.contains("7570") && both.contains("7571"), "both changes are in the answer: {both}");
}

#[tokio::test]
async fn unknown_addresses_and_methods_say_so() {
    let test = TestApp::claimed().await;
    assert_eq!(test.send(Request::get("/nothing"), "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(test.send(Request::get("/pkg/../../etc/passwd"), "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(test.send(Request::get("/pkg/%2e%2e%2fCargo.toml"), "").await.status(), StatusCode::NOT_FOUND);
    let api = test.send(Request::get("/api/v1/nothing"), "").await;
    assert_eq!(api.status(), StatusCode::NOT_FOUND);
    assert_eq!(api.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(test.send(Request::delete("/api/v1/config"), "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(test.send(Request::get("/setup"), "").await.status(), StatusCode::NOT_FOUND, "the wizard is over");
}

#[tokio::test]
async fn the_address_of_a_form_leads_to_the_page_it_belongs_to() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let routes = table(test.app.clone()).routes;
    let is_page = |path: &str| routes.iter().any(|route| route.method == "GET" && concrete(route.path) == path);
    let mut walked = 0;
    for route in &routes {
        let path = concrete(route.path);
        if route.method != "POST" || is_page(&path) || path.starts_with("/api/") || path.starts_with("/peer/") {
            continue;
        }
        walked += 1;
        for method in ["GET", "HEAD"] {
            let request = Request::builder().method(method).uri(&path).header(header::COOKIE, &cookie);
            let response = test.send(request, "").await;
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{method} {path}");
            let location = response.headers()[header::LOCATION].to_str().unwrap();
            assert!(is_page(location) && (location == "/" || path.starts_with(location)), "{path} → {location}");
        }
        // Nobody is signed in: the page asks for that.
        assert_eq!(test.send(Request::get(&path), "").await.status(), StatusCode::SEE_OTHER, "{path}");
    }
    assert!(walked > 20, "{walked}");
}

#[tokio::test]
async fn every_page_has_a_policy_with_its_nonce_and_no_store() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    for route in table(test.app.clone()).routes {
        if route.method != "GET"
            || route.path.starts_with("/api/")
            || ["/events", "/metrics"].contains(&route.path)
            || route.path.starts_with("/setup")
            // Without the password before it, it leads to the sign-in.
            || route.path == app::paths::LOGIN_CODE
            // Where pages were before: leads to where they are.
            || route.path.starts_with(app::paths::ALERTS_BEFORE)
            // Of single things, and files to be saved.
            || route.path.contains("{id}")
            || route.path.contains("{token}")
            || route.path.contains("{number}")
            || route.path.ends_with(".csv")
            || route.path.ends_with(".json")
            || route.path.ends_with(".txt")
        {
            continue;
        }
        let response = test.send(Request::get(concrete(route.path)).header(header::COOKIE, &cookie), "").await;
        assert_eq!(response.status(), StatusCode::OK, "{}", route.path);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(
            policy.contains("'nonce-") && policy.contains("'strict-dynamic'") && !policy.contains("unsafe-inline"),
            "{policy}"
        );
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let body = text(response).await;
        assert!(!body.contains(" style=\"") && !body.contains("\" onclick="), "{}", route.path);
    }
}

#[tokio::test]
async fn guesses_are_slowed_down_and_the_wait_is_told() {
    let test = TestApp::claimed().await;
    let guess = "name=administrator&password=wrong";
    for _ in 0..5 {
        assert_eq!(test.form("/login", "", guess).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let response = test.form("/login", "", guess).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    test.clock.advance(60_000);
    test.sign_in("administrator").await;
}

#[tokio::test]
async fn an_unknown_name_gets_the_answer_of_a_wrong_password() {
    let test = TestApp::claimed().await;
    let mut pages = Vec::new();
    for name in ["administrator", "nobody"] {
        let refused = test.form("/login", "", &format!("name={name}&password=wrong")).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let page = text(refused).await;
        // The words between the tags: the name that was typed is inside of one.
        let words = page.split('<').filter_map(|part| part.split_once('>')).map(|(_, words)| words);
        pages.push(words.collect::<Vec<_>>().join(" "));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_page_that_refreshes_itself_keeps_no_session_alive() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    for _ in 0..2 {
        test.clock.advance(14 * 60_000);
        let fetched =
            test.send(Request::get("/").header(header::COOKIE, &cookie).header("x-leasehold-live", "1"), "").await;
        assert_eq!(fetched.status(), StatusCode::OK);
        let heard = test.send(Request::get("/events").header(header::COOKIE, &cookie), "").await;
        assert_eq!(heard.status(), StatusCode::OK);
    }
    test.clock.advance(3 * 60_000);
    let fetched =
        test.send(Request::get("/").header(header::COOKIE, &cookie).header("x-leasehold-live", "1"), "").await;
    assert_eq!(fetched.status(), StatusCode::SEE_OTHER, "half an hour passed, and nobody was there");
}

#[tokio::test]
async fn a_page_that_refreshes_itself_leaves_the_answer_to_the_last_action_to_the_person() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let added = test.form("/account/sessions/revoke-others", &cookie, "").await;
    let back = added.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let get = || Request::get(&back).header(header::COOKIE, &cookie);
    assert!(!text(test.send(get().header("x-leasehold-live", "1"), "").await).await.contains("id=\"flash\""));
    assert!(text(test.send(get(), "").await).await.contains("id=\"flash\""));
    assert!(!text(test.send(get(), "").await).await.contains("id=\"flash\""));
}

/// The name and the data of the next event.
async fn event(body: &mut axum::body::BodyDataStream) -> (String, serde_json::Value, String) {
    let bytes = futures::StreamExt::next(body).await.unwrap().unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    (field("event:"), serde_json::from_str(&field("data:")).unwrap(), field("id:"))
}

#[tokio::test]
async fn what_needs_attention_leads_to_pages_that_exist() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let zone = |_| licensing::words::Zone::utc();
    let service = licensing::service::Judgement::default();
    let all = ["A".to_owned()];
    let facts = Facts {
        service: &service,
        registered: true,
        machine: Some((Urgency::Critical, "The license of this machine is void.")),
        phase: ContactPhase::Lapsed,
        sync: SyncFacts { failed_rounds: 1, clock_flagged: true, ..SyncFacts::default() },
        licenses: Some(LicenseFacts { not_loaded: 1, over_committed: all.to_vec(), ..LicenseFacts::default() }),
        at_limit: &all,
        denials_today: 1,
        firing: &all,
        acknowledged: &all,
        rules: 1,
        conf_problem: Some("It is a folder."),
        changed_outside: Some(0),
        findings: (1, 1),
        restart: &all,
        storage: StorageFacts {
            audit_broken: Some("Broken.".to_owned()),
            trouble: Some("The disk is full.".to_owned()),
            ..StorageFacts::default()
        },
        monitor: MonitorFacts {
            standing: Standing::Locking { violation: Violation::Expired, since: 0 },
            locked: 1,
            files: 1,
            coverable: 0,
        },
        now: 0,
        zone: &zone,
    };
    let parts = facts.judge();
    assert!(parts.iter().map(|part| part.issues.len()).sum::<usize>() >= 16);
    for part in parts {
        for path in part.issues.into_iter().map(|issue| issue.path).chain([part.part.path().to_owned()]) {
            let request = Request::get(&path).header(header::COOKIE, &cookie);
            assert_eq!(test.send(request, "").await.status(), StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn where_the_alerts_were_before_leads_to_where_they_are() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("viewer").await;
    for (before, now) in [
        ("/settings/alerts", "/alerts"),
        ("/settings/alerts/rules/new?kind=denials", "/alerts/rules/new?kind=denials"),
        ("/settings/alerts/channels/3", "/alerts/channels/3"),
    ] {
        let response = test.send(Request::get(before).header(header::COOKIE, &cookie), "").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], now);
    }
}

#[tokio::test]
async fn the_suggested_rules_are_added_in_one_step_and_once() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let page = async || text(test.send(Request::get("/alerts").header(header::COOKIE, &cookie), "").await).await;
    assert!(page().await.contains("Add 14 suggested rules"));
    for message in ["14 rules were added and turned on.", "All suggested rules are there."] {
        let response = test.form("/alerts/suggested", &cookie, "").await;
        assert_eq!(
            (response.status(), &response.headers()[header::LOCATION]),
            (StatusCode::SEE_OTHER, &"/alerts".parse().unwrap())
        );
        let page = page().await;
        assert!(page.contains(message) && !page.contains("suggested rules<"), "{page}");
    }
    assert_eq!(test.app.engine.alert_rules().await.unwrap().len(), 14);
}

#[tokio::test]
async fn a_long_list_of_rules_comes_in_pages_and_each_rule_once() {
    let test = TestApp::claimed().await;
    let rule = RuleSettings::new(Condition::usual(ConditionKind::TaskRestarted));
    for _ in 0..30 {
        let new = NewRule { rule: rule.clone(), enabled: false, channels: Vec::new() };
        test.app.engine.save_alert_rule(&Actor::system(), None, &new).await.unwrap();
    }
    let cookie = test.sign_in("viewer").await;
    let page = async |path: &str| {
        let page: serde_json::Value = serde_json::from_str(&text(test.get(&cookie, path).await).await).unwrap();
        let ids = page["items"].as_array().unwrap().iter().map(|rule| rule["id"].as_i64().unwrap()).collect::<Vec<_>>();
        (ids, page["next"].as_i64())
    };
    let (first, next) = page("/api/v1/alerts").await;
    assert_eq!((first, next), ((1..=25).collect(), Some(25)));
    assert_eq!(page("/api/v1/alerts?before=25").await, ((26..=30).collect(), None));
    assert_eq!(page("/api/v1/alerts?before=30").await, (Vec::new(), None));
    let none: serde_json::Value =
        serde_json::from_str(&text(test.get(&cookie, "/api/v1/licenses").await).await).unwrap();
    assert_eq!((&none["items"], &none["next"]), (&serde_json::json!([]), &serde_json::Value::Null));
}

#[tokio::test]
async fn an_operator_acknowledges_what_fires_and_silences_a_rule_and_cannot_change_it() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    let rule = RuleSettings::new(Condition::usual(ConditionKind::TaskRestarted));
    let new = NewRule { rule, enabled: true, channels: Vec::new() };
    engine.save_alert_rule(&Actor::system(), None, &new).await.unwrap();
    engine.tasks.failed("peers", "a test");
    engine.look_at_alerts().await.unwrap();
    let cookie = test.sign_in("operator").await;
    let page = async || text(test.send(Request::get("/alerts").header(header::COOKIE, &cookie), "").await).await;
    let before = page().await;
    assert!(before.contains("1 alert is firing.") && before.contains("/alerts/rules/1/acknowledge"), "{before}");
    let response = test.form("/alerts/rules/1/acknowledge", &cookie, "subject=peers").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let after = page().await;
    assert!(after.contains("Acknowledged by operator") && !after.contains("/alerts/rules/1/acknowledge"), "{after}");
    assert!(after.contains("1 alert is firing, acknowledged."), "{after}");
    let again = test.form("/alerts/rules/1/acknowledge", &cookie, "subject=peers").await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    let response = test.form("/alerts/rules/1/silence", &cookie, "until=4").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(page().await.contains("Silenced until "));
    for wrong in ["until=soon", "until=9999"] {
        let refused = test.form("/alerts/rules/1/silence", &cookie, wrong).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    test.form("/alerts/rules/1/silence", &cookie, "until=0").await;
    assert!(!page().await.contains("Silenced until "));
    assert_eq!(test.form("/alerts/rules/1/disable", &cookie, "").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn events_say_what_changed_since_the_page_was_made() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let page = text(test.send(Request::get("/").header(header::COOKIE, &cookie), "").await).await;
    let seen = page.split("data-seen=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let listen = async |id: Option<&str>| {
        let request = Request::get(format!("/events?every=0&seen={seen}")).header(header::COOKIE, &cookie);
        let request = id.iter().fold(request, |request, id| request.header("last-event-id", *id));
        let response = test.send(request, "").await;
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        response.into_body().into_data_stream()
    };
    let mut events = listen(None).await;
    let (name, data, _) = event(&mut events).await;
    assert_eq!(
        (name.as_str(), &data["changed"]),
        ("beat", &serde_json::json!([])),
        "nothing changed, and the server is there"
    );

    let engine = &test.app.engine;
    engine.add_user(&Actor::system(), "zoe", Role::Viewer, PASSWORD).await.unwrap();
    test.clock.advance(1_000);
    let (name, data, id) = event(&mut events).await;
    assert_eq!((name.as_str(), &data["changed"]), ("change", &serde_json::json!(["audit"])));
    assert_eq!(data["at"], test.app.engine.now_ms());

    // Connected again, it hears only what is new to it; the page's own word is older.
    let (name, ..) = event(&mut listen(Some(&id)).await).await;
    assert_eq!(name, "beat");
    let (name, ..) = event(&mut listen(None).await).await;
    assert_eq!(name, "change");
    // Of another process nothing is known.
    let (_, data, _) = event(&mut listen(Some("1.0.0.0.0.0.0.0.0")).await).await;
    assert_eq!(data["changed"].as_array().unwrap().len(), engine::changes::Topic::ALL.len());

    test.app.stop.cancel();
    assert!(futures::StreamExt::next(&mut events).await.is_none(), "the stream ends with the server");
}

const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// What the vendor hands out, with nodes that nobody can reach.
fn registration_file(auth: &str) -> RegistrationFile {
    RegistrationFile {
        guid: GUID.parse().unwrap(),
        auth_string: auth.parse().unwrap(),
        context: None,
        deployment_id: None,
        operator_id: None,
        customer: Some("ACME".to_owned()),
        nodes: vec![NOWHERE.to_owned()],
        nodes_https: Vec::new(),
        vendor_keys: vec![VendorSecret::from_seeds([1; 32], [2; 32]).public()],
    }
}

impl TestApp {
    /// The tests ask no proxy of the machine they run on.
    fn without_proxy(&self) {
        self.app.engine.configure_nodes(&NodeSettings { proxy: Some("off".to_owned()), ca: None }).unwrap();
    }

    /// Registered with an auth string that turns out to be wrong.
    async fn registered() -> Self {
        let test = Self::claimed().await;
        test.without_proxy();
        let engine = &test.app.engine;
        let registration = Registration::from(&registration_file("mistyped"));
        let nodes = registration.node_values(&engine.conf().document());
        engine.register(&Actor::system(), &BaseRevision::Newest, registration, nodes, "").await.unwrap();
        test
    }

    async fn auth_string(&self) -> String {
        self.app.engine.auth_string().await.unwrap().unwrap_or_default()
    }
}

impl TestApp {
    /// Whether a text is anywhere in the database or its journal.
    fn is_stored(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.app.engine.folder()).unwrap().map(|entry| entry.unwrap().path());
        let mut files = files.filter(|path| path.is_file());
        files.any(|path| std::fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

#[tokio::test]
async fn a_correction_that_no_node_can_check_is_kept_only_when_asked_and_what_was_typed_is_not_lost() {
    let test = TestApp::registered().await;
    let cookie = test.sign_in("administrator").await;
    let correct = async |more: &str| {
        let body =
            format!("form=correct&new_guid=df9960a1-7bd5-633b-f0f4-b1470bbd0b8e&new_context=&new_customer=ACME&{more}");
        let response = test.form("/exchange/registration/correct", &cookie, &body).await;
        (response.status(), text(response).await)
    };
    let (status, page) = correct("new_auth=CORRECTED&intent=check").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Enter your password."), "{page}");
    let (status, page) = correct("new_auth=CORRECTED&intent=check&password=not+the+password").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("This is not your current password."), "{page}");

    // Who typed it was not known: it was kept nowhere.
    assert!(!page.contains("name=\"auth_kept\""), "{page}");
    assert!(test.is_stored("mistyped") && !test.is_stored("CORRECTED"));

    let (status, page) = correct("new_auth=CORRECTED&intent=check&password=seven+green+lamps+hum").await;
    assert_eq!(status, StatusCode::OK, "nobody refused it");
    for words in ["No licensing node could be reached.", "Keep without the check", "name=\"auth_kept\""] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("CORRECTED"), "{page}");
    assert_eq!(test.auth_string().await, "mistyped", "nothing is kept yet");
    let state = test.app.engine.sync_state();
    assert_eq!((state.failed_rounds, state.round), (0, None), "a try is no exchange");

    // The password was confirmed a moment ago.
    let (status, _) = correct("intent=keep&auth_kept=yes").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(test.auth_string().await, "CORRECTED");
    let audit =
        test.app.engine.audit.list(&engine::audit::AuditQuery { limit: 1, ..Default::default() }).await.unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].sentence.as_str(), audit[0].who.as_str()),
        (
            "server.register",
            "Corrected the registration: auth string. It was not checked at a licensing node.",
            "administrator"
        )
    );
    // It was used once, and waits no longer.
    let (status, _) = correct("intent=keep&auth_kept=yes").await;
    assert_eq!((status, test.auth_string().await.as_str()), (StatusCode::SEE_OTHER, "CORRECTED"));
    test.clock.advance(6 * 60_000);
    assert_eq!(correct("new_auth=ANOTHER&intent=keep").await.0, StatusCode::UNPROCESSABLE_ENTITY, "it asks again");
}

#[tokio::test]
async fn each_wrong_field_of_a_correction_is_named_and_typed_values_stay() {
    let test = TestApp::registered().await;
    let cookie = test.sign_in("administrator").await;
    let body = "form=correct&new_guid=%24LV_LIC&new_auth=x-auth-string%3A+TYPED-SECRET&new_context=staging&new_customer=Kept+Inc&password=seven+green+lamps+hum";
    let response = test.form("/exchange/registration/correct", &cookie, body).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(response).await;
    for words in
        ["$LV_LIC", "Kept Inc", "This is more than the auth string.", "Unknown context.", "Please fix 3 fields."]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("TYPED-SECRET") && !page.contains("seven green"), "{page}");
    let viewer = test.sign_in("viewer").await;
    let page = text(test.send(Request::get("/exchange").header(header::COOKIE, viewer), "").await).await;
    assert!(page.contains("id=\"registration\"") && page.contains("needs the role administrator"), "{page}");
    assert!(!page.contains("mistyped"), "the auth string is never shown: {page}");
}

#[tokio::test]
async fn registering_again_asks_for_the_password() {
    let test = TestApp::registered().await;
    let cookie = test.sign_in("administrator").await;
    let refused = test.form("/exchange/registration", &cookie, "auth=ANOTHER").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.auth_string().await, "mistyped");
    let done =
        test.form("/exchange/registration", &cookie, "auth=ANOTHER&register_password=seven+green+lamps+hum").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", text(done).await);
    assert_eq!(test.auth_string().await, "ANOTHER");
}

#[tokio::test]
async fn the_wizard_loses_nothing_that_was_typed_and_a_corrected_auth_string_replaces_the_files() {
    let test = TestApp::fresh().await;
    test.without_proxy();
    let engine = &test.app.engine;
    engine.add_user(&Actor::system(), "administrator", Role::Administrator, PASSWORD).await.unwrap();
    let cookie = test.sign_in("administrator").await;
    let step = async |path: &str, body: &str| {
        let response = test.form(path, &cookie, body).await;
        (response.status(), text(response).await)
    };
    let auth = async || engine.setup().await.unwrap().registration().and_then(|registration| registration.auth);

    let (status, page) = step("/setup/guid", "guid=%24LV_LIC&auth=TYPED").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("$LV_LIC") && page.contains("Entered, and not shown"), "{page}");
    let long = "A".repeat(1025);
    let (_, page) = step("/setup/guid", &format!("guid={GUID}&auth={long}")).await;
    assert!(page.contains("This has 1025 characters; an auth string has at most 1024."), "{page}");
    assert_eq!(step("/setup/guid", &format!("guid={GUID}")).await.0, StatusCode::SEE_OTHER);
    assert_eq!(auth().await.unwrap().as_str(), "TYPED", "neither wrong field threw it away");

    let file = form_urlencoded::Serializer::new(String::new())
        .append_pair("registration", &registration_file("OF-THE-FILE").to_json())
        .finish();
    assert_eq!(step("/setup/guid", &file).await.0, StatusCode::SEE_OTHER);
    assert_eq!(auth().await.unwrap().as_str(), "OF-THE-FILE", "a file that is given anew brings its own");
    assert_eq!(step("/setup/guid", "auth=CORRECTED").await.0, StatusCode::SEE_OTHER);
    assert_eq!(auth().await.unwrap().as_str(), "CORRECTED");

    // The key came with the file; the nodes are silent, which is said, and leaves a way on.
    let (status, page) = step("/setup/key", "intent=pin").await;
    assert_eq!(status, StatusCode::OK);
    for words in ["No licensing node could be reached.", "Continue without the check", NOWHERE] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (status, page) = step("/setup/key", &format!("intent=correct&guid={GUID}&auth=two%0Alines")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("An auth string must be one line; this has 2."), "{page}");
    // Another GUID than the file's keeps the file's key and nodes.
    let other = "{11111111-7BD5-633B-F0F4-B1470BBD0B8E}";
    assert_eq!(step("/setup/key", &format!("intent=correct&guid={other}&auth=AGAIN")).await.0, StatusCode::OK);
    let setup = engine.setup().await.unwrap();
    let registration = setup.registration().unwrap();
    assert_eq!((registration.guid.to_string().as_str(), registration.vendor_keys.len()), (other, 1));
    assert_eq!(registration.auth.unwrap().as_str(), "AGAIN");
    assert!(setup.connection.iter().any(|(_, value)| value == NOWHERE), "{:?}", setup.connection);
    let go_on = format!("intent=unchecked&guid={GUID}&auth=LAST");
    assert_eq!(step("/setup/key", &go_on).await.0, StatusCode::SEE_OTHER);
    assert_eq!(auth().await.unwrap().as_str(), "LAST", "going on without the check loses nothing either");
}

#[tokio::test]
async fn what_is_left_to_set_up_is_shown_to_administrators_until_it_is_taken_off() {
    let test = TestApp::registered().await;
    let overview = async |name: &str| {
        let cookie = test.sign_in(name).await;
        (text(test.send(Request::get("/").header(header::COOKIE, &cookie), "").await).await, cookie)
    };
    // Recent changes tell of the same things in words.
    let offers = |page: &str, item: &str| page.contains(&format!("value=\"{item}\""));
    let (page, cookie) = overview("administrator").await;
    for item in ["backup_server", "alerts", "tls", "second_administrator", "data_backup", "all"] {
        assert!(offers(&page, item), "{item}: {page}");
    }
    for name in ["viewer", "operator"] {
        assert!(!overview(name).await.0.contains("Add a backup server"), "{name}");
    }
    assert_eq!(test.form("/checklist", &cookie, "item=data_backup").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(test.form("/checklist", &cookie, "item=nothing").await.status(), StatusCode::SEE_OTHER);
    let (page, cookie) = overview("administrator").await;
    assert!(!offers(&page, "data_backup") && offers(&page, "alerts"), "{page}");
    assert_eq!(test.form("/checklist", &cookie, "item=all").await.status(), StatusCode::SEE_OTHER);
    assert!(!offers(&overview("administrator").await.0, "alerts"));
}
