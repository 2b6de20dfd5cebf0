use licensing::ve::{SealError, TextError};

use super::*;
use crate::audit::AuditQuery;

#[tokio::test]
async fn a_license_made_for_this_machine_is_installed_and_its_key_trusted_from_then_on() {
    let world = World::new();
    let ve = world.server("a").await;
    assert_eq!(ve.check(NOW, false).await.unwrap(), VeLicenseStatus::None);
    let first = world.license(1, |_| {});
    let now = world.install(&ve, &first).await.unwrap();
    assert!(!now.unchanged && in_force(&ve.standing()));
    assert_eq!(ve.current().unwrap().license().license_id, "01.00000001.001.001");
    // The next one needs no key to be named, and the same text again changes nothing.
    let second = world.license(2, |_| {});
    assert!(!ve.install(&second, None, &actor(), at(NOW)).await.unwrap().unchanged);
    assert!(ve.install(&second, None, &actor(), at(NOW)).await.unwrap().unchanged);
    let entries = ve.audit.list(&AuditQuery { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries[1].sentence.contains("Trusts the vendor's key"), "{}", entries[1].sentence);
    assert!(!entries[0].sentence.contains("1111-2222"));
    // After a restart it is still there.
    drop(ve);
    let again = world.server("a").await;
    assert_eq!(again.current().unwrap().license().serial, 2);
    assert!(in_force(&again.check(NOW, false).await.unwrap()));
}

#[tokio::test]
async fn what_is_not_for_this_server_is_refused_noted_and_changes_nothing() {
    let world = World::new();
    let ve = world.server("a").await;
    let text = world.license(2, |_| {});
    world.install(&ve, &text).await.unwrap();
    let before = ve.current();
    let stranger = World { vendor: VendorSecret::from_seeds([8; 32], [9; 32]), ..World::new() };
    let unsigned = String::from_utf8(text.clone()).unwrap().split("SIGNSEC").next().unwrap().to_owned();
    let changed = String::from_utf8(world.license(3, |_| {})).unwrap().replace("P_INSTANCE=2", "P_INSTANCE=9");
    let other = VendorSecret::from_seeds([8; 32], [9; 32]).public().fingerprint();
    let older = world.license(1, |_| {});
    let same_serial = world.license(2, |license| license.grace_min = 1);
    let ended = world.license(3, |license| license.kind = VeLicenseKind::Normal { until: NOW - 1000 });
    let elsewhere = World::new();
    elsewhere.cores(8);
    let elsewhere = elsewhere.license(3, |_| {});
    let try_it = |text: Vec<u8>, named| {
        let ve = &ve;
        async move { ve.install(&text, named, &actor(), at(NOW)).await.unwrap_err() }
    };
    assert!(matches!(try_it(b"hello".to_vec(), None).await, InstallError::Text(TextError::NotALicense { .. })));
    assert!(matches!(try_it(unsigned.into_bytes(), None).await, InstallError::Seal(SealError::Unsigned)));
    assert!(matches!(try_it(changed.into_bytes(), None).await, InstallError::Seal(SealError::Broken)));
    let unknown = try_it(stranger.license(3, |_| {}), None).await;
    assert!(matches!(unknown, InstallError::Seal(SealError::UnknownKey { .. })), "{unknown}");
    assert!(matches!(try_it(text.clone(), Some(other)).await, InstallError::OtherKey { .. }));
    assert!(matches!(try_it(older, None).await, InstallError::Older { serial: 1, newest: 2 }));
    assert!(matches!(try_it(same_serial, None).await, InstallError::Older { serial: 2, newest: 2 }));
    assert!(matches!(try_it(ended, None).await, InstallError::Ended(_)));
    let sentence = try_it(elsewhere, None).await.to_string();
    assert!(sentence.contains("CPU cores 8 → 4"), "{sentence}");
    assert_eq!(ve.current(), before);
    let entries = ve.audit.list(&AuditQuery { limit: 20, ..Default::default() }).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.outcome == "refused").count(), 9);
}

#[tokio::test]
async fn a_machine_that_cannot_be_compared_takes_no_license() {
    let world = World::new();
    let ve = world.server("a").await;
    let text = world.license(1, |_| {});
    world.hide("sys/class/dmi/id/product_uuid");
    assert!(matches!(world.install(&ve, &text).await, Err(InstallError::Unreadable(_))));
}

#[tokio::test]
async fn restored_data_brings_back_no_older_license() {
    let world = World::new();
    let (first, second) = (world.license(1, |_| {}), world.license(2, |_| {}));
    let ve = world.server("a").await;
    world.install(&ve, &first).await.unwrap();
    ve.store.close().await;
    let (data, backup) = (world.folder.path().join("a"), world.folder.path().join("backup"));
    copy(&data, &backup);
    let ve = world.server("a").await;
    world.install(&ve, &second).await.unwrap();
    ve.store.close().await;
    std::fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data);
    let ve = world.server("a").await;
    assert_eq!(ve.check(NOW, false).await.unwrap(), VeLicenseStatus::Older { serial: 1, newest: 2 });
    assert!(matches!(ve.install(&first, None, &actor(), at(NOW)).await, Ok(now) if now.unchanged), "nothing changes");
    assert_eq!(ve.check(NOW, false).await.unwrap(), VeLicenseStatus::Older { serial: 1, newest: 2 });
    // The newest, to the letter, may be installed again.
    assert!(!world.install(&ve, &second).await.unwrap().unchanged);
    assert!(in_force(&ve.check(NOW, false).await.unwrap()));
    ve.store.close().await;
    // A new data folder on the same machine does not help the old one either.
    let fresh = world.server("b").await;
    assert!(matches!(world.install(&fresh, &first).await, Err(InstallError::Older { serial: 1, newest: 2 })));
    assert!(world.install(&fresh, &second).await.is_ok());
}
