//! The page Database: the monitor license, locked records, and unlocking.

use super::*;

#[tokio::test]
async fn without_a_monitor_license_ever_one_line_says_so_and_a_check_finds_nothing() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("operator").await;
    let page = async || text(test.get(&cookie, "/database").await).await;
    let before = page().await;
    assert!(before.contains("No monitor license is required; usage records are stored in the clear."), "{before}");
    let response = test.form("/database/locked/check", &cookie, "").await;
    assert_eq!(
        (response.status(), &response.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/database#locked".parse().unwrap())
    );
    assert!(!page().await.contains("id=\"locked\""), "nothing is locked");
    let viewer = test.sign_in("viewer").await;
    for path in ["/database/locked/check", "/database/locked/unlock"] {
        assert_eq!(test.form(path, &viewer, "").await.status(), StatusCode::FORBIDDEN, "{path}");
    }
}
