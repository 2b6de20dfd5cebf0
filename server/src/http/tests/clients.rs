//! The clients: releasing what several hold.

use axum::http::{StatusCode, header};

use super::*;

/// The lines of a gauge.
async fn gauge(test: &TestApp, name: &str) -> Vec<String> {
    let cookie = test.sign_in("viewer").await;
    let metrics = text(test.get(&cookie, "/metrics").await).await;
    metrics.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_gauge_disappears_with_what_it_tells() {
    crate::http::metrics::start();
    let (with, without) = (TestApp::claimed().await, TestApp::claimed().await);
    let product = "GONE_SOON".parse().unwrap();
    let licensed = std::collections::BTreeMap::from([(product, licensing::product::Licensed::Count(3))]);
    with.app.engine.leases.license(&licensed, &[]);
    let wanted = "license_granted{product=\"GONE_SOON\"} 0";
    assert_eq!(gauge(&with, "license_granted{").await, [wanted]);
    assert_eq!(gauge(&with, "license_granted{").await, [wanted], "as long as it is so");
    // What another server of this process told is not in its answer.
    assert_eq!(gauge(&without, "license_granted{").await, [""; 0]);
    with.app.engine.leases.license(&std::collections::BTreeMap::new(), &[]);
    assert_eq!(gauge(&with, "license_granted{").await, [""; 0]);
    assert_eq!(gauge(&with, "license_in_service ").await, ["license_in_service 0"]);
}

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
