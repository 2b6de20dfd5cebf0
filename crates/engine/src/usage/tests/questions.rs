use jiff::tz::TimeZone;
use licensing::context::Context;
use licensing::usage::DAY_MS;

use super::world::{DEPLOYMENT, HOUR, MINUTE, START, UsageFixture, batch, denied, filter, open, returned};
use crate::usage::query::{BucketWidth, DenialCursor, Filter};

fn of(product: &str, from: i64, to: i64, zone: &str) -> Filter {
    Filter { product: Some(product.to_owned()), zone: TimeZone::get(zone).unwrap(), ..filter(START + from, START + to) }
}

#[tokio::test]
async fn a_summary_tells_use_peak_coverage_and_the_period_before() {
    let world = UsageFixture::new().await;
    // A day with one license out for nine hours and two for one.
    world.take(1, 1, vec![returned("SPEECH", 8 * HOUR, 17 * HOUR), returned("TTS3", 0, HOUR)]).await;
    world.take(2, 1, vec![returned("SPEECH", 10 * HOUR, 11 * HOUR), denied("SPEECH", 12 * HOUR)]).await;
    world.take(3, 1, vec![open("SPEECH", 25 * HOUR)]).await;
    world.usage.licensed(START - DAY_MS, Some(Context::Production), &[("SPEECH".to_owned(), 5)]).await.unwrap();
    world.usage.licensed(START + HOUR, Some(Context::Production), &[("SPEECH".to_owned(), 3)]).await.unwrap();
    let day = world.usage.summary(&filter(START, START + DAY_MS)).await.unwrap();
    assert_eq!(day.iter().map(|of| of.product.as_str()).collect::<Vec<_>>(), ["SPEECH", "TTS3"]);
    let speech = &day[0];
    assert_eq!((speech.taken, speech.use_ms, speech.denied, speech.peak), (2, 10 * HOUR as u64, 1, 2));
    assert_eq!(speech.peak_at_ms, Some(START + 10 * HOUR));
    assert_eq!((speech.open_now, speech.licensed, speech.licensed_now), (1, Some(3), Some(3)));
    // The day has 24 hours: one with two, eight with one.
    assert_eq!(speech.coverage, [(95.0, 1), (99.0, 2), (99.9, 2), (100.0, 2)]);
    let next = world.usage.summary(&filter(START + DAY_MS, START + 2 * DAY_MS)).await.unwrap();
    let before = next[0].before.unwrap();
    assert_eq!((before.taken, before.peak, next[0].taken, next[0].licensed), (2, 2, 1, Some(3)));
    // Hours at the ends of a period.
    let part = world.usage.summary(&filter(START + 9 * HOUR, START + 11 * HOUR)).await.unwrap();
    assert_eq!((part[0].taken, part[0].use_ms, part[0].coverage[3]), (1, 3 * HOUR as u64, (100.0, 2)));
    assert_eq!(part[0].coverage[0], (95.0, 2));
}

#[tokio::test]
async fn use_by_user_over_months_is_summed_once_and_follows_what_comes_in_late() {
    let world = UsageFixture::new().await;
    let day = |number: i64| number * DAY_MS;
    for (session, number) in (1..).zip([0, 40, 80, 120]) {
        world.take(session, 1, vec![returned("SPEECH", day(number), day(number) + HOUR)]).await;
    }
    let all = filter(START - DAY_MS, START + day(130));
    let taken = async |filter: &Filter| {
        let users = world.usage.users(filter).await.unwrap();
        users.iter().map(|user| (user.user.clone(), user.taken, user.use_ms)).collect::<Vec<_>>()
    };
    let sums = async || {
        let count = sqlx::query_scalar("SELECT count(*) FROM usage_user_sums WHERE users IS NOT NULL");
        count.fetch_one(world.store.read()).await.unwrap()
    };
    let hours = |number: u64| vec![("anna".to_owned(), number, number * HOUR as u64)];
    assert_eq!(taken(&all).await, hours(4));
    let first: i64 = sums().await;
    assert!(first >= 2, "{first} spans are summed");
    assert_eq!((taken(&all).await, sums().await), (hours(4), first), "and read from then on");
    // A day that changes forgets its span only.
    world.take(9, 1, vec![returned("SPEECH", day(40), day(40) + HOUR)]).await;
    assert_eq!(sums().await, first - 1);
    assert_eq!((taken(&all).await, sums().await), (hours(5), first));
    assert_eq!(taken(&filter(START + day(41), START + day(130))).await, hours(2));
    assert_eq!(taken(&filter(START + day(40), START + day(41))).await, hours(2));
}

#[tokio::test]
async fn figures_of_a_deployment_and_a_client_are_theirs_and_the_server_has_all_at_once() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 0, HOUR)]).await;
    let mut other = batch(2, 1, vec![returned("SPEECH", 0, HOUR), returned("SPEECH", HOUR, 2 * HOUR)]);
    other.deployment = "another".into();
    world.usage.take(other).await.unwrap();
    let all = filter(START, START + DAY_MS);
    let taken_and_peak = async |filter: &Filter| {
        let used = world.usage.summary(filter).await.unwrap();
        (used[0].taken, used[0].peak)
    };
    assert_eq!(taken_and_peak(&all).await, (3, 2));
    assert_eq!(taken_and_peak(&Filter { deployment: Some(DEPLOYMENT.to_owned()), ..all.clone() }).await, (1, 1));
    assert_eq!(taken_and_peak(&Filter { client: Some("client-2".to_owned()), ..all.clone() }).await, (2, 1));
    let none = Filter { context: Some("backup".to_owned()), ..all.clone() };
    assert!(world.usage.summary(&none).await.unwrap().is_empty());
    let clients = world.usage.clients(&all).await.unwrap();
    let rows: Vec<_> = clients.iter().map(|of| (of.client.as_str(), of.taken, of.peak)).collect();
    assert_eq!(rows, [("client-1", 1, 1), ("client-2", 2, 1)]);
    let users = world.usage.users(&all).await.unwrap();
    assert_eq!((users.len(), users[0].user.as_str(), users[0].taken, users[0].use_ms), (1, "anna", 3, 3 * HOUR as u64));
    assert_eq!(world.usage.products().await.unwrap(), ["SPEECH"]);
    assert_eq!(world.usage.clients_known().await.unwrap(), ["client-1", "client-2"]);
    let extent = world.usage.extent().await.unwrap().unwrap();
    assert_eq!((extent.first_ms, extent.last_ms), (START, START + 3 * HOUR));
}

#[tokio::test]
async fn days_begin_where_the_zone_says_also_when_the_clocks_change() {
    let world = UsageFixture::new().await;
    // Berlin leaves summer time on 2026-10-25, 28 days before: that day has 25 hours.
    let midnight = -28 * DAY_MS - 2 * HOUR;
    let records = vec![
        returned("SPEECH", midnight - MINUTE, midnight),
        returned("SPEECH", midnight, midnight + MINUTE),
        returned("SPEECH", midnight + 25 * HOUR - MINUTE, midnight + 25 * HOUR),
        returned("SPEECH", midnight + 25 * HOUR, midnight + 25 * HOUR + MINUTE),
    ];
    world.take(1, 1, records).await;
    let filter = of("SPEECH", midnight - 24 * HOUR, midnight + 49 * HOUR, "Europe/Berlin");
    let days = world.usage.course(&filter, BucketWidth::Day).await.unwrap();
    let rows: Vec<_> = days.iter().map(|p| ((p.until_ms - p.at_ms) / HOUR, p.taken)).collect();
    assert_eq!(rows, [(24, 1), (25, 2), (24, 1)]);
    let weeks = world.usage.course(&filter, BucketWidth::Week).await.unwrap();
    assert_eq!(weeks.iter().map(|p| p.taken).collect::<Vec<_>>(), [3, 1], "the 25th is a Sunday");
    let months = world.usage.course(&of("SPEECH", -60 * DAY_MS, 0, "Europe/Berlin"), BucketWidth::Month).await.unwrap();
    assert_eq!(months.iter().map(|p| p.taken).collect::<Vec<_>>(), [0, 4, 0]);
    let heat = world.usage.heat(&filter).await.unwrap();
    let used: Vec<(usize, usize)> =
        (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour))).filter(|(d, h)| heat[*d][*h].peak > 0).collect();
    assert_eq!(used, [(0, 0), (5, 23), (6, 0), (6, 23)]);
}

#[tokio::test]
async fn a_heat_map_has_the_mean_of_the_peaks() {
    let world = UsageFixture::new().await;
    let nine =
        |day: i64, count: usize| vec![returned("SPEECH", day * DAY_MS + 9 * HOUR, day * DAY_MS + 10 * HOUR); count];
    world.take(1, 1, [nine(0, 2), nine(7, 4), nine(14, 0), nine(21, 6)].concat()).await;
    let heat = world.usage.heat(&of("SPEECH", 0, 28 * DAY_MS, "UTC")).await.unwrap();
    assert_eq!((heat[6][9].peak, heat[6][9].mean_peak), (6, 3.0));
    assert_eq!(heat[6][10].peak, 0);
}

#[tokio::test]
async fn refusals_within_a_minute_are_one_row_and_the_list_goes_on_where_it_stopped() {
    let world = UsageFixture::new().await;
    world
        .take(1, 1, vec![denied("SPEECH", 0), denied("SPEECH", 10), denied("SPEECH", MINUTE), denied("TTS3", 5)])
        .await;
    world.take(1, 5, vec![denied("SPEECH", 30)]).await;
    let all = filter(START, START + DAY_MS);
    let rows = world.usage.denials(&all, None, 2).await.unwrap();
    let rest = world.usage.denials(&all, rows[1].cursor.to_string().parse().ok(), 10).await.unwrap();
    let seen: Vec<_> = rows.iter().chain(&rest).map(|d| (d.at_ms - START, d.last_ms - START, d.count)).collect();
    assert_eq!(seen.len(), 3);
    assert!(seen.contains(&(0, 30, 3)) && seen.contains(&(MINUTE, MINUTE, 1)) && seen.contains(&(5, 5, 1)));
    let one = Filter { product: Some("TTS3".to_owned()), ..all.clone() };
    assert_eq!(world.usage.denials(&one, None, 10).await.unwrap()[0].user, "anna");
    assert_eq!(world.usage.summary(&one).await.unwrap()[0].denied, 1);
    assert!("1-2".parse::<DenialCursor>().is_err() && "1-2-x".parse::<DenialCursor>().is_err());
}

#[tokio::test]
async fn a_course_shows_what_was_licensed_then() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 0, HOUR)]).await;
    for (at, count) in [(DAY_MS, 10), (2 * DAY_MS + HOUR, 4), (2 * DAY_MS + 2 * HOUR, 4)] {
        world.usage.licensed(START + at, Some(Context::Production), &[("SPEECH".to_owned(), count)]).await.unwrap();
    }
    world.usage.licensed(START + 4 * DAY_MS, Some(Context::Production), &[("TTS3".to_owned(), 1)]).await.unwrap();
    let days = world.usage.course(&of("SPEECH", 0, 5 * DAY_MS, "UTC"), BucketWidth::Day).await.unwrap();
    let licensed: Vec<_> = days.iter().map(|p| p.licensed).collect();
    assert_eq!(licensed, [None, Some(10), Some(10), Some(4), Some(0)]);
}

#[tokio::test]
async fn a_peak_of_the_past_is_compared_with_what_was_licensed_then() {
    let world = UsageFixture::new().await;
    let licensed = async |at: i64, count: u64| {
        let counts = [("SPEECH".to_owned(), count)];
        world.usage.licensed(START + at, Some(Context::Production), &counts).await.unwrap();
    };
    licensed(0, 2).await;
    licensed(DAY_MS + 12 * HOUR, 9).await;
    // Both that were licensed are in use on the first day, and three of nine on the afternoon of the second.
    world.take(1, 1, vec![returned("SPEECH", 8 * HOUR, 9 * HOUR); 2]).await;
    world.take(2, 1, vec![denied("SPEECH", 8 * HOUR), returned("SPEECH", DAY_MS + 8 * HOUR, DAY_MS + 9 * HOUR)]).await;
    world.take(3, 1, vec![returned("SPEECH", DAY_MS + 14 * HOUR, DAY_MS + 15 * HOUR); 3]).await;
    let told = async |from: i64, to: i64| {
        let of = world.usage.summary(&filter(START + from, START + to)).await.unwrap().remove(0);
        (of.peak, of.licensed, of.closest.map(|hour| (hour.at_ms - START, hour.peak, hour.licensed)), of.licensed_now)
    };
    assert_eq!(told(0, DAY_MS).await, (2, Some(2), None, Some(9)));
    assert_eq!(told(0, 2 * DAY_MS).await, (3, Some(9), Some((8 * HOUR, 2, Some(2))), Some(9)));
    assert_eq!(told(DAY_MS, 2 * DAY_MS).await, (3, Some(9), Some((DAY_MS + 8 * HOUR, 1, Some(2))), Some(9)));
    let days = world.usage.course(&of("SPEECH", -DAY_MS, 2 * DAY_MS, "UTC"), BucketWidth::Day).await.unwrap();
    let rows: Vec<_> = days.iter().map(|day| (day.peak, day.licensed)).collect();
    assert_eq!(rows, [(0, None), (2, Some(2)), (3, Some(9))]);
    // In the morning of the second day two were licensed, whatever came later that day.
    let morning = of("SPEECH", DAY_MS, DAY_MS + 10 * HOUR, "UTC");
    assert_eq!(world.usage.course(&morning, BucketWidth::Day).await.unwrap()[0].licensed, Some(2));
}

#[tokio::test]
async fn a_period_is_compared_only_with_one_that_was_recorded_whole() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 15 * DAY_MS, 15 * DAY_MS + HOUR)]).await;
    world.take(2, 1, vec![returned("SPEECH", 25 * DAY_MS, 25 * DAY_MS + HOUR)]).await;
    let before = async |from: i64, to: i64| {
        world.usage.summary(&filter(START + from * DAY_MS, START + to * DAY_MS)).await.unwrap()[0].before
    };
    assert_eq!(world.usage.recorded_from().await.unwrap(), Some(START + 15 * DAY_MS));
    assert_eq!(before(20, 30).await, None, "of the ten days before only five are on record");
    assert_eq!(before(20, 25).await.map(|of| of.taken), Some(1));
    // A server with licenses records from then on, used or not.
    world.usage.licensed(START + 10 * DAY_MS, Some(Context::Production), &[("SPEECH".to_owned(), 5)]).await.unwrap();
    assert_eq!(world.usage.recorded_from().await.unwrap(), Some(START + 10 * DAY_MS));
    assert_eq!(before(20, 30).await.map(|of| of.taken), Some(1));
}
