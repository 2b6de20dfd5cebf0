//! Who comes in, and what is asked of whoever is in: guesses, forms of strangers, the password before sensitive changes.

use futures::future::join_all;

use super::*;
use crate::http::{confirmed, downloads};

const WRONG: &str = "name=administrator&password=wrong";

impl TestApp {
    /// Signs in and returns the cookie of the session and that of the device.
    async fn enter(&self, name: &str) -> (String, String) {
        let response = self.form("/login", "", &format!("name={name}&password=seven+green+lamps+hum")).await;
        (cookie_of(&response).unwrap(), device_of(&response).unwrap())
    }

    /// Guesses until a wait is told.
    async fn guess_too_often(&self) {
        for _ in 0..5 {
            assert_eq!(self.form("/login", "", WRONG).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(self.form("/login", "", WRONG).await.status(), StatusCode::TOO_MANY_REQUESTS);
    }

    async fn right(&self, name: &str, cookie: &str) -> StatusCode {
        self.form("/login", cookie, &format!("name={name}&password=seven+green+lamps+hum")).await.status()
    }

    pub(super) async fn json(
        &self,
        method: &str,
        path: &str,
        head: (header::HeaderName, &str),
        body: &str,
    ) -> Response {
        let request = Request::builder().method(method).uri(path).header(head.0, head.1);
        self.send(request.header(header::CONTENT_TYPE, "application/json"), body).await
    }
}

#[tokio::test]
async fn a_stranger_cannot_keep_out_who_has_signed_in_with_this_browser_before() {
    let test = TestApp::claimed().await;
    let (_, device) = test.enter("administrator").await;
    let (_, of_viewer) = test.enter("viewer").await;
    test.guess_too_often().await;
    assert_eq!(test.right("administrator", "").await, StatusCode::TOO_MANY_REQUESTS, "a new browser at this address");
    assert_eq!(test.right("Administrator", &device).await, StatusCode::SEE_OTHER);
    assert_eq!(test.right("administrator", &of_viewer).await, StatusCode::TOO_MANY_REQUESTS, "it is bound to the name");
    let forged = device.replace("administrator", "administrato");
    assert_ne!(forged, device);
    assert_eq!(test.right("administrator", &forged).await, StatusCode::TOO_MANY_REQUESTS, "it is signed");
    // It is no way in: guesses with it are slowed down by themselves.
    for _ in 0..5 {
        assert_eq!(test.form("/login", &device, WRONG).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(test.form("/login", &device, WRONG).await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(test.get(&device, "/audit").await.status(), StatusCode::SEE_OTHER, "it opens nothing");
}

#[tokio::test]
async fn the_wrong_passwords_of_one_person_keep_out_nobody_else_behind_the_same_address() {
    let test = TestApp::claimed().await;
    test.guess_too_often().await;
    assert_eq!(test.right("viewer", "").await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wait_ends_though_the_clock_is_set_back_and_with_a_new_password() {
    let test = TestApp::claimed().await;
    test.guess_too_often().await;
    test.clock.set_off(-3_650 * 86_400_000);
    test.clock.advance(2_000);
    assert_eq!(test.right("administrator", "").await, StatusCode::SEE_OTHER);
    test.guess_too_often().await;
    test.app.engine.set_password(&Actor::system(), "Administrator", PASSWORD, None).await.unwrap();
    assert_eq!(test.right("administrator", "").await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_many_who_sign_in_at_once_the_last_are_turned_away_at_once_and_told_when_to_come_again() {
    let test = TestApp::claimed().await;
    let bodies: Vec<String> = (0..60).map(|n| format!("name=n{n}&password=wrong")).collect();
    let answers = join_all(bodies.iter().map(|body| test.form("/login", "", body))).await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE).collect();
    assert!(!busy.is_empty());
    for answer in busy {
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }
    assert_eq!(test.right("viewer", "").await, StatusCode::SEE_OTHER, "the flood is over");
}

#[tokio::test]
async fn a_form_of_a_stranger_has_at_most_16_kib_and_64_fields() {
    let test = TestApp::claimed().await;
    let (session, device) = test.enter("administrator").await;
    let status = async |cookie: &str, body: &str| test.form("/login", cookie, body).await.status();
    let large = format!("{WRONG}&next={}", "x".repeat(16 * 1024));
    let many = format!("{WRONG}{}", "&a=1".repeat(63));
    let most = format!("{WRONG}{}", "&a=1".repeat(62));
    for body in [&large, &many] {
        assert_eq!(status("", body).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(status("leasehold=made-up; leasehold-device=made-up", body).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(status("", &most).await, StatusCode::UNPROCESSABLE_ENTITY);
    // Who comes back brings along what was typed when the session had ended.
    for cookie in [&session, &device] {
        assert_eq!(status(cookie, &large).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let parts: String =
        (0..65).map(|n| format!("--b\r\ncontent-disposition: form-data; name=\"{n}\"\r\n\r\n1\r\n")).collect();
    let file = format!("--b\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\n{}\r\n", "x".repeat(17_000));
    for body in [parts, file] {
        let request = Request::post("/login").header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        let answer = test.send(request, &format!("{body}--b--\r\n")).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    // Nobody needs so many; they would take far more memory than was sent.
    let flood = "&a".repeat(20_000);
    assert_eq!(test.form("/configuration", &session, &flood).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_password_that_a_proxy_asks_for_opens_nothing_and_closes_nothing() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("viewer").await;
    let basic = |path: &str| Request::get(path).header(header::AUTHORIZATION, "Basic YW5uOnNlY3JldA==");
    for path in ["/", "/account", "/api/v1/status"] {
        assert_eq!(test.send(basic(path).header(header::COOKIE, &cookie), "").await.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(test.send(basic("/login"), "").await.status(), StatusCode::OK);
    assert_eq!(test.send(basic("/account"), "").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(test.send(basic("/api/v1/status"), "").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_host_that_only_begins_with_ours_is_refused() {
    let test = TestApp::claimed().await;
    for host in ["127.0.0.1:8084@evil.example", "localhost@evil.example", "127.0.0.1:8084/evil.example"] {
        let request = Request::get("/login").header(header::HOST, host);
        assert_eq!(test.send(request, "").await.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let two = Request::get("/login").header(header::HOST, "127.0.0.1:8084").header(header::HOST, "evil.example");
    assert_eq!(test.send(two, "").await.status(), StatusCode::MISDIRECTED_REQUEST);
    let whole = Request::get("http://evil.example/login").header(header::HOST, "127.0.0.1:8084");
    assert_eq!(test.send(whole, "").await.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn of_two_browsers_with_the_token_one_becomes_the_administrator() {
    let test = TestApp::fresh().await;
    let token = test.app.engine.setup_token().await.unwrap();
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let shown = test.form("/setup", "", &format!("token={token}")).await;
        assert_eq!(shown.status(), StatusCode::SEE_OTHER);
        cookies.push(cookie_of(&shown).unwrap());
    }
    let body = |name: &str| format!("name={name}&password=seven+green+lamps+hum&password_again=seven+green+lamps+hum");
    let (ann, bob) = (body("ann"), body("bob"));
    let both = [(&cookies[0], &ann), (&cookies[1], &bob)];
    let answers = join_all(both.map(|(cookie, body)| test.form("/setup/administrator", cookie, body))).await;
    let mut places: Vec<_> =
        answers.iter().map(|answer| answer.headers()[header::LOCATION].to_str().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, ["/login", "/setup/guid"]);
    assert_eq!(test.app.engine.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn sensitive_forms_ask_for_the_password_and_keep_what_was_typed() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let sent = "confirmed=yes&revision=1&url=http%3A%2F%2Flic-01&code=C0DE&minutes=5&drill_minutes=5&budget=5&name=x";
    let mut walked = Vec::new();
    for route in table(test.app.clone()).routes {
        if route.path.starts_with("/api/")
            || route.path.starts_with("/peer/")
            || !confirmed::is_asked(route.access, route.audit)
        {
            continue;
        }
        walked.push(route.path);
        let answer = test.form(&concrete(route.path), &cookie, sent).await;
        let (status, page) = (answer.status(), text(answer).await);
        if route.path.starts_with("/exchange/registration") {
            // They have tests of their own.
            assert_eq!(status == StatusCode::UNPROCESSABLE_ENTITY, route.path == "/exchange/registration", "{page}");
        } else if route.path == "/configuration/restore" {
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.contains("This is not your password."), "{page}");
        } else {
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", route.path);
            assert!(page.contains("Confirm your password") && page.contains("value=\"C0DE\""), "{page}");
            let says = route.path != "/servers/join" || page.contains("Join another server");
            assert!(says, "it says what for: {page}");
        }
    }
    for path in ["/servers/drain", "/servers/drill", "/servers/invite", "/servers/join", "/servers/remove"] {
        assert!(walked.contains(&path), "{path}");
    }
    assert!(walked.contains(&"/licenses/machine") && walked.contains(&"/configuration/restore"), "{walked:?}");
}

#[tokio::test]
async fn a_confirmed_password_holds_for_five_minutes_in_its_own_session() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let other = test.sign_in("administrator").await;
    let invite = async |cookie: &str, body: &str| {
        let answer = test.form("/servers/invite", cookie, body).await;
        (answer.status(), text(answer).await)
    };
    let (status, page) = invite(&cookie, "password=not+the+password").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("This is not your current password.") && !page.contains("not the password"), "{page}");
    let (status, page) = invite(&cookie, "password=seven+green+lamps+hum").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("class=\"invitation\""), "{page}");
    assert_eq!(invite(&cookie, "").await.0, StatusCode::OK, "it was confirmed a moment ago");
    assert_eq!(invite(&other, "").await.0, StatusCode::UNAUTHORIZED, "not in this browser");
    test.clock.set_off(-60_000);
    test.clock.advance(5 * 60_000);
    assert_eq!(invite(&cookie, "").await.0, StatusCode::UNAUTHORIZED, "five minutes are over, whatever the clock says");
    // A stranger at the sign-in keeps nobody from confirming.
    test.guess_too_often().await;
    assert_eq!(invite(&cookie, "password=seven+green+lamps+hum").await.0, StatusCode::OK);
}

#[tokio::test]
async fn over_the_api_a_session_confirms_its_password_and_a_token_is_not_asked() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let session = || (header::COOKIE, cookie.as_str());
    let mut walked = 0;
    for route in table(test.app.clone()).routes {
        if !route.path.starts_with("/api/") || !confirmed::is_asked(route.access, route.audit) {
            continue;
        }
        walked += 1;
        let answer = test.json(route.method, &concrete(route.path).replace("{name}", "x"), session(), "{}").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{} {}", route.method, route.path);
        assert!(text(answer).await.contains("/api/v1/account/confirm"), "{}", route.path);
        if matches!(route.access, Access::May(_)) {
            let path = concrete(route.path).replace("{name}", "x");
            let answer = test.json(route.method, &path, (header::AUTHORIZATION, &bearer), "[]").await;
            assert!(![401, 403].contains(&answer.status().as_u16()), "{} {path}: {}", route.method, answer.status());
        }
    }
    assert!(walked >= 11, "{walked}");
    let confirm = async |password: &str| {
        let body = format!("{{\"password\":\"{password}\"}}");
        test.json("POST", "/api/v1/account/confirm", session(), &body).await.status()
    };
    assert_eq!(confirm("wrong").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(confirm(PASSWORD).await, StatusCode::OK);
    let made = test.json("POST", "/api/v1/tokens", session(), r#"{"name":"backup-job"}"#).await;
    assert_eq!(made.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn reading_an_address_opens_no_report_and_changes_nothing() {
    let test = TestApp::registered().await;
    let cookie = test.sign_in("administrator").await;
    let routes = table(test.app.clone()).routes;
    let before =
        test.app.engine.audit.list(&engine::audit::AuditQuery { limit: 1, ..Default::default() }).await.unwrap();
    for route in routes.iter().filter(|route| route.method != "GET" && route.path.starts_with("/api/")) {
        if routes.iter().any(|other| other.method == "GET" && other.path == route.path) {
            continue;
        }
        for method in ["GET", "HEAD"] {
            let path = concrete(route.path).replace("{name}", "x");
            let answer = test.json(method, &path, (header::COOKIE, &cookie), "").await;
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
    let ledger = engine::exchange::LedgerQuery { limit: 9, ..Default::default() };
    assert!(test.app.engine.ledger(&ledger).await.unwrap().is_empty());
    let after =
        test.app.engine.audit.list(&engine::audit::AuditQuery { limit: 1, ..Default::default() }).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn files_are_given_to_few_at_a_time() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let files = [
        "/licenses.csv",
        "/clients.csv",
        "/usage.csv",
        "/usage.json",
        "/audit.csv",
        "/audit.json",
        "/api/v1/audit/export",
    ];
    let all = test.app.downloads.clone().try_acquire_many_owned(u32::try_from(downloads::MOST).unwrap()).unwrap();
    for path in files {
        let answer = test.get(&cookie, path).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.headers().contains_key(header::RETRY_AFTER), "{path}");
    }
    assert_eq!(test.get(&cookie, "/audit").await.status(), StatusCode::OK, "pages are no downloads");
    drop(all);
    for path in files {
        let answer = test.get(&cookie, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(!text(answer).await.is_empty(), "{path}");
    }
    let all = test.app.downloads.clone();
    let whole = all.acquire_many(u32::try_from(downloads::MOST).unwrap()).await;
    assert!(whole.is_ok(), "each place is given back");
}
