use proptest::prelude::*;

use super::*;

fn heard(samples: &[(i64, i64)]) -> ClockOffset {
    let mut offset = ClockOffset::default();
    samples.iter().for_each(|(now_ms, received_ms)| offset.hear(*now_ms, *received_ms));
    offset
}

#[test]
fn nothing_is_moved_before_the_client_has_said_what_its_clock_shows() {
    assert_eq!(ClockOffset::default().shift_ms(), None);
    assert_eq!(ClockOffset::default().place(5, Some(7), 0), (5, Some(7)));
}

#[test]
fn the_quickest_message_of_the_last_half_minute_to_minute_counts() {
    for (samples, shift) in [
        (vec![(1_000, 51_010)], 50_010),
        (vec![(1_000, 51_010), (3_000, 53_004)], 50_004),
        (vec![(1_000, 51_004), (3_000, 53_010)], 50_004),
        // The half before counts still.
        (vec![(1_000, 51_004), (31_500, 81_510), (60_000, 110_020)], 50_004),
        // And not the one before that.
        (vec![(1_000, 51_004), (31_500, 81_510), (62_000, 112_020)], 50_010),
        // After a long silence only what is heard now.
        (vec![(1_000, 51_004), (3_600_000, 3_650_300)], 50_300),
    ] {
        assert_eq!(heard(&samples).shift_ms(), Some(shift), "{samples:?}");
    }
}

#[test]
fn a_clock_that_was_set_counts_anew_and_a_message_that_was_under_way_for_long_does_not() {
    let good = [(1_000, 51_000), (3_000, 53_000)];
    let more = |more: &[(i64, i64)]| heard(&[&good[..], more].concat()).shift_ms();
    assert_eq!(more(&[(5_000, 63_000)]), Some(50_000), "one came late");
    assert_eq!(more(&[(5_000, 63_000), (5_001, 63_000), (7_000, 63_005)]), Some(50_000), "a network that stopped");
    let late = [(5_000, 63_000), (9_000, 59_001), (16_000, 74_000)];
    assert_eq!(more(&late), Some(50_000), "not in a row");
    assert_eq!(more(&[(5_000, 63_000), (16_000, 80_000)]), Some(50_000), "late by different times");
    let back = [(1_000, 55_004), (5_000, 59_000), (11_000, 65_004)];
    assert_eq!(more(&back[..2]), Some(50_000), "not for sure");
    assert_eq!(more(&back), Some(54_000), "set back by four seconds");
    assert_eq!(more(&[(105_000, 55_000)]), Some(-50_000), "set ahead: no message arrives before it was sent");
}

#[test]
fn times_in_use_stay_as_they_are_and_a_license_taken_again_is_not_out_twice_when_a_quicker_message_arrives() {
    let mut offset = heard(&[(1_000, 51_009)]);
    assert_eq!(offset.place(100, Some(900), 60_000), (50_109, Some(50_909)));
    offset.hear(3_000, 53_004);
    assert_eq!(offset.place(900, Some(2_000), 60_000), (50_909, Some(52_004)), "returned and taken in one millisecond");
    assert_eq!(offset.place(902, Some(903), 60_000), (50_909, Some(50_909)));
    assert_eq!(offset.place(2_500, Some(2_900), 60_000), (52_504, Some(52_904)));
    assert_eq!(offset.place(2_900, None, 60_000), (52_904, None));
    for quicker in 1..9 {
        offset.hear(3_000 + quicker, 53_004);
        offset.place(3_000, Some(3_000 + quicker), 60_000);
    }
    assert_eq!(offset.place(900, None, 60_000), (50_909, None), "however often");
}

#[test]
fn what_was_told_has_happened() {
    let mut offset = heard(&[(1_000, 51_000)]);
    assert_eq!(offset.place(1_000, Some(3_000), 52_000), (50_000, Some(52_000)), "the time in use stays");
    assert_eq!(offset.place(3_000, None, 52_000), (52_000, None));
}

#[test]
fn times_from_the_ends_of_the_number_line_do_no_harm() {
    let mut offset = heard(&[(i64::MIN, i64::MAX), (i64::MAX, 0), (0, i64::MIN), (i64::MIN, 5)]);
    offset.place(i64::MIN, Some(i64::MAX), i64::MIN);
    offset.place(i64::MAX, Some(i64::MIN), i64::MAX);
}

/// A license on its way: who gets it next, and how long everything takes, microseconds.
#[derive(Debug, Clone)]
struct Leg {
    holder: usize,
    /// From the grant to the first use, and from the last use to the refresh that tells it.
    pauses: [u64; 2],
    /// How long it is in use, each time it is taken.
    uses: Vec<u64>,
    /// Of the refresh that asks, its answer, the refresh that tells the end, and the records.
    ways: [u64; 4],
    /// How long after the end the records are sent.
    records_after: u64,
    /// Other refreshes meanwhile: of whom, and how long they take.
    chatter: Vec<(usize, u64)>,
}

const CLIENTS: usize = 3;

fn way() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..3_000, 2 => 0_u64..80_000, 1 => 0_u64..1_500_000]
}

fn leg() -> impl Strategy<Value = Leg> {
    let uses = prop::collection::vec(prop_oneof![Just(0), 0_u64..9_000, 0_u64..5_000_000], 1..4);
    let pauses = [prop_oneof![Just(0_u64), 0_u64..3_000], prop_oneof![Just(0_u64), 0_u64..2_000_000]];
    let chatter = prop::collection::vec((0..CLIENTS, way()), 0..4);
    (0..CLIENTS, pauses, uses, [way(), way(), way(), way()], 0_u64..3_000_000, chatter).prop_map(
        |(holder, pauses, uses, ways, records_after, chatter)| Leg {
            holder,
            pauses,
            uses,
            ways,
            records_after,
            chatter,
        },
    )
}

/// A client: by how much its clock is ahead, microseconds, and how much faster it runs, parts in a million.
#[derive(Debug, Clone)]
struct Client {
    ahead: i64,
    faster: i64,
}

fn ms(us: u64) -> i64 {
    i64::try_from(us / 1_000).unwrap()
}

impl Client {
    fn shows(&self, at: u64) -> i64 {
        let at = i64::try_from(at).unwrap();
        (at + self.ahead + at / 1_000 * self.faster / 1_000).div_euclid(1_000)
    }
}

/// The most milliseconds for which the license is in use twice by the records; below 0 when there is always a gap.
fn overlap(clients: &[Client], legs: &[Leg]) -> i64 {
    /// What arrives at the server.
    enum Message {
        Refresh,
        Records(Vec<(i64, i64)>),
    }
    // (received, from whom, now as said, what)
    let mut messages: Vec<(u64, usize, i64, Message)> = Vec::new();
    // By the leg in which they end, for the order of the truth.
    let mut order: Vec<(usize, i64)> = Vec::new();
    let mut at = 20_000_000_000;
    for leg in legs {
        let client = &clients[leg.holder];
        for (who, way) in &leg.chatter {
            messages.push((at + way, *who, clients[*who].shows(at), Message::Refresh));
        }
        // Asked and granted.
        messages.push((at + leg.ways[0], leg.holder, client.shows(at), Message::Refresh));
        at += leg.ways[0];
        // Heard: what is taken is stamped in the next millisecond.
        at += leg.ways[1];
        let mut last = client.shows(at) + 1;
        at += leg.pauses[0];
        let mut records = Vec::new();
        for held in &leg.uses {
            let from = last.max(client.shows(at));
            at += held;
            // A return is stamped by a clock that may be ahead by a few milliseconds.
            last = from.max(client.shows(at) + i64::try_from(held % 6).unwrap());
            records.push((from, last));
            order.push((leg.holder, from));
        }
        // Nothing is sent before the latest time it tells of.
        while client.shows(at) < last {
            at += 100;
        }
        let sent = at + leg.records_after;
        messages.push((sent + leg.ways[3], leg.holder, client.shows(sent), Message::Records(records)));
        at += leg.pauses[1];
        messages.push((at + leg.ways[2], leg.holder, client.shows(at), Message::Refresh));
        // The server gives it to the next no earlier than this refresh arrived; its own is sent at any time before or after.
        at += leg.ways[2];
    }
    messages.sort_by_key(|(received, ..)| *received);
    let mut offsets = vec![ClockOffset::default(); clients.len()];
    let mut placed = std::collections::BTreeMap::new();
    for (received, who, now_ms, message) in messages {
        offsets[who].hear(now_ms, ms(received));
        if let Message::Records(records) = message {
            for (from, to) in records {
                let (from_ms, to_ms) = offsets[who].place(from, Some(to), ms(received));
                placed.entry((who, from)).or_insert_with(Vec::new).push((from_ms, to_ms.unwrap()));
            }
        }
    }
    let mut so_far = i64::MIN;
    let mut most = i64::MIN;
    for key in order {
        // Those of one millisecond in their order.
        let (from, to) = placed.get_mut(&key).unwrap().remove(0);
        assert!(from <= to);
        most = most.max(so_far.saturating_sub(from));
        so_far = so_far.max(to);
    }
    most
}

proptest! {
    #[test]
    fn a_license_that_goes_from_client_to_client_is_never_in_use_twice_by_the_records(
        ahead in [-9_000_000_i64..9_000_000, -9_000_000_i64..9_000_000, -1_000_i64..1_000],
        legs in prop::collection::vec(leg(), 2..40),
    ) {
        let clients = ahead.map(|ahead| Client { ahead, faster: 0 });
        prop_assert!(overlap(&clients, &legs) <= 0, "{} ms", overlap(&clients, &legs));
    }

    #[test]
    fn clocks_that_drift_take_from_that_no_more_than_they_drift_within_the_window(
        ahead in [-9_000_000_i64..9_000_000, -9_000_000_i64..9_000_000, -1_000_i64..1_000],
        faster in [-100_i64..=100, -100_i64..=100, -100_i64..=100],
        legs in prop::collection::vec(leg(), 2..40),
    ) {
        let client = |number: usize| Client { ahead: ahead[number], faster: faster[number] };
        let clients = [0, 1, 2].map(client);
        // Three halves of the window and as long again for use that is told at its end, at one part in ten thousand.
        prop_assert!(overlap(&clients, &legs) <= 3 * HALF_MS / 5_000, "{} ms", overlap(&clients, &legs));
    }
}
