use std::collections::BTreeMap;

use licensing::client_protocol::Limit;
use proptest::prelude::*;

use super::*;

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
        // The same, counted lease by lease: (place, generation, start), and what has ended.
        let mut leases: Vec<(u32, u64, u64)> = Vec::new();
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
                ended += leases.drain(..).map(|(_, _, start)| until - start).sum::<u64>();
                good_until = None;
                cap = 0;
            }
            match act {
                Act::Pass(_) => {}
                Act::Take => match pool.take(None, false, &At(now, 0), &journal) {
                    Some(lease) => {
                        leases.push((lease.place, lease.generation, now));
                        taken += 1;
                        prop_assert!(u32::try_from(leases.len()).unwrap() <= cap);
                    }
                    None => prop_assert!(good_until.is_none() || leases.len() >= cap as usize),
                },
                Act::Return(which) => {
                    if !leases.is_empty() {
                        let (place, generation, start) = leases.swap_remove(which % leases.len());
                        pool.give_back(place, generation, now, &journal);
                        // Returned twice: changes nothing.
                        if leases.is_empty() {
                            pool.give_back(place, generation + 1, now, &journal);
                        }
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
            let running: u64 = leases.iter().map(|(_, _, start)| now - start).sum();
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
