//! Check-outs and denials carried from server to server, and those of other software.

use std::collections::BTreeSet;

use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::usage::DAY_MS;
use licensing::usage::interchange::HEAD;

use super::world::{HOUR, MINUTE, START, UsageFixture, denied, filter, open, returned, slow_hours};
use crate::usage::Retention;
use crate::usage::export::RecordKind::{CheckOuts, Denials};

/// A check-out of other software, in milliseconds since [`START`].
fn line(host: &str, tokens: u32, from: i64, to: i64) -> String {
    let s = |ms: i64| (START + ms) / 1000;
    format!("LAN\trouter\tproj\tann\t{host}\t4711\t:0\t11.2\t{tokens}\t99\t{}\t{}\t{}\n", s(from), s(from), s(to))
}

#[tokio::test]
async fn what_is_imported_counts_once_however_often_and_under_whatever_name_it_comes_again() {
    let world = UsageFixture::new().await;
    let (one, other) = (line("a", 1, 0, HOUR), line("b", 1, 0, HOUR));
    let text = format!("{HEAD}{one}{one}\r\n\n{other}");
    let told = world.import(&text).await;
    assert_eq!((told.imported, told.known, told.refused), (3, 0, 0));
    let hours = world.hours("router", None, 3).await;
    assert_eq!(hours, [(START, 3, 3 * HOUR as u64, 0, 3)]);
    for again in [text.clone(), format!("{other}{one}"), one.clone()] {
        let told = world.import(&again).await;
        assert_eq!((told.imported, told.refused), (0, 0), "{again}");
    }
    // Of a line that stands there more often, what is more is new.
    let told = world.import(format!("{one}{one}{one}{}", line("a", 1, HOUR, 2 * HOUR))).await;
    assert_eq!((told.imported, told.known), (2, 2));
    let world = world.reopened().await;
    assert_eq!(world.import(&text).await.known, 3);
    assert_eq!(world.lines("2026.11.22").len(), 5);
    assert_eq!(world.hours("router", None, 3).await[0], (START, 4, 4 * HOUR as u64, 0, 4));
}

#[tokio::test]
async fn an_export_adds_nothing_where_it_came_from_and_makes_the_same_elsewhere() {
    let world = UsageFixture::new().await;
    let flushed = CheckOut { outcome: CheckOutOutcome::Flushed, ..returned("SPEECH", HOUR + 7, 3 * HOUR) };
    let windows = CheckOut { user: "CORP\\tom".to_owned(), host: String::new(), ..returned("SPEECH", 250, MINUTE) };
    world.take(1, 1, vec![flushed, windows, denied("SPEECH", 5), returned("SPEECH", 23 * HOUR, 25 * HOUR)]).await;
    world.take(2, 1, vec![denied("SPEECH", 5), returned("SPEECH", 250, MINUTE), open("TTS3", 0)]).await;
    world.usage.lost(2, START + MINUTE).await.unwrap();
    let told = world.import(line("a", 3, 0, HOUR)).await;
    assert_eq!(told.imported, 1);
    let (taken, refused) = (world.export(0, CheckOuts).await, world.export(0, Denials).await);
    assert!(taken.starts_with(HEAD) && taken.lines().count() == 7, "{taken}");
    assert!(
        taken.contains("\tleasehold:flushed\tclient-1\t\t1\t\t1795309200.007\t1795309200.007\t1795316400\n"),
        "{taken}"
    );
    assert!(taken.contains(&line("a", 3, 0, HOUR)) && taken.contains("\tleasehold:lost\tclient-2\t"), "{taken}");
    assert_eq!(refused.lines().count(), 2, "{refused}");
    let times: Vec<f64> =
        taken.lines().skip(1).map(|line| line.split('\t').nth(11).unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    for text in [&taken, &refused] {
        let told = world.import(text).await;
        assert_eq!((told.imported, told.refused), (0, 0), "{text}");
    }
    assert_eq!(world.export(0, CheckOuts).await, taken);

    let fresh = UsageFixture::new().await;
    // In another order: what is exported does not depend on it.
    let mut lines: Vec<&str> = taken.lines().collect();
    lines.reverse();
    assert_eq!(fresh.import(&refused).await.imported, 2);
    assert_eq!(fresh.import(lines.join("\n")).await.imported, 6);
    assert_eq!((fresh.export(0, CheckOuts).await, fresh.export(0, Denials).await), (taken, refused));
    for (product, client) in [("SPEECH", None), ("SPEECH", Some("client-1")), ("TTS3", None), ("router", Some("a"))] {
        let (there, here) = (world.hours(product, client, 48).await, fresh.hours(product, client, 48).await);
        assert!(!there.is_empty() && there == here, "{product} {client:?}: {there:?} {here:?}");
    }
    let period = filter(START, START + 2 * DAY_MS);
    let users = async |of: &UsageFixture| {
        let users = of.usage.users(&period).await.unwrap().into_iter();
        users.map(|user| (user.user, user.product, user.taken, user.use_ms, user.denied)).collect::<BTreeSet<_>>()
    };
    assert_eq!(users(&world).await, users(&fresh).await);
    let denials = async |of: &UsageFixture| {
        let denials = of.usage.denials(&period, None, 9).await.unwrap().into_iter();
        denials.map(|of| (of.at_ms, of.count, of.product, of.client, of.user)).collect::<Vec<_>>()
    };
    assert_eq!(denials(&world).await, denials(&fresh).await);
    assert_eq!(world.export(1, CheckOuts).await, "", "nothing began on that day");
}

#[tokio::test]
async fn a_check_out_of_several_licenses_is_one_check_out_and_as_many_in_use() {
    let spans =
        [(2, 0, 90 * MINUTE), (5, 30 * MINUTE, 40 * MINUTE), (1, 40 * MINUTE, 26 * HOUR), (300, 25 * HOUR, 27 * HOUR)];
    let world = UsageFixture::new().await;
    let text: String = spans.iter().map(|(tokens, from, to)| line("a", *tokens, *from, *to)).collect();
    assert_eq!(world.import(&text).await.imported, 4);
    let singly: Vec<(i64, i64)> = spans.iter().flat_map(|(n, from, to)| vec![(*from, *to); *n as usize]).collect();
    let mut expected = slow_hours(&singly);
    for (at, taken, ..) in &mut expected {
        let hour = *at - START;
        *taken = spans.iter().filter(|(_, from, _)| (hour..hour + HOUR).contains(from)).count() as u64;
    }
    assert_eq!(world.hours("router", None, 48).await, expected);
    assert_eq!(world.hours("router", Some("a"), 48).await, expected);
    let day = world.usage.summary(&filter(START, START + DAY_MS)).await.unwrap();
    assert_eq!((day[0].taken, day[0].peak, day[0].coverage[3]), (3, 7, (100.0, 7)));
    // A denial of several is one denial.
    let denial = format!("{}\tLAN\trouter\tproj\tbo\tb\t40\n", START / 1000);
    assert_eq!(world.import(&denial).await.imported, 1);
    assert_eq!(world.usage.summary(&filter(START, START + DAY_MS)).await.unwrap()[0].denied, 1);
    // Once the changes are gone, what comes in late finds them in the data files, with their weight.
    world.usage.tick(START + 50 * DAY_MS).await.unwrap();
    assert!(world.usage.purge(START + 60 * DAY_MS, Retention::default()).await.unwrap().rows > 0);
    let world = world.reopened().await;
    world.import(line("a", 4, 25 * HOUR, 26 * HOUR)).await;
    let peaks: Vec<u32> = world.hours("router", None, 48).await.iter().map(|hour| hour.4).collect();
    assert_eq!((peaks[0], peaks[25], peaks[26]), (7, 305, 300));
}

#[tokio::test]
async fn very_many_licenses_at_once_are_counted_too() {
    let world = UsageFixture::new().await;
    let text: String = (0..50).map(|n| line(&format!("h{n}"), 1_000_000, 0, HOUR)).collect();
    assert_eq!(world.import(&text).await.imported, 50);
    assert_eq!(world.hours("router", None, 2).await, [(START, 50, 50_000_000 * HOUR as u64, 0, 50_000_000)]);
}

#[tokio::test]
async fn an_import_that_fails_counts_nothing_of_the_part_and_is_repeated() {
    let world = UsageFixture::new().await;
    let sql = |sql: &'static str| {
        let store = world.store.clone();
        async move {
            let mut tx = store.write().await.unwrap();
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    world.import(line("a", 1, 0, HOUR)).await;
    sql("CREATE TRIGGER full BEFORE INSERT ON usage_days BEGIN SELECT raise(ABORT, 'no room'); END").await;
    let text = format!("{}{}", line("a", 1, 0, HOUR), line("b", 2, 0, HOUR));
    let (told, outcome) = world.try_import(&text).await;
    assert!(outcome.is_err());
    assert_eq!((told.imported, told.known), (0, 1));
    sql("DROP TRIGGER full").await;
    // The data file had the line for a moment; it was not committed.
    let told = world.import(&text).await;
    assert_eq!((told.imported, told.known), (1, 1));
    assert_eq!(world.hours("router", None, 2).await, [(START, 2, 3 * HOUR as u64, 0, 3)]);
    assert_eq!(world.lines("2026.11.22").len(), 2);
    // As a crash leaves it: written, not committed.
    let path = world.file("2026.11.22");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], &whole[..]].concat()).unwrap();
    let world = world.reopened().await;
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    assert_eq!(world.import(format!("{text}{}", line("c", 1, 0, HOUR))).await.imported, 1);
}

#[tokio::test]
async fn a_day_whose_data_file_was_removed_is_refused_by_name_and_nothing_counts_twice() {
    let world = UsageFixture::new().await;
    let long_ago = -700 * DAY_MS;
    let text = format!("{}{}", line("a", 1, long_ago, long_ago + HOUR), line("b", 1, HOUR, 2 * HOUR));
    assert_eq!(world.import(&text).await.imported, 2, "older than data files are kept");
    let retention = Retention { newest_files: 0, ..Retention::default() };
    let purged = world.usage.purge(START + 20 * DAY_MS, retention).await.unwrap();
    assert_eq!(purged.files, 0, "a history comes in in several goes");
    assert_eq!(world.import(&text).await.known, 2);
    assert_eq!(world.usage.purge(START + 45 * DAY_MS, retention).await.unwrap().files, 1);
    let world = world.reopened().await;
    let told = world.import(&text).await;
    assert_eq!((told.imported, told.known, told.refused), (0, 1, 1));
    assert_eq!(told.reasons[0].line, 1);
    assert!(told.reasons[0].reason.contains("2024.12.22"), "{}", told.reasons[0].reason);
    let day = filter(START + long_ago, START + long_ago + DAY_MS);
    assert_eq!(world.usage.summary(&day).await.unwrap()[0].taken, 1);
    let today = START / DAY_MS;
    let days = world.usage.recorded_days(today - 1_000, today).await.unwrap();
    let days: Vec<_> = days.into_iter().map(|day| (day.day - today, day.bytes > 0, day.is_removed)).collect();
    assert_eq!(days, [(-700, false, true), (0, true, false)]);
}

#[tokio::test]
async fn of_a_file_with_bad_lines_the_good_ones_are_taken_and_each_bad_one_is_named() {
    let world = UsageFixture::new().await;
    let mut text = format!("\u{feff}{}", line("a", 1, 0, HOUR)).into_bytes();
    text.extend_from_slice(&[b"\x00\xff\xfe rubbish\n".as_slice(), &vec![b'x'; 1_000_000], b"\n"].concat());
    text.extend_from_slice(line("b", 1, 0, HOUR).replace("\t4711", "").as_bytes());
    text.extend_from_slice(line("c", 1, HOUR, 0).as_bytes());
    text.extend_from_slice(line("d", 1, 0, HOUR).trim_end().as_bytes());
    let told = world.import(&text).await;
    assert_eq!((told.imported, told.known, told.refused), (2, 0, 4));
    let reasons: Vec<(u64, &str)> = told.reasons.iter().map(|of| (of.line, of.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (2, "Not UTF-8 text"),
            (3, "Longer than 16 KB"),
            (4, "Fields separated by tabs: 12; a check-out has 13, a denial 7"),
            (5, "CHECKIN is before CHECKOUT"),
        ]
    );
    let many = world.import("no record\n".repeat(1_000)).await;
    assert_eq!((many.refused, many.reasons.len()), (1_000, 100));
    assert_eq!(world.lines("2026.11.22").len(), 2);
    assert_eq!(world.import("").await, crate::usage::import::Imported::default());
}

#[tokio::test]
async fn lines_of_many_days_in_any_order_are_found_again() {
    let world = UsageFixture::new().await;
    let line_of = |n: i64| line(&format!("host-{}", n % 7), 1, -(n * 37 % 90) * DAY_MS + n * 1_000, n * 1_000 + HOUR);
    let text: String = (0..3_000).map(line_of).collect();
    let told = world.import(&text).await;
    assert_eq!((told.imported, told.known, told.refused), (3_000, 0, 0));
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(world.import(lines.join("\n")).await.known, 3_000);
    let all = world.usage.summary(&filter(START - 100 * DAY_MS, START + DAY_MS)).await.unwrap();
    assert_eq!(all[0].taken, 3_000);
}
