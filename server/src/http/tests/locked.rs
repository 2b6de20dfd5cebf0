//! Locked records by the API.

use super::*;

async fn ask(test: &TestApp, method: &str, path: &str, token: &str, body: &str) -> (StatusCode, serde_json::Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    let response = test.send(request, body).await;
    let status = response.status();
    (status, serde_json::from_str(&text(response).await).unwrap())
}

#[tokio::test]
async fn unlocking_answers_with_its_counts_and_says_what_is_wrong_with_what_was_asked() {
    let test = TestApp::claimed().await;
    let token = test.token(Role::Operator).await;
    let (status, list) = ask(&test, "GET", "/api/v1/locked", &token, "").await;
    assert_eq!((status, list), (StatusCode::OK, serde_json::json!({ "items": [], "next": null })));
    let (_, none) = ask(&test, "GET", "/api/v1/locked/progress", &token, "").await;
    assert_eq!(none["last"], serde_json::Value::Null);
    let unlock = "/api/v1/locked/unlock";
    for (body, field) in [(r#"{"files":["2026.*"]}"#, "files"), (r#"{"key_file":"no license"}"#, "key_file")] {
        let (status, problem) = ask(&test, "POST", unlock, &token, body).await;
        assert_eq!(
            (status, &problem["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &field.into()),
            "{problem}"
        );
    }
    let (status, done) = ask(&test, "POST", unlock, &token, "{}").await;
    assert_eq!((status, &done["running"], &done["unlocked"]), (StatusCode::OK, &false.into(), &0.into()), "{done}");
    let (_, last) = ask(&test, "GET", "/api/v1/locked/progress", &token, "").await;
    assert_eq!(last["last"]["by"], done["by"]);
}
