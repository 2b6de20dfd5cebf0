use licensing::usage::DAY_MS;

use super::world::{HOUR, MINUTE, START, UsageFixture, denied, filter, open, returned, slow_hours};
use crate::usage::Retention;

#[tokio::test]
async fn a_late_record_finds_the_changes_of_a_purged_day_in_the_data_files() {
    let spans =
        [(0, 30 * HOUR), (HOUR, 2 * HOUR), (25 * HOUR, 26 * HOUR), (25 * HOUR, 27 * HOUR), (26 * HOUR, 26 * HOUR)];
    let world = UsageFixture::new().await;
    world.take(1, 1, spans.iter().map(|(from, to)| returned("SPEECH", *from, *to)).collect()).await;
    world.take(2, 1, vec![open("SPEECH", 3 * HOUR)]).await;
    world.usage.tick(START + 50 * DAY_MS).await.unwrap();
    world.usage.lost(2, START + 40 * HOUR).await.unwrap();
    let purged = world.usage.purge(START + 60 * DAY_MS, Retention::default()).await.unwrap();
    assert!(purged.rows > 0 && purged.files == 0);
    let world = world.reopened().await;
    world.take(1, 6, vec![returned("SPEECH", 25 * HOUR + MINUTE, 26 * HOUR - MINUTE)]).await;
    let mut all = spans.to_vec();
    all.extend([(3 * HOUR, 40 * HOUR), (25 * HOUR + MINUTE, 26 * HOUR - MINUTE)]);
    assert_eq!(world.hours("SPEECH", None, 48).await, slow_hours(&all));
}

#[tokio::test]
async fn without_its_data_file_a_purged_day_keeps_its_peaks() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 0, HOUR), returned("SPEECH", 0, HOUR)]).await;
    let retention = Retention { files: 10, edges: 10, newest_files: 0, ..Retention::default() };
    assert_eq!(world.usage.purge(START + 60 * DAY_MS, retention).await.unwrap().files, 1);
    assert!(!world.file("2026.11.22").exists());
    world.take(1, 3, vec![returned("SPEECH", 0, MINUTE), returned("SPEECH", HOUR, HOUR + MINUTE)]).await;
    let use_ms = (2 * HOUR + MINUTE) as u64;
    assert_eq!(
        world.hours("SPEECH", None, 2).await,
        [(START, 3, use_ms, 0, 2), (START + HOUR, 1, MINUTE as u64, 0, 1)]
    );
}

#[tokio::test]
async fn purging_leaves_days_when_their_hours_go_and_nothing_when_days_go() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 9 * HOUR, 10 * HOUR), denied("SPEECH", 9 * HOUR)]).await;
    let retention = Retention { hours: 30, days: 100, denials: 30, files: 30, edges: 30, newest_files: 0 };
    world.usage.purge(START + 50 * DAY_MS, retention).await.unwrap();
    let week = filter(START - 3 * DAY_MS, START + 4 * DAY_MS);
    let used = world.usage.summary(&week).await.unwrap().remove(0);
    assert_eq!((used.taken, used.denied, used.peak, used.peak_at_ms), (1, 1, 1, Some(START + 9 * HOUR)));
    assert!(world.usage.denials(&week, None, 10).await.unwrap().is_empty());
    assert!(world.usage.users(&week).await.unwrap().is_empty());
    // A very late record is added to what is left.
    world.take(1, 3, vec![returned("SPEECH", 20 * HOUR, 21 * HOUR)]).await;
    let used = world.usage.summary(&week).await.unwrap().remove(0);
    assert_eq!((used.taken, used.use_ms, used.peak), (2, 2 * HOUR as u64, 1));
    world.usage.purge(START + 200 * DAY_MS, retention).await.unwrap();
    assert_eq!(world.usage.extent().await.unwrap(), None);
    assert_eq!(world.usage.summary(&week).await.unwrap()[0].taken, 0);
}

#[tokio::test]
async fn many_small_groups_of_one_day_are_put_together() {
    let world = UsageFixture::new().await;
    let mut all = Vec::new();
    for step in 0..60_i64 {
        let spans: Vec<(i64, i64)> =
            (0..40).map(|n| (step * MINUTE + n * 977, step * MINUTE + n * 1_931 + 5)).collect();
        let records = spans.iter().map(|(from, to)| returned("SPEECH", *from, *to)).collect();
        world.take(1, step as u64 * 40 + 1, records).await;
        all.extend(spans);
    }
    let chunks: i64 =
        sqlx::query_scalar("SELECT MAX(chunk) FROM usage_edges").fetch_one(world.store.read()).await.unwrap();
    assert!((1..16).contains(&chunks), "{chunks}");
    let world = world.reopened().await;
    world.take(1, 2_401, vec![returned("SPEECH", 0, 3 * HOUR)]).await;
    all.push((0, 3 * HOUR));
    assert_eq!(world.hours("SPEECH", None, 5).await, slow_hours(&all));
}
