//! Old data that is put back, and data that is elsewhere.

use std::path::Path;

use licensing::countdown::HOUR_MS;

use crate::server::{CountdownServer, MINUTE, ServerFolders, license};

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

async fn use_minutes(server: &CountdownServer, minutes: i64) {
    server.countdown.enter().await.unwrap();
    server.pass(minutes * MINUTE).await;
    server.countdown.leave().await;
}

#[tokio::test]
async fn a_copy_of_old_data_finds_its_anchor_and_the_lower_balance_counts() {
    let place = ServerFolders::new();
    let old = tempfile::tempdir().unwrap();
    place.licensed(10).await.kill().await;
    copy(place.data.path(), old.path());
    let server = place.start().await;
    use_minutes(&server, 30).await;
    server.kill().await;
    let server = place.start_in(old.path(), place.outside.path()).await;
    assert_eq!(server.left(), 10 * HOUR_MS - 30 * MINUTE);
    server.countdown.license(&license(1, 10)).await.unwrap();
    assert_eq!(server.left(), 10 * HOUR_MS - 30 * MINUTE);
}

#[tokio::test]
async fn a_copy_from_before_the_license_finds_its_anchor_too() {
    let place = ServerFolders::new();
    let old = tempfile::tempdir().unwrap();
    place.start().await.kill().await;
    copy(place.data.path(), old.path());
    let server = place.licensed(10).await;
    use_minutes(&server, 5).await;
    server.kill().await;
    let server = place.start_in(old.path(), place.outside.path()).await;
    assert_eq!(server.left(), 10 * HOUR_MS - 5 * MINUTE);
}

#[tokio::test]
async fn the_database_alone_put_back_finds_the_anchor_beside_it() {
    let place = ServerFolders::new();
    let old = tempfile::tempdir().unwrap();
    place.licensed(10).await.kill().await;
    copy(place.data.path(), old.path());
    let server = place.start().await;
    use_minutes(&server, 5).await;
    server.kill().await;
    for name in ["leasehold.db", "leasehold.db-wal", "leasehold.db-shm"] {
        let _ = std::fs::remove_file(place.data.path().join(name));
    }
    std::fs::copy(old.path().join("leasehold.db"), place.data.path().join("leasehold.db")).unwrap();
    std::fs::remove_file(place.outside_anchor()).unwrap();
    let server = place.start().await;
    assert_eq!(place.balances().await, [10 * HOUR_MS - 5 * MINUTE; 3], "the missing anchor is made again");
    server.kill().await;
    std::fs::remove_file(place.data.path().join("leasehold.db")).unwrap();
    assert_eq!(place.start().await.left(), 10 * HOUR_MS - 5 * MINUTE, "a new database");
}

#[tokio::test]
async fn data_from_before_a_newer_license_has_the_newer_license() {
    let place = ServerFolders::new();
    let old = tempfile::tempdir().unwrap();
    place.licensed(10).await.kill().await;
    copy(place.data.path(), old.path());
    let server = place.start().await;
    server.countdown.license(&license(2, 3)).await.unwrap();
    use_minutes(&server, 5).await;
    server.kill().await;
    let server = place.start_in(old.path(), place.outside.path()).await;
    assert_eq!((server.countdown.view().serial, server.left()), (2, 3 * HOUR_MS - 5 * MINUTE));
}

#[tokio::test]
async fn another_data_folder_has_its_own_hours_but_the_same_license_has_what_was_left_of_it() {
    let place = ServerFolders::new();
    let other = tempfile::tempdir().unwrap();
    let server = place.licensed(10).await;
    use_minutes(&server, 30).await;
    let another = place.start_in(other.path(), place.outside.path()).await;
    assert_eq!(another.countdown.view().serial, 0);
    another.countdown.license(&license(1, 50)).await.unwrap();
    assert_eq!(another.left(), 50 * HOUR_MS, "a license of its own");
    another.kill().await;
    let new = tempfile::tempdir().unwrap();
    let again = place.start_in(new.path(), place.outside.path()).await;
    again.countdown.license(&license(1, 10)).await.unwrap();
    assert_eq!(again.left(), 10 * HOUR_MS - 30 * MINUTE);
}

#[tokio::test]
async fn a_damaged_anchor_counts_as_absent_and_is_written_anew() {
    let place = ServerFolders::new();
    place.licensed(10).await.kill().await;
    std::fs::write(place.anchor(), "{\"balance\":").unwrap();
    std::fs::write(place.outside_anchor(), [0xff; 9000]).unwrap();
    let server = place.start().await;
    assert_eq!((server.left(), place.balances().await), (10 * HOUR_MS, [10 * HOUR_MS; 3]));
}
