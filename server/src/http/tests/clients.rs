//! The clients: releasing what several hold.

use axum::http::{StatusCode, header};

use super::*;

#[tokio::test]
async fn licenses_of_several_clients_are_released_after_a_question_with_an_entry_for_each() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("operator").await;
    // Nobody is connected: the question says that there is nothing to release, and the answer changes nothing.
    let page = text(test.get(&cookie, "/clients/release?id=1&id=2").await).await;
    assert!(page.contains("Nothing to release"), "{page}");
    let answer = test.form("/clients/release", &cookie, "id=1&id=2").await;
    assert_eq!(
        (answer.status(), &answer.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/clients".parse().unwrap())
    );
    let page = text(test.get(&cookie, "/clients").await).await;
    assert!(page.contains("None of these clients has licenses to release."), "{page}");
    // The message can be dismissed, without script too: the page asked for again no longer has it.
    assert!(page.contains("aria-label=\"Dismiss this message\""), "{page}");
    assert!(!text(test.get(&cookie, "/clients").await).await.contains("None of these clients"));
}
