use proptest::collection::vec;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::client_protocol::CheckOutOutcome;

/// Check-outs within an hour, as pairs of milliseconds, some longer than it.
fn spans() -> impl Strategy<Value = Vec<(u32, u32)>> {
    // Few distinct times, so that ends and starts meet.
    let time = prop_oneof![0_u32..40, 3_599_990_u32..3_600_010, 0_u32..4_000_000];
    vec((time.clone(), time).prop_map(|(a, b)| (a.min(b), a.max(b).max(a.min(b) + 1))), 0..40)
}

fn edges_of(spans: &[(u32, u32)]) -> Edges {
    spans.iter().flat_map(|(from, to)| [Edge { at: *from, change: 1 }, Edge { at: *to, change: -1 }]).collect()
}

fn in_use(spans: &[(u32, u32)], at: u32) -> u32 {
    spans.iter().filter(|(from, to)| *from <= at && at < *to).count() as u32
}

proptest! {
    #[test]
    fn the_peak_of_an_hour_is_the_most_at_any_instant_of_it(spans in spans(), begins in 0_u32..2) {
        let (from, until) = (begins * 1_800_000, 3_600_000);
        let edges = edges_of(&spans);
        let before = spans.iter().filter(|(start, end)| *start < from && *end >= from).count() as i64;
        let within: Vec<Edge> = edges.as_slice().iter().copied().filter(|edge| (from..until).contains(&edge.at)).collect();
        let found = Concurrency::of(before, &within, from, until);
        // The number in use changes only at these instants.
        let mut instants: Vec<u32> = spans.iter().flat_map(|(a, b)| [*a, *b]).chain([from, until])
            .filter(|at| (from..=until).contains(at)).collect();
        instants.sort_unstable();
        instants.dedup();
        let mut slow = Levels::default();
        for pair in instants.windows(2) {
            slow.add(in_use(&spans, pair[0]), u64::from(pair[1] - pair[0]));
        }
        prop_assert_eq!(found.peak, slow.iter().map(|(level, _)| level).max().unwrap_or(0));
        prop_assert_eq!(&found.levels, &slow);
        prop_assert_eq!(found.levels.total(), u64::from(until - from));
    }

    #[test]
    fn a_day_does_not_depend_on_the_order_in_which_it_becomes_known(
        spans in vec((0_u32..86_000_000, 1_u32..400_000), 0..60).prop_map(|all| {
            all.into_iter().map(|(from, ms)| (from, from + ms)).collect::<Vec<_>>()
        }),
        pieces in 1_usize..9,
    ) {
        let fill = |day: &mut Day, span: &(u32, u32)| {
            day.change(span.0, 1);
            day.change(span.1, -1);
        };
        let mut at_once = Day::default();
        spans.iter().for_each(|span| fill(&mut at_once, span));
        at_once.settle(23);
        let mut piecemeal = Day::default();
        let mut chunks = Vec::new();
        for part in spans.iter().rev().collect::<Vec<_>>().chunks(pieces) {
            part.iter().for_each(|span| fill(&mut piecemeal, span));
            chunks.push(piecemeal.settle(23).encode());
        }
        piecemeal.settle(23);
        prop_assert_eq!(&piecemeal, &at_once);
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let mut stored = Day::stored(0, &at_once.encode_hours(), &chunks).unwrap();
        stored.settle(23);
        prop_assert_eq!(stored.edges(), at_once.edges());
        prop_assert_eq!(stored.hours(), at_once.hours());
        let parts = (0..24).fold(Levels::default(), |mut sum, hour| {
            sum.merge(&at_once.levels_of(hour..hour + 1));
            sum
        });
        prop_assert_eq!(&parts, at_once.levels());
    }

    #[test]
    fn coverage_is_the_smallest_number_that_is_enough(
        times in vec((0_u32..30, 1_u64..10_000), 0..20), idle in 0_u64..100_000, share in 0_u32..=1000,
    ) {
        let mut levels = Levels::default();
        times.iter().for_each(|(level, ms)| levels.add(*level, *ms));
        let total = levels.total() + idle;
        let share = f64::from(share) / 10.0;
        let (_, enough) = coverage(&levels, 0, total, &[share])[0];
        let covers = |n: u32| {
            let more: u64 = levels.iter().filter(|(level, _)| *level > n).map(|(_, ms)| ms).sum();
            (total - more) as f64 >= share / 100.0 * total as f64 - 1e-6
        };
        prop_assert!(covers(enough));
        prop_assert!(enough == 0 || total == 0 || !covers(enough - 1));
    }

    #[test]
    fn the_hours_of_a_check_out_are_all_of_it(from in -10_000_000_i64..10_000_000, ms in 0_i64..100_000_000) {
        let hours: Vec<_> = by_hour(from, from + ms).collect();
        prop_assert_eq!(hours.iter().map(|(_, ms)| ms).sum::<u64>(), ms.unsigned_abs());
        prop_assert!(hours.iter().all(|(_, ms)| (1..=HOUR_MS.unsigned_abs()).contains(ms)));
        prop_assert!(hours.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
    }

    #[test]
    fn a_line_reads_back_whatever_stands_in_it(
        from in 0_i64..4_000_000_000_000, ms in proptest::option::of(any::<u64>()), texts in vec(".{0,12}|[\\\\\t\r\n]{0,6}", 6),
    ) {
        let text = |at: usize| texts[at].as_str().into();
        let line = UsageLine {
            from, ms, outcome: CheckOutOutcome::Returned, product: text(0), client: text(1), user: text(2), host: text(3),
            context: text(4), deployment: text(5), foreign: None,
        };
        let mut bytes = Vec::new();
        line.write(&mut bytes);
        let written = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(written.matches('\n').count(), 1);
        prop_assert_eq!(UsageLine::parse(&written), Some(line));
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_and_never_more(bytes in vec(any::<u8>(), 0..60)) {
        let _ = Edges::decode(&bytes);
        let _ = decode_hours(&bytes);
        let _ = Users::default().merge_encoded(&bytes);
        let _ = UsageLine::parse(&String::from_utf8_lossy(&bytes));
        let mut rest = bytes.as_slice();
        if let Some(number) = read_varint(&mut rest) {
            let mut again = Vec::new();
            write_varint(&mut again, number);
            prop_assert!(again.len() <= bytes.len() - rest.len());
        }
    }
}

#[test]
fn a_license_passed_on_in_the_same_millisecond_is_one_license() {
    let edges = edges_of(&[(0, 1000), (1000, 2000)]);
    let found = Concurrency::of(0, edges.as_slice(), 0, 3000);
    assert_eq!((found.peak, found.after), (1, 0));
    assert_eq!(found.levels.iter().collect::<Vec<_>>(), [(0, 1000), (1, 2000)]);
}

#[test]
fn one_that_was_out_until_the_hour_began_does_not_count_in_it() {
    let found = Concurrency::of(3, &[Edge { at: 0, change: -3 }], 0, 3_600_000);
    assert_eq!(found.peak, 0);
}

#[test]
fn what_is_not_known_yet_of_a_day_has_no_peak() {
    let mut day = Day::default();
    day.before = 2;
    day.settle(5);
    assert_eq!((day.hours()[5].peak, day.hours()[6].peak), (2, 0));
    assert_eq!(day.levels().total(), 6 * HOUR_MS.unsigned_abs());
    day.change(8 * 3_600_000, -1);
    day.settle(5);
    assert_eq!((day.hours()[7].peak, day.hours()[8].peak, day.hours()[9].peak), (2, 1, 0));
}

#[rstest]
#[case(10, 20, Some((10, 20)))]
#[case(20, 10, Some((20, 20)))]
#[case(-EARLIEST_MS, 20, None)]
#[case(0, LATEST_MS, None)]
#[case(0, LONGEST_MS + 5, Some((5, LONGEST_MS + 5)))]
fn a_check_out_has_times_that_can_be(#[case] from: i64, #[case] to: i64, #[case] span: Option<(i64, i64)>) {
    let found = Span::new(EARLIEST_MS + from, EARLIEST_MS + to);
    assert_eq!(found, span.map(|(from, to)| Span { from: EARLIEST_MS + from, to: EARLIEST_MS + to }));
}

#[rstest]
#[case::as_told((1_000, 61_000), 61_000)]
#[case::the_start_was_told_a_little_later((990, 60_990), 60_990)]
#[case::clocks_drifted_apart_by_three_seconds_in_eight_hours((4_000, 28_804_000), 28_804_000)]
#[case::a_clock_was_set_back_by_an_hour((-3_599_000, -3_539_000), 61_000)]
#[case::a_clock_was_set_ahead_by_an_hour((3_601_000, 3_661_000), 61_000)]
#[case::the_end_seems_to_lie_before_the_start((-500, 400), 1_000)]
#[case::for_longer_than_is_counted((-900 * DAY_MS, 0), 1_000 + LONGEST_MS)]
#[case::nonsense((i64::MAX, i64::MIN), 1_000)]
fn a_check_out_that_was_told_as_begun_keeps_its_start_and_its_time_in_use_never_gets_absurd(
    #[case] (from, to): (i64, i64),
    #[case] ends: i64,
) {
    let at = |ms: i64| ms.saturating_add(EARLIEST_MS);
    assert_eq!(Span::begun(at(1_000), at(from), at(to)), Span { from: at(1_000), to: at(ends) });
}

#[test]
fn those_returned_in_the_millisecond_they_were_taken_in_count_as_one_however_many() {
    let mut day = Day::default();
    let mut taken_and_returned = |at: u32, ms: u32| {
        day.take(at as usize / 3_600_000);
        day.change(at, 1);
        day.change(at + ms, -1);
    };
    (0..1000).for_each(|_| taken_and_returned(3_600_005, 0));
    // Beside one that lasts they add nothing.
    taken_and_returned(7_200_000, 10);
    (0..1000).for_each(|_| taken_and_returned(7_200_005, 0));
    day.settle(4);
    let peaks: Vec<u32> = day.hours()[..4].iter().map(|hour| hour.peak).collect();
    assert_eq!((peaks.as_slice(), day.edges().as_slice().len()), (&[0, 1, 1, 0][..], 2));
}

#[test]
fn for_all_of_the_time_there_must_be_as_many_as_were_ever_in_use_even_for_no_time() {
    let mut levels = Levels::default();
    levels.add(2, 10);
    let found = |peak| coverage(&levels, peak, 100, &[80.0, 99.0, 100.0]);
    assert_eq!(found(3), [(80.0, 0), (99.0, 2), (100.0, 3)]);
    assert_eq!(found(0)[2], (100.0, 2));
}
