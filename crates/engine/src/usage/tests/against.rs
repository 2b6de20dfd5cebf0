//! Whatever the order in which check-outs become known, and whatever is said twice: the sums are those of the check-outs.

use licensing::client_protocol::CheckOut;
use licensing::usage::HOUR_MS;
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{UsageFixture, ended, open, returned, slow_hours};

/// One check-out as a client tells it.
#[derive(Debug, Clone)]
struct Told {
    session: i64,
    from: i64,
    ms: i64,
    told_open: bool,
    /// Where in the order of telling its end stands.
    delay: usize,
}

#[derive(Debug, Clone, Copy)]
enum Between {
    Nothing,
    Repeat,
    Tick,
    Restart,
}

fn told() -> impl Strategy<Value = Told> {
    // Coarse times, so that ends and starts meet; some within the same millisecond, some over days.
    let ms = prop_oneof![Just(0_i64), (0_i64..8).prop_map(|n| n * 15 * 60_000), 1_i64..200_000_000];
    (1_i64..4, 0_i64..240, ms, any::<bool>(), 0_usize..12).prop_map(|(session, quarter, ms, told_open, delay)| Told {
        session,
        from: quarter * 15 * 60_000,
        ms,
        told_open,
        delay,
    })
}

fn between() -> impl Strategy<Value = Between> {
    prop_oneof![
        6 => Just(Between::Nothing),
        2 => Just(Between::Repeat),
        2 => Just(Between::Tick),
        1 => Just(Between::Restart)
    ]
}

/// The records of each session in the order told.
fn streams(all: &[Told]) -> Vec<(i64, CheckOut)> {
    let mut events: Vec<(usize, usize, bool)> = Vec::new();
    for (at, told) in all.iter().enumerate() {
        if told.told_open {
            events.push((at, at, true));
        }
        events.push((at + told.delay, at, false));
    }
    events.sort_by_key(|(when, at, opening)| (*when, *at, !*opening));
    let mut numbers = std::collections::HashMap::new();
    let mut opened = std::collections::HashMap::new();
    let mut records = Vec::new();
    for (_, at, opening) in events {
        let told = &all[at];
        let number = numbers.entry(told.session).or_insert(0_u64);
        *number += 1;
        let record = match (opening, opened.get(&at)) {
            (true, _) => {
                opened.insert(at, *number);
                open("SPEECH", told.from)
            }
            (false, Some(number)) => ended("SPEECH", told.from, told.from + told.ms, *number),
            (false, None) => returned("SPEECH", told.from, told.from + told.ms),
        };
        records.push((told.session, record));
    }
    records
}

async fn tell(records: &[(i64, CheckOut)], between: &[Between]) -> UsageFixture {
    let mut world = UsageFixture::new().await;
    let mut next = std::collections::HashMap::new();
    for (step, part) in records.chunks(7).enumerate() {
        let mut batches: std::collections::BTreeMap<i64, Vec<CheckOut>> = std::collections::BTreeMap::new();
        for (session, record) in part {
            batches.entry(*session).or_default().push(record.clone());
        }
        let firsts: Vec<(i64, u64)> =
            batches.keys().map(|session| (*session, next.get(session).copied().unwrap_or(1))).collect();
        // All at once, so that they meet in a group.
        let takes: Vec<_> = batches
            .iter()
            .zip(&firsts)
            .map(|((session, records), (_, first))| {
                let usage = world.usage.clone();
                let batch = super::world::batch(*session, *first, records.clone());
                tokio::spawn(async move { usage.take(batch).await.unwrap() })
            })
            .collect();
        for ((session, _), take) in firsts.iter().zip(takes) {
            next.insert(*session, take.await.unwrap() + 1);
        }
        match between.get(step).copied().unwrap_or(Between::Nothing) {
            Between::Nothing => {}
            Between::Repeat => {
                for ((session, first), records) in firsts.iter().zip(batches.values()) {
                    assert_eq!(world.take(*session, *first, records.clone()).await + 1, next[session]);
                }
            }
            Between::Tick => {
                let latest = part.iter().map(|(_, record)| record.from).max().unwrap_or(0);
                world.usage.tick(latest + HOUR_MS).await.unwrap();
            }
            Between::Restart => world = world.reopened().await,
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn hours_are_those_of_the_check_outs_in_whatever_order_they_are_told(
        all in vec(told(), 1..40),
        between in vec(between(), 12),
    ) {
        let records = streams(&all);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (hours, of_client, lines) = runtime.block_on(async {
            let world = tell(&records, &between).await;
            let lines: usize = std::fs::read_dir(world.file("")).unwrap()
                .map(|file| world.lines(file.unwrap().file_name().to_str().unwrap()).len()).sum();
            (world.hours("SPEECH", None, 200).await, world.hours("SPEECH", Some("client-1"), 200).await, lines)
        });
        let spans = |of: &dyn Fn(&Told) -> bool| -> Vec<(i64, i64)> {
            all.iter().filter(|told| of(told)).map(|told| (told.from, told.from + told.ms)).collect()
        };
        prop_assert_eq!(hours, slow_hours(&spans(&|_| true)));
        prop_assert_eq!(of_client, slow_hours(&spans(&|told| told.session == 1)));
        prop_assert_eq!(lines, all.len());
    }
}
