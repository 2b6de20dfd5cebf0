use std::collections::BTreeMap;

use licensing::client_protocol::Limit;
use proptest::prelude::*;

use super::*;
use crate::journal::RecordRef;

/// Records for which there is room: more than any test here makes.
const ROOM: usize = 10_000;

/// A clock that stands still; read the cheap way it is late by this much.
#[derive(Debug)]
struct At(u64, u64);

impl Clock for At {
    fn elapsed_ms(&self) -> u64 {
        self.0
    }

    fn about_ms(&self) -> u64 {
        self.0 - self.1
    }

    fn wall_ms(&self) -> i64 {
        0
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Take,
    Return(usize),
    Grant(usize, u32),
    Tell(usize),
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Take),
        4 => any::<usize>().prop_map(Act::Return),
        3 => (0usize..2, 0u32..8).prop_map(|(server, limit)| Act::Grant(server, limit)),
        2 => (0usize..2).prop_map(Act::Tell),
        4 => (0u64..50_000).prop_map(Act::Pass),
    ]
}

proptest! {
    #[test]
    fn use_is_that_of_every_single_lease_never_goes_back_and_no_lease_is_beyond_a_limit(acts in prop::collection::vec(act(), 1..200)) {
        let journal = Journal::new(2, ROOM);
        let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 2);
        let mut now = 5_000;
        // The same, counted lease by lease: which and its start, and what has ended.
        let mut leases: Vec<(SlotKey, u64)> = Vec::new();
        let mut ended = 0;
        let mut taken = 0;
        let mut good_until = None;
        let mut version = 0;
        let mut cap = 0;
        let mut told: BTreeMap<usize, ServerUsage> = BTreeMap::new();
        for act in acts {
            if let Act::Pass(ms) = act {
                now += ms;
            }
            if let Some(until) = good_until.filter(|until| now >= *until) {
                ended += leases.drain(..).map(|(_, start)| until - start).sum::<u64>();
                good_until = None;
                cap = 0;
            }
            match act {
                Act::Pass(_) => {}
                Act::Take => match pool.take(None, false, &At(now, 0), &journal) {
                    Some(lease) => {
                        leases.push((lease.key, now));
                        taken += 1;
                        prop_assert!(u32::try_from(leases.len()).unwrap() <= cap);
                    }
                    None => prop_assert!(good_until.is_none() || leases.len() >= cap as usize),
                },
                Act::Return(which) => {
                    if !leases.is_empty() {
                        let (key, start) = leases.swap_remove(which % leases.len());
                        pool.give_back(key, now, &journal);
                        // Returned twice: changes nothing, whatever is kept at its place now.
                        pool.give_back(key, now, &journal);
                        ended += now - start;
                    }
                }
                Act::Grant(server, limit) => {
                    version += 1;
                    let limit = Limit { limit, version, licensed: 10, why: None, sentence: None };
                    good_until = Some(now + 120_000);
                    pool.hear(server, Some(&limit), good_until, now, &journal);
                    // A new grant: its licenses are taken in the next millisecond.
                    now = now.max(pool.latest_ms());
                    cap = limit.limit;
                }
                Act::Tell(server) => {
                    let used = pool.tell(server, false, now, &journal);
                    let before = told.entry(server).or_default();
                    prop_assert!(used.usage_count >= before.taken && used.usage_ms >= before.usage_ms);
                    *before = ServerUsage { taken: used.usage_count, denied: used.denied, usage_ms: used.usage_ms };
                }
            }
            let running: u64 = leases.iter().map(|(_, start)| now - start).sum();
            let used = pool.used(2, now, &journal);
            prop_assert_eq!((used.taken, used.usage_ms), (taken, ended + running));
            prop_assert_eq!(pool.held() as usize, leases.len());
        }
    }
}

#[test]
fn what_is_taken_of_a_new_grant_is_stamped_later_than_it_was_heard() {
    let journal = Journal::new(2, ROOM);
    let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 2);
    let limit = |limit, version| Limit { limit, version, licensed: 10, why: None, sentence: None };
    let taken = |server, limit: Limit, now_ms| {
        pool.hear(server, Some(&limit), Some(121_000), now_ms, &journal);
        pool.take(None, false, &At(now_ms, 0), &journal).unwrap();
        pool.latest_ms()
    };
    assert_eq!(taken(0, limit(2, 1), 1_000), 1_001);
    assert_eq!(taken(0, limit(2, 1), 1_002), 1_002, "nothing new");
    assert_eq!(taken(0, limit(4, 2), 1_003), 1_004);
    assert_eq!(taken(1, limit(4, 1), 1_005), 1_006, "of another server");
}

#[test]
fn what_is_told_to_a_server_that_is_left_is_nothing_once_the_other_carries_it_all_and_stays_so() {
    let journal = Journal::new(2, ROOM);
    let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 2);
    let limit = |limit, version| Limit { limit, version, licensed: 10, why: None, sentence: None };
    pool.hear(0, Some(&limit(4, 1)), Some(121_000), 1_000, &journal);
    for _ in 0..4 {
        pool.take(None, false, &At(1_000, 0), &journal).unwrap();
    }
    assert_eq!(pool.tell(1, true, 2_000, &journal).held, 0, "the backup has given nothing so far");
    pool.hear(1, Some(&limit(3, 1)), Some(122_000), 2_000, &journal);
    assert_eq!(pool.tell(1, true, 3_000, &journal).held, 3, "it is told what it gave");
    assert_eq!(pool.tell(0, false, 3_000, &journal).held, 4, "the primary's pool still carries the fourth");
    pool.hear(1, Some(&limit(4, 2)), Some(124_000), 4_000, &journal);
    let left = pool.tell(0, false, 4_000, &journal);
    assert_eq!((left.held, left.want), (0, 0));
    pool.hear(1, Some(&limit(2, 3)), Some(125_000), 5_000, &journal);
    assert_eq!(pool.tell(0, false, 5_000, &journal).held, 0, "the primary may have given it to others");
    assert!(pool.take(None, false, &At(5_000, 0), &journal).is_none());
}

#[test]
fn a_limit_of_another_time_does_not_count_when_the_client_comes_back_and_none_is_named() {
    let journal = Journal::new(2, ROOM);
    let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 2);
    let limit = |limit, version| Limit { limit, version, licensed: 10, why: None, sentence: None };
    pool.hear(0, Some(&limit(4, 1)), Some(121_000), 1_000, &journal);
    pool.hear(1, Some(&limit(2, 1)), Some(122_000), 2_000, &journal);
    pool.hear(0, None, Some(123_000), 3_000, &journal);
    assert!(pool.take(None, false, &At(3_000, 0), &journal).is_none());
}

#[test]
fn near_its_end_the_exact_clock_says_whether_a_grant_is_still_good() {
    let journal = Journal::new(1, ROOM);
    let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 1);
    let limit = Limit { limit: 4, version: 1, licensed: 10, why: None, sentence: None };
    pool.hear(0, Some(&limit), Some(121_000), 1_000, &journal);
    let taken = |exact_ms, late_ms| pool.take(None, false, &At(exact_ms, late_ms), &journal).map(|_| pool.latest_ms());
    assert_eq!(taken(60_000, ABOUT_MS), Some(60_000 - ABOUT_MS));
    assert_eq!(taken(120_999, ABOUT_MS / 2), Some(120_999));
    assert_eq!(taken(121_000, ABOUT_MS), None);
}

#[test]
fn what_an_earlier_run_was_granted_ends_with_that_grant_as_far_as_the_new_run_does_not_carry_it() {
    let journal = Journal::new(1, ROOM);
    let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 1);
    let limit = |limit, version| Limit { limit, version, licensed: 10, why: None, sentence: None };
    pool.hear(0, Some(&limit(4, 7)), Some(121_000), 1_000, &journal);
    let leases: Vec<SlotKey> =
        (2_000..2_004).map(|at| pool.take(None, false, &At(at, 0), &journal).unwrap().key).collect();
    pool.begin_again(0);
    assert_eq!(pool.tell(0, true, 3_000, &journal).held, 0, "the new run has been granted nothing");
    pool.hear(0, Some(&limit(3, 1)), Some(123_000), 3_000, &journal);
    assert_eq!(pool.tell(0, true, 5_000, &journal).held, 3, "what it was granted, of four in use");
    pool.hear(0, Some(&limit(2, 2)), Some(125_000), 5_000, &journal);
    assert_eq!(pool.tell(0, true, 7_000, &journal).held, 3, "a lower limit takes nothing away");
    let valid = |at_ms| leases.iter().map(|key| pool.is_valid(*key, at_ms, &journal)).collect::<Vec<_>>();
    pool.hear(0, Some(&limit(2, 2)), Some(240_000), 120_000, &journal);
    assert_eq!(valid(120_999), [true; 4]);
    assert_eq!(valid(121_000), [true, true, true, false], "the last taken is the one too many");
    assert_eq!((pool.held(), pool.flushed()), (3, 1));
    assert!(!pool.give_back(leases[3], 122_000, &journal), "it is over");
    assert_eq!(valid(239_999), [true, true, true, false]);
    pool.begin_again(0);
    pool.hear(0, Some(&limit(5, 1)), Some(360_000), 239_999, &journal);
    assert_eq!(valid(359_999), [true, true, true, false], "granted again in time");
}

#[test]
fn a_lease_that_an_earlier_run_told_as_open_is_told_again_with_that_record_and_one_on_its_way_is_not() {
    let journal = Journal::new(1, ROOM);
    let pool = LeasePool::new(0, "SPEECH".parse().unwrap(), 1);
    let limit = Limit { limit: 4, version: 1, licensed: 10, why: None, sentence: None };
    pool.hear(0, Some(&limit), Some(121_000), 1_000, &journal);
    pool.take(None, false, &At(2_000, 0), &journal).unwrap();
    pool.tell_open(70_000, &journal);
    journal.acknowledge(0, 1);
    let second = pool.take(None, false, &At(70_000, 0), &journal).unwrap().key;
    pool.hear(0, Some(&limit), Some(250_000), 120_000, &journal);
    pool.tell_open(131_000, &journal);
    pool.tell_again(0, journal.resume_after(0, 0, 1).unwrap());
    pool.tell_open(132_000, &journal);
    pool.tell_open(133_000, &journal);
    pool.give_back(second, 134_000, &journal);
    let told: Vec<_> = journal.batch(0, 10).unwrap().1.into_iter().map(|e| (e.from_ms, e.outcome, e.opened)).collect();
    let record = |generation, number| Some(RecordRef { generation, number });
    assert_eq!(
        told,
        [
            (70_000, CheckOutOutcome::Open, None),
            (2_000, CheckOutOutcome::Open, record(0, 1)),
            (70_000, CheckOutOutcome::Returned, record(1, 1)),
        ]
    );
}
