use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_change_goes_on_when_its_caller_hangs_up() {
    let test = TestApp::claimed().await;
    let api = crate::api::local_router(test.app.api());
    let mut request = Request::post("/api/v1/users")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"name":"ann","role":"viewer","password":"seven green lamps hum"}"#))
        .unwrap();
    crate::api::as_local_user(&mut request, "root".to_owned());
    // It is begun, and its caller is gone.
    assert!(tokio::time::timeout(Duration::ZERO, api.oneshot(request)).await.is_err());
    let is_there = async || test.app.engine.users().await.unwrap().iter().any(|user| user.name == "ann");
    for _ in 0..500 {
        if is_there().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the user is not there");
}

#[tokio::test]
async fn a_person_signs_in_while_nothing_can_be_stored_and_reads_why() {
    let test = TestApp::claimed().await;
    let engine = &test.app.engine;
    engine.look_at_storage().await;
    assert_eq!(test.get("", "/readyz").await.status(), StatusCode::OK);
    // Nothing can be written to a database that lies elsewhere.
    let (file, aside) = (engine.folder().join("leasehold.db"), engine.folder().join("aside.db"));
    std::fs::rename(&file, &aside).unwrap();
    let cookie = test.sign_in("administrator").await;
    let page = text(test.get(&cookie, "/").await).await;
    assert!(page.contains("was removed or replaced while this server runs"), "{page}");
    engine.look_at_storage().await;
    let ready = test.get("", "/readyz").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(ready).await.contains("was removed or replaced"));
    assert_eq!(test.form("/logout", &cookie, "").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(test.get(&cookie, "/").await.status(), StatusCode::SEE_OTHER, "signed out");
    // Who signed in meanwhile stays so when the disk is well again.
    let cookie = test.sign_in("administrator").await;
    std::fs::rename(&aside, &file).unwrap();
    engine.look_at_storage().await;
    assert_eq!(test.get("", "/readyz").await.status(), StatusCode::OK);
    assert_eq!(test.get(&cookie, "/").await.status(), StatusCode::OK);
    assert_eq!(engine.live_sessions().await.unwrap(), 1);
}
