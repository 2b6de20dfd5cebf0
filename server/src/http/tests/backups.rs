//! Backups over HTTP: administrators make, fetch and delete them; everybody sees whether there are any.

use super::*;

#[tokio::test]
async fn an_administrator_backs_up_downloads_after_the_password_and_deletes() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let page = text(test.get(&cookie, "/database").await).await;
    assert!(page.contains("There is no backup of this server yet.") && page.contains("No backups yet"), "{page}");
    assert_eq!(test.form("/database/back-up", &cookie, "").await.status(), StatusCode::SEE_OTHER);
    let backup = test.app.engine.backups().await.unwrap().remove(0);
    let page = text(test.get(&cookie, "/database").await).await;
    assert!(page.contains(&backup.name) && page.contains("Verified"), "{page}");
    assert!(page.contains("This server is backed up."), "{page}");

    let name = format!("name={}", backup.name);
    let asked = test.form("/database/download", &cookie, &name).await;
    assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    assert!(text(asked).await.contains("Confirm your password"));
    let confirmed = format!("{name}&password=seven+green+lamps+hum");
    let file = test.form("/database/download", &cookie, &confirmed).await;
    assert_eq!(file.status(), StatusCode::OK);
    assert!(file.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().contains(&backup.name));
    let bytes = file.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(bytes, std::fs::read(&backup.path).unwrap());
    let elsewhere = test.form("/database/download", &cookie, "name=../leasehold.db").await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);

    assert_eq!(test.form("/database/delete", &cookie, &name).await.status(), StatusCode::SEE_OTHER);
    assert!(!backup.path.exists());
    let audit = text(test.get(&cookie, "/audit").await).await;
    for words in ["Made the backup", "Downloaded the backup", "Deleted the backup"] {
        assert!(audit.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_viewer_sees_backups_and_may_do_nothing_about_them() {
    let test = TestApp::claimed().await;
    test.app.engine.back_up(&Actor::system()).await.unwrap();
    let cookie = test.sign_in("viewer").await;
    let page = text(test.get(&cookie, "/database").await).await;
    assert!(page.contains("Backups and checks of the database need the role administrator."), "{page}");
    assert!(page.contains("leasehold-backup-") && !page.contains(">Download<"), "{page}");
    for path in ["/database/back-up", "/database/check", "/database/download", "/database/delete"] {
        assert_eq!(test.form(path, &cookie, "").await.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn the_api_makes_and_lists_backups_and_checks_the_database() {
    let test = TestApp::claimed().await;
    let bearer = format!("Bearer {}", test.token(Role::Administrator).await);
    let ask = async |method: &str, path: &str| -> (StatusCode, serde_json::Value) {
        let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, &bearer);
        let answer = test.send(request, "").await;
        (answer.status(), serde_json::from_str(&text(answer).await).unwrap())
    };
    let (status, made) = ask("POST", "/api/v1/backups").await;
    assert_eq!((status, made["verified"].as_bool()), (StatusCode::CREATED, Some(true)), "{made}");
    let (_, all) = ask("GET", "/api/v1/backups").await;
    assert_eq!((all["items"][0]["name"].clone(), all["problem"].is_null()), (made["name"].clone(), true), "{all}");
    assert!(all["running_since"].is_null() && all["next"].is_null(), "{all}");
    assert_eq!(ask("POST", "/api/v1/database/check").await.0, StatusCode::ACCEPTED);
    test.app.engine.database_check_changes().wait_for(Option::is_none).await.unwrap();
    let (_, database) = ask("GET", "/api/v1/database").await;
    assert!(database["problem"].is_null() && database["checked_at"].is_string(), "{database}");
    let tables = database["tables"].as_array().unwrap();
    assert!(tables.iter().any(|table| table["name"] == "users" && table["rows"] == 3), "{database}");
}
