use super::*;

#[tokio::test]
async fn a_changed_machine_voids_at_the_next_check_and_the_change_undone_brings_it_back() {
    let world = World::new();
    let ve = world.server("a").await;
    world.install(&ve, &world.license(1, |_| {})).await.unwrap();
    world.cores(8);
    let VeLicenseStatus::Void { changes } = ve.check(NOW + 1, false).await.unwrap() else { panic!("stands") };
    assert_eq!(changes[0].to_string(), "CPU cores 4 → 8");
    world.cores(4);
    world.write("proc/sys/kernel/hostname", "renamed");
    let VeLicenseStatus::Valid { notes } = ve.check(NOW + 2, false).await.unwrap() else { panic!("void") };
    assert_eq!(notes.len(), 1, "the host name is noted");
}

#[tokio::test]
async fn an_unreadable_machine_keeps_its_license_for_a_day_restarts_included() {
    let world = World::new();
    let ve = world.server("a").await;
    world.install(&ve, &world.license(1, |_| {})).await.unwrap();
    world.hide("sys/class/dmi/id/product_uuid");
    let VeLicenseStatus::Unverified { until_ms, .. } = ve.check(NOW + 5, false).await.unwrap() else { panic!("no") };
    assert_eq!(until_ms, NOW + 5 + DAY);
    drop(ve);
    let ve = world.server("a").await;
    assert!(in_force(&ve.check(NOW + DAY, false).await.unwrap()), "the day began at the first check");
    assert!(matches!(ve.check(NOW + 5 + DAY, false).await.unwrap(), VeLicenseStatus::Void { .. }));
}

#[tokio::test]
async fn a_machine_without_one_of_its_files_keeps_its_license_for_a_day_and_says_which() {
    let world = World::new();
    let ve = world.server("a").await;
    world.install(&ve, &world.license(1, |_| {})).await.unwrap();
    world.remove("etc/machine-id");
    world.remove("sys/class/dmi/id/sys_vendor");
    let standing = ve.check(NOW + 5, false).await.unwrap();
    let sentence = standing.sentence();
    assert!(in_force(&standing) && sentence.contains("/etc/machine-id is missing"), "{sentence}");
    assert!(sentence.contains("/sys/class/dmi/id/sys_vendor is missing"), "{sentence}");
    let standing = ve.check(NOW + 5 + DAY, false).await.unwrap();
    assert!(matches!(standing, VeLicenseStatus::Void { .. }), "{standing:?}");
    assert!(standing.sentence().contains("/etc/machine-id is missing"), "{}", standing.sentence());
    world.write("etc/machine-id", "4c4c4544004d3510804ac2c04f4e3432\n");
    world.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
    assert!(in_force(&ve.check(NOW + 6 + DAY, false).await.unwrap()));
}

#[tokio::test]
async fn a_newer_license_is_the_way_back_from_a_clock_that_ran_ahead() {
    let world = World::new();
    let ve = world.server("a").await;
    world.install(&ve, &world.license(1, |_| {})).await.unwrap();
    let year_2099 = NOW + 72 * 365 * DAY;
    assert_eq!(ve.check(year_2099, false).await.unwrap(), VeLicenseStatus::Expired { at_ms: NOW + 100 * DAY });
    let newer = world.license(2, |license| license.kind = VeLicenseKind::Normal { until: NOW + 200 * DAY });
    let ahead = InstallClock { keeper: None, state: ContactState::unregistered(year_2099), wall: NOW + DAY };
    // Where there are exchanges, they are the way back.
    let synced = ContactState { last_verified: Some(NOW), ..ahead.state };
    let refused = ve.install(&newer, None, &actor(), InstallClock { state: synced, ..ahead }).await;
    assert!(matches!(refused, Err(InstallError::Ended(_))));
    let now = ve.install(&newer, None, &actor(), ahead).await.unwrap();
    assert_eq!(now.contact.unwrap().0.high_water, NOW + DAY);
    assert!(in_force(&ve.standing()));
}

#[tokio::test]
async fn the_end_of_a_license_and_the_last_hour_take_it_out_of_force() {
    let world = World::new();
    let ve = world.server("a").await;
    world.install(&ve, &world.license(1, |_| {})).await.unwrap();
    let at_ms = NOW + 100 * DAY;
    assert!(in_force(&ve.check(at_ms - 1, false).await.unwrap()));
    assert_eq!(ve.check(at_ms, false).await.unwrap(), VeLicenseStatus::Expired { at_ms });
    let hours = world.license(2, |license| license.kind = VeLicenseKind::Countdown { hours: 1 });
    world.install(&ve, &hours).await.unwrap();
    assert!(in_force(&ve.check(at_ms, false).await.unwrap()));
    assert_eq!(ve.check(at_ms, true).await.unwrap(), VeLicenseStatus::Empty);
}

#[tokio::test]
async fn a_text_that_was_altered_in_the_database_is_no_license() {
    let world = World::new();
    let ve = world.server("a").await;
    world.install(&ve, &world.license(1, |_| {})).await.unwrap();
    let mut tx = ve.store.write().await.unwrap();
    sqlx::query("UPDATE ve_license SET text = replace(text, 'P_INSTANCE=2', 'P_INSTANCE=9')")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ve.check(NOW, false).await.unwrap(), VeLicenseStatus::None);
    assert!(world.server("a").await.current().is_none());
}
