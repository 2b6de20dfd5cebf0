use proptest::prelude::*;

use super::*;

#[test]
fn a_higher_limit_counts_at_once_and_an_older_one_never() {
    let mut holding = Holding::default();
    assert!(holding.hear(3, 1, 0));
    assert!(holding.hear(5, 2, 3));
    assert_eq!((holding.cap(), holding.echo()), (5, 2));
    assert!(!holding.hear(9, 2, 3) && !holding.hear(9, 1, 3));
    assert_eq!((holding.cap(), holding.echo()), (5, 2));
}

#[test]
fn a_lower_limit_stops_taking_and_is_echoed_at_once_and_what_is_returned_is_not_reported_again() {
    let mut holding = Holding::default();
    holding.hear(5, 1, 0);
    holding.hear(2, 2, 4);
    assert_eq!((holding.cap(), holding.echo(), holding.carried(4)), (2, 2, 4));
    holding.settle(3);
    assert_eq!((holding.cap(), holding.echo(), holding.carried(4)), (2, 2, 3));
    holding.settle(1);
    assert_eq!((holding.cap(), holding.echo(), holding.carried(4)), (2, 2, 2));
}

#[test]
fn a_growth_overtakes_a_shrinking_that_was_not_come_down_to() {
    let mut holding = Holding::default();
    holding.hear(5, 1, 0);
    holding.hear(2, 2, 4);
    holding.hear(3, 3, 4);
    assert_eq!((holding.cap(), holding.echo(), holding.carried(4)), (3, 3, 4));
    holding.hear(6, 4, 4);
    assert_eq!((holding.cap(), holding.echo(), holding.carried(6)), (6, 4, 6));
}

#[test]
fn what_comes_from_another_server_is_told_as_far_as_this_one_gave_it() {
    let mut holding = Holding::default();
    assert_eq!((holding.carried(5), holding.cap()), (0, 0), "it gave nothing so far");
    holding.hear(3, 1, 5);
    assert_eq!((holding.carried(5), holding.cap(), holding.echo()), (3, 3, 1));
    holding.hear(6, 2, 5);
    assert_eq!((holding.carried(5), holding.cap()), (5, 6));
}

#[test]
fn a_server_that_counts_anew_begins_with_any_version() {
    let mut holding = Holding::default();
    holding.hear(5, 40, 2);
    holding.begin_again();
    assert_eq!((holding.cap(), holding.echo(), holding.carried(2)), (0, 0, 0));
    assert!(holding.hear(4, 1, 2));
    assert_eq!((holding.cap(), holding.echo()), (4, 1));
}

#[test]
fn wanted_is_the_most_of_the_last_half_minute_and_a_tenth_to_spare() {
    let mut demand = Demand::default();
    assert_eq!(demand.want(0, 0, 0), 0, "nobody has asked");
    demand.asked(1_000);
    assert_eq!(demand.want(0, 0, 1_000), 1);
    assert_eq!(demand.want(0, 3, 1_000), 4);
    demand.note(50, 2_000);
    assert_eq!(demand.want(10, 0, 2_500), 55);
    assert_eq!(demand.want(10, 0, 31_000), 55);
    assert_eq!(demand.want(10, 0, 33_000), 11);
    assert_eq!(demand.want(200, 100, 33_000), 330);
    assert_eq!(demand.want(0, 0, 1_000 + FORGOTTEN_MS - 1), 1);
    assert_eq!(demand.want(0, 0, 1_000 + FORGOTTEN_MS), 0);
    assert_eq!(demand.want(1, 0, 1_000 + FORGOTTEN_MS), 2, "what is in use is wanted");
    assert_eq!(demand.want(u32::MAX, u32::MAX, 5_000), u32::MAX);
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Take,
    Return,
    Hear(u32, u64),
    Tell,
    BeginAgain,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Take),
        4 => Just(Act::Return),
        4 => (0u32..8, 0u64..12).prop_map(|(limit, version)| Act::Hear(limit, version)),
        3 => Just(Act::Tell),
        1 => Just(Act::BeginAgain),
    ]
}

proptest! {
    #[test]
    fn one_is_taken_only_below_every_limit_heard_last_and_an_echo_is_kept(acts in prop::collection::vec(act(), 1..300)) {
        let mut holding = Holding::default();
        let mut held = 0u32;
        let (mut newest, mut limit) = (0, 0);
        // What the server may count: the limit, or what it was told is in use above that.
        let mut counted = 0;
        for act in acts {
            let mut has_taken = false;
            match act {
                Act::Take => {
                    if held < holding.cap() {
                        held += 1;
                        has_taken = true;
                        prop_assert!(held <= limit);
                    }
                }
                Act::Return => held = held.saturating_sub(1),
                Act::Hear(to, version) => {
                    let is_new = version > newest;
                    if is_new {
                        (newest, limit) = (version, to);
                        counted = counted.max(to);
                    }
                    prop_assert_eq!(holding.hear(to, version, held), is_new);
                }
                Act::Tell => {
                    holding.settle(held);
                    prop_assert!(holding.carried(held) <= counted);
                    prop_assert_eq!(holding.echo(), newest, "every limit is echoed at once");
                    counted = limit.max(holding.carried(held));
                }
                Act::BeginAgain => {
                    holding.begin_again();
                    (newest, limit, counted) = (0, 0, 0);
                }
            }
            prop_assert!(keeps_to_limit(&holding, held, has_taken));
        }
    }

    #[test]
    fn the_want_never_falls_below_what_is_needed_nor_below_the_highest_of_the_last_half_minute(
        notes in prop::collection::vec((0u64..5_000, 0u32..1_000), 1..100),
    ) {
        let mut demand = Demand::default();
        let mut seen: Vec<(u64, u32)> = Vec::new();
        let mut now = 0;
        for (passed, needed) in notes {
            now += passed;
            demand.asked(now);
            demand.note(needed, now);
            seen.push((now, needed));
            let high = |from: u64| seen.iter().filter(|(at, _)| *at >= from).map(|(_, n)| *n).max().unwrap_or(0);
            let want = demand.want(needed, 0, now);
            let least = high(now.saturating_sub(MARK_MS));
            let most = high(now.saturating_sub(MARK_MS + 1_000));
            prop_assert!(want >= least + (least / SPARE_PART).max(1));
            prop_assert!(want <= most + (most / SPARE_PART).max(1));
        }
    }
}
