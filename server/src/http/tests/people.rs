//! Who comes in and how: the second step, invitations, other people's accounts, limited tokens.

use engine::accounts::users::User;
use licensing::permission::Permission;
use licensing::totp::{STEP, TotpSecret};

use super::*;

const PASSWORD_FORM: &str = "password=seven+green+lamps+hum";

impl TestApp {
    async fn user(&self, name: &str) -> User {
        self.app.engine.user_named(name).await.unwrap()
    }

    /// Two-step sign-in for a user; the clock stands where the next code is good.
    async fn with_totp(&self, name: &str) -> (TotpSecret, Vec<String>) {
        let engine = &self.app.engine;
        let user = self.user(name).await;
        let secret = engine.begin_totp(&Actor::system(), user.id).await.unwrap();
        let codes = engine.confirm_totp(&Actor::system(), user.id, &secret.code_at(engine.now_ms())).await.unwrap();
        self.clock.advance(STEP);
        (secret, codes)
    }

    fn code(&self, secret: &TotpSecret) -> String {
        secret.code_at(self.app.engine.now_ms())
    }

    /// The first step: the answer's cookie.
    async fn first_step(&self, name: &str) -> String {
        let response = self.form("/login", "", &format!("name={name}&next=%2Faudit&{PASSWORD_FORM}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = cookie_of(&response).unwrap();
        let page = text(response).await;
        assert!(page.contains("Enter your code") && page.contains("value=\"/audit\""), "{page}");
        assert!(!page.contains("seven green"), "{page}");
        cookie
    }

    async fn newest_audit(&self) -> (String, String) {
        let query = engine::audit::AuditQuery { limit: 1, ..Default::default() };
        let entry = self.app.engine.audit.list(&query).await.unwrap().remove(0);
        (entry.who, entry.sentence)
    }
}

fn location(response: &Response) -> &str {
    response.headers().get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
}

#[tokio::test]
async fn with_a_second_step_the_password_alone_opens_nothing_and_the_code_alone_neither() {
    let test = TestApp::claimed().await;
    let (secret, codes) = test.with_totp("operator").await;
    let wrong = test.form("/login", "", "name=operator&password=wrong").await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let without = test.form("/login/code", "", &format!("name=operator&code={}", test.code(&secret))).await;
    assert_eq!(without.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(without).await.contains("Enter your name and password first"));

    let cookie = test.first_step("operator").await;
    for path in ["/", "/audit", "/account"] {
        assert!(location(&test.get(&cookie, path).await).starts_with("/login"), "{path}");
    }
    let code_page = test.get(&cookie, "/login/code").await;
    assert_eq!(code_page.status(), StatusCode::OK);
    assert_eq!(location(&test.get("", "/login/code").await), "/login");
    let far = secret.code_at(test.app.engine.now_ms() + 10 * STEP);
    let refused = test.form("/login/code", &cookie, &format!("next=%2Faudit&code={far}")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(refused).await;
    assert!(page.contains("Wrong code.") && page.contains("value=\"/audit\""), "{page}");

    let code = test.code(&secret);
    let entered = test.form("/login/code", &cookie, &format!("next=%2Faudit&code={code}")).await;
    assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/audit"));
    let inside = cookie_of(&entered).unwrap();
    assert_ne!(inside, cookie, "a session of its own");
    assert_eq!(test.get(&inside, "/audit").await.status(), StatusCode::OK);
    assert!(test.user("operator").await.signed_in_at.is_some());

    // The same code again, in another browser.
    let cookie = test.first_step("operator").await;
    let again = test.form("/login/code", &cookie, &format!("code={code}")).await;
    assert!(text(again).await.contains("already used"));
    let entered = test.form("/login/code", &cookie, &format!("code={}", codes[0])).await;
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let who = ("operator".to_owned(), "Signed in with a recovery code; 9 recovery codes are left.".to_owned());
    assert_eq!(test.newest_audit().await, who);

    let cookie = test.first_step("operator").await;
    test.clock.advance(5 * 60_000);
    let late = test.form("/login/code", &cookie, &format!("code={}", test.code(&secret))).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let cookie = test.first_step("operator").await;
    test.app.engine.set_password(&Actor::system(), "operator", "nine blue kettles sing", None).await.unwrap();
    let changed = test.form("/login/code", &cookie, &format!("code={}", test.code(&secret))).await;
    assert_eq!(changed.status(), StatusCode::UNPROCESSABLE_ENTITY, "another password is asked for");
}

#[tokio::test]
async fn guesses_of_a_code_wait_and_the_wait_is_told() {
    let test = TestApp::claimed().await;
    let (secret, _) = test.with_totp("viewer").await;
    let far = secret.code_at(test.app.engine.now_ms() + 10 * STEP);
    for _ in 0..5 {
        let cookie = test.first_step("viewer").await;
        let refused = test.form("/login/code", &cookie, &format!("code={far}")).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let cookie = test.first_step("viewer").await;
    let waits = test.form("/login/code", &cookie, &format!("code={}", test.code(&secret))).await;
    assert_eq!(waits.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(waits.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(test.app.engine.reset_totp(&Actor::system(), "viewer").await.unwrap(), "viewer");
    test.sign_in("viewer").await;
}

#[tokio::test]
async fn two_step_sign_in_is_set_up_on_the_account_page_with_the_password() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("viewer").await;
    let asked = test.form("/account/two-step/start", &cookie, "").await;
    assert_eq!(asked.status(), StatusCode::UNAUTHORIZED, "the password is asked for");
    let begun = test.form("/account/two-step/start", &cookie, PASSWORD_FORM).await;
    assert_eq!((begun.status(), location(&begun)), (StatusCode::SEE_OTHER, "/account/two-step"));
    let page = text(test.get(&cookie, "/account/two-step").await).await;
    let viewer = test.user("viewer").await;
    let secret = test.app.engine.pending_totp(viewer.id).await.unwrap().unwrap();
    assert!(page.contains(&secret.text()) && page.contains("<svg") && !page.contains(" style=\""), "{page}");
    let other = test.sign_in("viewer").await;
    let page = text(test.get(&other, "/account/two-step").await).await;
    assert!(!page.contains(&secret.text()) && !page.contains("QR code"), "not without the password: {page}");
    assert!(page.contains("after you confirm your password") && page.contains("name=\"code\""), "{page}");
    let wrong = test.form("/account/two-step/confirm", &cookie, "code=nothing").await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let done = test.form("/account/two-step/confirm", &cookie, &format!("code={}", test.code(&secret))).await;
    assert_eq!(done.status(), StatusCode::OK);
    assert_eq!(text(done).await.matches("<li><code>").count(), 10, "the recovery codes");
    let page = text(test.get(&cookie, "/account/two-step").await).await;
    assert!(!page.contains("<li><code>") && !page.contains(&secret.text()), "shown once");
    assert!(page.contains("10 recovery codes left"), "{page}");
    let renewed = test.form("/account/two-step/codes", &cookie, "").await;
    assert_eq!(text(renewed).await.matches("<li><code>").count(), 10);
    let off = test.form("/account/two-step/off", &cookie, "").await;
    assert_eq!(off.status(), StatusCode::SEE_OTHER);
    assert!(!test.user("viewer").await.totp);
}

#[tokio::test]
async fn where_it_is_required_administrators_are_led_to_the_set_up_and_nowhere_else() {
    let test = TestApp::claimed_with(&[("require-totp", "administrators")], false).await;
    let viewer = test.sign_in("viewer").await;
    assert_eq!(test.get(&viewer, "/").await.status(), StatusCode::OK);
    let cookie = test.sign_in("administrator").await;
    for path in ["/", "/users", "/audit"] {
        assert_eq!(location(&test.get(&cookie, path).await), "/account/two-step", "{path}");
    }
    let page = test.get(&cookie, "/account/two-step").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(page).await.contains("This server requires it of administrators."));
    assert_eq!(test.get(&cookie, "/account").await.status(), StatusCode::OK);
    assert_eq!(test.form("/users/invite", &cookie, "role=viewer").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(test.get(&cookie, "/api/v1/users").await.status(), StatusCode::FORBIDDEN);
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let token = Request::get("/api/v1/users").header(header::AUTHORIZATION, &bearer);
    assert_eq!(test.send(token, "").await.status(), StatusCode::OK, "a token has no phone");
    test.with_totp("administrator").await;
    assert_eq!(test.get(&cookie, "/users").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_invited_person_chooses_name_and_password_once() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let made = test.form("/users/invite", &cookie, &format!("role=operator&invitee=Grace&{PASSWORD_FORM}")).await;
    assert_eq!(made.status(), StatusCode::OK);
    let page = text(made).await;
    let start = page.find("http://127.0.0.1:8084/invite/").unwrap() + "http://127.0.0.1:8084".len();
    let link: String = page[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    assert!(!text(test.get(&cookie, "/users").await).await.contains(&link), "shown once");

    let shown = text(test.get("", &link).await).await;
    assert!(shown.contains("as operator") && shown.contains("name=\"name\""), "{shown}");
    let accept = async |more: &str| test.form(&link, "", &format!("name=grace&{PASSWORD_FORM}{more}")).await;
    let differ = accept("&password_again=other").await;
    assert_eq!(differ.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(differ).await.contains("value=\"grace\""), "what was typed stays");
    let taken =
        test.form(&link, "", &format!("name=viewer&{PASSWORD_FORM}&password_again=seven+green+lamps+hum")).await;
    assert!(text(taken).await.contains("There is already a user named viewer."));
    let entered = accept("&password_again=seven+green+lamps+hum").await;
    assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/"));
    let grace = cookie_of(&entered).unwrap();
    assert_eq!(test.get(&grace, "/audit").await.status(), StatusCode::OK, "an operator");
    assert_eq!(test.get(&grace, "/users").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(accept("&password_again=seven+green+lamps+hum").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(test.get("", &link).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_administrator_manages_other_accounts_and_their_sessions_end() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let viewer = test.user("viewer").await;
    let act = async |action: &str, body: &str| {
        let response = test.form(&format!("/users/{}/{action}", viewer.id), &cookie, body).await;
        (response.status(), text(response).await)
    };
    let of_viewer = test.sign_in("viewer").await;
    let (status, _) = act("role", &format!("role=operator&{PASSWORD_FORM}")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(location(&test.get(&of_viewer, "/account").await), "/login?next=%2Faccount", "another role");
    assert_eq!(test.user("viewer").await.role, Role::Operator);
    let told = (
        "administrator".to_owned(),
        "Changed the role of viewer from viewer to operator and ended that user's sessions.".to_owned(),
    );
    assert_eq!(test.newest_audit().await, told);

    // Wrong or missing roles, and what would leave nobody, change nothing.
    assert_eq!(act("role", "role=king").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let own = test.user("administrator").await.id;
    for (action, body) in [("role", "role=viewer"), ("disable", ""), ("remove", "")] {
        let refused = test.form(&format!("/users/{own}/{action}"), &cookie, body).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT, "{action}");
        assert!(text(refused).await.contains("is the only administrator who can sign in"), "{action}");
    }

    let of_viewer = test.sign_in("viewer").await;
    assert_eq!(act("disable", "").await.0, StatusCode::SEE_OTHER);
    assert!(location(&test.get(&of_viewer, "/account").await).starts_with("/login"));
    let refused = test.form("/login", "", &format!("name=viewer&{PASSWORD_FORM}")).await;
    assert!(text(refused).await.contains("This account is disabled."));
    assert_eq!(act("enable", "").await.0, StatusCode::SEE_OTHER);
    let of_viewer = test.sign_in("viewer").await;
    let list = text(test.get(&cookie, "/users").await).await;
    assert!(list.contains("Sign out viewer, ") && list.contains("id=\"roles\""), "{list}");
    assert_eq!(act("end-sessions", "").await.0, StatusCode::SEE_OTHER);
    assert!(location(&test.get(&of_viewer, "/account").await).starts_with("/login"));

    let (status, page) = act("password-link", "").await;
    assert_eq!(status, StatusCode::OK);
    let start = page.find("/invite/").unwrap();
    let link: String = page[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    let new = "password=nine+blue+kettles+sing&password_again=nine+blue+kettles+sing";
    let set = test.form(&link, "", new).await;
    assert_eq!((set.status(), location(&set)), (StatusCode::SEE_OTHER, "/login"));
    let entered = test.form("/login", "", "name=viewer&password=nine+blue+kettles+sing").await;
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    assert_eq!(test.form(&link, "", new).await.status(), StatusCode::NOT_FOUND, "it is spent");
    assert_eq!(act("remove", "").await.0, StatusCode::SEE_OTHER);
    assert_eq!(test.get(&cookie, &format!("/users/{}", viewer.id)).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_limited_token_is_refused_what_it_is_not_for() {
    let test = TestApp::claimed().await;
    let only = [Permission::ViewLogs];
    let engine = &test.app.engine;
    let token = engine.create_token(&Actor::system(), "logs", Role::Administrator, &only, 30).await.unwrap();
    let bearer = format!("Bearer {token}");
    let get =
        async |path: &str| test.send(Request::get(path).header(header::AUTHORIZATION, &bearer), "").await.status();
    for path in ["/api/v1/status", "/api/v1/licenses"] {
        assert_eq!(get(path).await, StatusCode::OK, "{path}");
    }
    assert_eq!(get("/api/v1/logs").await, StatusCode::NOT_FOUND, "it may read the log, of which there is none here");
    for path in ["/api/v1/users", "/api/v1/tokens", "/api/v1/audit", "/api/v1/sessions"] {
        assert_eq!(get(path).await, StatusCode::FORBIDDEN, "{path}");
    }
    let listed = engine.tokens().await.unwrap().remove(0);
    assert_eq!(listed.last_used_from.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn a_token_that_manages_users_lets_nobody_in_and_may_keep_people_out() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    let only = [Permission::ManageUsers];
    let token = engine.create_token(&Actor::system(), "staff", Role::Administrator, &only, 30).await.unwrap();
    let bearer = format!("Bearer {token}");
    let ask = async |method: &str, path: &str, body: &str| {
        test.json(method, path, (header::AUTHORIZATION, &bearer), body).await.status()
    };
    for (method, path, body) in [
        ("POST", "/api/v1/users", r#"{"name":"eve","role":"administrator","password":"seven green lamps hum"}"#),
        ("PUT", "/api/v1/users/administrator/password", r#"{"password":"nine blue kettles sing"}"#),
        ("POST", "/api/v1/users/administrator/password-link", ""),
        ("POST", "/api/v1/invitations", r#"{"role":"administrator"}"#),
        ("PATCH", "/api/v1/users/viewer", r#"{"role":"administrator"}"#),
        ("PATCH", "/api/v1/users/viewer", r#"{"disabled":false}"#),
        ("PATCH", "/api/v1/users/viewer", r#"{"disabled":true,"role":"administrator"}"#),
        ("DELETE", "/api/v1/users/administrator/totp", ""),
    ] {
        assert_eq!(ask(method, path, body).await, StatusCode::FORBIDDEN, "{method} {path} {body}");
    }
    assert_eq!(test.user("viewer").await.role, Role::Viewer);
    assert_eq!(ask("GET", "/api/v1/users", "").await, StatusCode::OK);
    assert_eq!(ask("PATCH", "/api/v1/users/viewer", r#"{"disabled":true}"#).await, StatusCode::OK);
    assert_eq!(ask("DELETE", "/api/v1/users/viewer/sessions", "").await, StatusCode::OK);
    assert_eq!(ask("DELETE", "/api/v1/users/viewer", "").await, StatusCode::OK);
}
