//! Behind proxies and under other names: who is let in, what is written down, and what browsers are told.

use axum::http::request::Builder;

use super::*;

const TRUSTED: (&str, &str) = ("trusted-proxies", "127.0.0.1");

fn get(path: &str, lines: &[(&str, &str)]) -> Builder {
    lines.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value))
}

fn login(lines: &[(&str, &str)]) -> Builder {
    let request = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    lines.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn right(name: &str) -> String {
    format!("name={name}&password={}", PASSWORD.replace(' ', "+"))
}

#[tokio::test]
async fn metrics_are_open_to_this_machine_without_a_proxy_and_a_setting_closes_them() {
    let open = TestApp::claimed_with(&[TRUSTED], false).await;
    let closed = TestApp::claimed_with(&[("metrics", "nobody")], false).await;
    assert_eq!(open.send(get("/metrics", &[]), "").await.status(), StatusCode::OK);
    assert_eq!(closed.send(get("/metrics", &[]), "").await.status(), StatusCode::UNAUTHORIZED);
    for line in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "127.0.0.1"),
        ("x-real-ip", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7"),
        ("via", "1.1 proxy"),
    ] {
        assert_eq!(open.send(get("/metrics", &[line]), "").await.status(), StatusCode::UNAUTHORIZED, "{line:?}");
    }
    for test in [&open, &closed] {
        let bearer = format!("Bearer {}", test.token(Role::Viewer).await);
        let lines = [("authorization", bearer.as_str()), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(test.send(get("/metrics", &lines), "").await.status(), StatusCode::OK, "a token is enough");
    }
}

#[tokio::test]
async fn the_audit_log_and_the_sessions_name_the_client_that_a_trusted_proxy_names() {
    let through = [("x-forwarded-for", "203.0.113.9, 198.51.100.7")];
    for (set, address) in [(&[TRUSTED][..], "198.51.100.7"), (&[], "127.0.0.1")] {
        let test = TestApp::claimed_with(set, false).await;
        let entered = test.send(login(&through), &right("administrator")).await;
        assert_eq!(entered.status(), StatusCode::SEE_OTHER);
        let cookie = cookie_of(&entered).unwrap();
        let audit = text(test.get(&cookie, "/audit.csv").await).await;
        assert!(audit.contains(&format!(",administrator,console,{address},done,session.login,")), "{audit}");
        assert!(text(test.get(&cookie, "/account").await).await.contains(address), "{address}");
    }
}

#[tokio::test]
async fn wrong_passwords_of_one_client_keep_out_no_other_behind_the_same_proxy() {
    let test = TestApp::claimed_with(&[TRUSTED], false).await;
    let mut slowed = false;
    for guess in 0..60 {
        let form = format!("name=nobody{guess}&password=wrong");
        let answer = test.send(login(&[("x-forwarded-for", "198.51.100.7")]), &form).await;
        slowed = answer.status() == StatusCode::TOO_MANY_REQUESTS;
        if slowed {
            break;
        }
    }
    assert!(slowed, "the one who guesses waits");
    let other = test.send(login(&[("x-forwarded-for", "198.51.100.8")]), &right("viewer")).await;
    assert_eq!(other.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_of_the_console_under_each_of_its_names_are_its_own() {
    let set = [("hosts", "lic-01.example"), ("public-url", "https://licenses.example:8443"), TRUSTED];
    let test = TestApp::claimed_with(&set, false).await;
    let foreign = [StatusCode::FORBIDDEN, StatusCode::MISDIRECTED_REQUEST];
    let status = async |lines: &[(&str, &str)]| test.send(login(lines), &right("viewer")).await.status();
    for own in [
        "http://127.0.0.1:8084",
        "https://lic-01.example",
        "http://lic-01.example",
        "http://lic-01.example:8084",
        "https://licenses.example:8443",
    ] {
        assert_eq!(status(&[("origin", own)]).await, StatusCode::SEE_OTHER, "{own}");
    }
    for other in ["https://evil.example", "https://licenses.example", "http://127.0.0.1:8085", "null"] {
        assert_eq!(status(&[("origin", other)]).await, StatusCode::FORBIDDEN, "{other}");
    }
    // A proxy at a port of its own tells how the browser asked.
    let at_proxy = [("origin", "https://lic-01.example:9443"), ("x-forwarded-host", "lic-01.example:9443")];
    assert_eq!(status(&at_proxy).await, StatusCode::SEE_OTHER);
    let evil = [("origin", "https://evil.example"), ("x-forwarded-host", "evil.example")];
    assert!(foreign.contains(&status(&evil).await), "a name is not ours because a proxy tells it");
    let excused = [("host", "evil.example"), ("x-forwarded-host", "lic-01.example")];
    assert!(foreign.contains(&status(&excused).await), "nor because a page adds a header");
    let untrusting = TestApp::claimed_with(&set[..2], false).await;
    assert_eq!(untrusting.send(login(&at_proxy), &right("viewer")).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_cookie_given_through_tls_of_a_trusted_proxy_is_for_tls_only() {
    let https = [("x-forwarded-proto", "https")];
    let forwarded = [("forwarded", "for=198.51.100.7;proto=https")];
    let trusting = TestApp::claimed_with(&[TRUSTED], false).await;
    let other = TestApp::claimed().await;
    for (test, lines, secure) in [
        (&trusting, &https[..], true),
        (&trusting, &forwarded[..], true),
        (&trusting, &[("x-forwarded-proto", "http")][..], false),
        (&trusting, &[][..], false),
        (&other, &https[..], false),
    ] {
        let entered = test.send(login(lines), &right("viewer")).await;
        let cookies: Vec<&str> =
            entered.headers().get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect();
        assert!(!cookies.is_empty());
        assert!(cookies.iter().all(|cookie| cookie.ends_with("; Secure") == secure), "{lines:?}: {cookies:?}");
    }
}

#[tokio::test]
async fn health_is_told_under_any_name_and_without_one() {
    let test = TestApp::claimed().await;
    for (host, page) in [(None, 421), (Some("balancer.example"), 421), (Some("10.0.0.5"), 200), (Some("[::1]"), 200)] {
        for (path, status) in [("/livez", 200), ("/readyz", 200), ("/login", page)] {
            let request = host.into_iter().fold(Request::get(path), |request, host| request.header("host", host));
            let mut request = request.body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5))));
            let answer = router(test.app.clone()).oneshot(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{host:?} {path}");
        }
    }
}

#[tokio::test]
async fn an_unclaimed_server_takes_nobody_behind_a_proxy_for_its_own_machine() {
    let remote = [("x-forwarded-for", "198.51.100.7")];
    let here = [("x-forwarded-for", "127.0.0.1")];
    let trusting = TestApp::fresh_with(&[TRUSTED], false).await;
    let other = TestApp::fresh().await;
    for (test, lines, status) in [
        (&trusting, &[][..], StatusCode::OK),
        (&trusting, &here[..], StatusCode::OK),
        (&trusting, &remote[..], StatusCode::FORBIDDEN),
        // A proxy passes this on as it comes.
        (&trusting, &[("forwarded", "for=203.0.113.9"), remote[0]][..], StatusCode::FORBIDDEN),
        (&trusting, &[("x-forwarded-proto", "https")][..], StatusCode::FORBIDDEN),
        (&other, &here[..], StatusCode::FORBIDDEN),
        (&other, &remote[..], StatusCode::FORBIDDEN),
    ] {
        assert_eq!(test.send(get("/setup", lines), "").await.status(), status, "{lines:?}");
    }
}

#[tokio::test]
async fn only_a_given_certificate_binds_a_host_to_tls_and_a_setting_undoes_it() {
    let given = [("tls-cert", "/c"), ("tls-key", "/k")];
    let off = [("tls-cert", "/c"), ("tls-key", "/k"), ("hsts", "off")];
    for (set, secure, told) in [
        (&given[..], true, true),
        (&off[..], true, false),
        (&[("hosts", "lic-01.example")][..], true, false),
        (&[][..], false, false),
    ] {
        let test = TestApp::claimed_with(set, secure).await;
        let answer = test.send(get("/login", &[]), "").await;
        assert_eq!(answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY), told, "{set:?}");
    }
}

#[tokio::test]
async fn two_consoles_on_one_host_sign_nobody_out_of_each_other() {
    let (one, two) = (TestApp::claimed().await, TestApp::claimed().await);
    let both = format!("{}; {}", one.sign_in("viewer").await, two.sign_in("viewer").await);
    for test in [&one, &two] {
        assert_eq!(test.get(&both, "/account").await.status(), StatusCode::OK);
    }
    let names = [one.app.cookie_name(), two.app.cookie_name()];
    assert!(names[0] != names[1] && names.iter().all(|name| name.starts_with("leasehold-")), "{names:?}");
    let over_tls = TestApp::claimed_with(&[], true).await;
    assert!(over_tls.app.cookie_name().starts_with("__Host-leasehold-"));
}

#[tokio::test]
async fn links_and_invitations_use_the_public_address() {
    let test = TestApp::fresh_with(&[("public-url", "https://licenses.example")], false).await;
    assert_eq!(test.app.installation.origin, "https://licenses.example");
    let named = TestApp::fresh_with(&[("hosts", "lic-01.example")], false).await;
    assert_eq!(named.app.installation.origin, "http://lic-01.example:8084");
}

#[tokio::test]
async fn pages_and_files_are_compressed_and_csv_begins_with_the_mark_that_excel_needs() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    for path in ["/login", "/", "/audit", "/audit.csv", "/audit.json", "/api/v1/status", "/api/v1/audit/export"] {
        for coding in ["br", "gzip"] {
            let request = get(path, &[("cookie", cookie.as_str()), ("accept-encoding", coding)]);
            let answer = test.send(request, "").await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers()[header::CONTENT_ENCODING], coding, "{path}");
        }
    }
    let events = test.send(get("/events", &[("cookie", cookie.as_str()), ("accept-encoding", "br, gzip")]), "").await;
    assert!(!events.headers().contains_key(header::CONTENT_ENCODING), "an event does not wait for others");
    let mut files = 0;
    for route in table(test.app.clone()).routes {
        let is_csv = route.path.ends_with(".csv");
        if !is_csv && !route.path.ends_with(".json") || route.path.starts_with("/api/") {
            continue;
        }
        files += usize::from(is_csv);
        let answer = test.get(&cookie, route.path).await;
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes.starts_with(b"\xef\xbb\xbf"), is_csv, "{}", route.path);
    }
    assert_eq!(files, 5);
}
