use proptest::prelude::*;

use super::*;

/// The wall clock starts at 1 000 000; the other one at 0.
fn at(ms: i64) -> ClockReading {
    ClockReading { wall_ms: 1_000_000 + ms, mono_ms: ms }
}

#[test]
fn a_server_is_up_for_ten_seconds_after_a_sign_of_life_and_silent_since_then() {
    let mut watch = LivenessWatch::begin(at(0), None, false);
    assert_eq!(watch.state(at(60_000)), PeerLiveness::Never);
    assert_eq!(watch.look(at(60_000)), None, "of one never heard of nothing is told");
    assert_eq!(watch.heard(at(60_000)), Some(LivenessChange::First));
    assert_eq!(watch.heard(at(62_000)), None);
    assert_eq!(watch.state(at(72_000)), PeerLiveness::Up(1_060_000));
    assert_eq!(watch.look(at(72_000)), None);
    assert_eq!(watch.state(at(72_001)), PeerLiveness::Silent(1_062_000));
    assert_eq!(watch.look(at(72_001)), Some(LivenessChange::WentSilent(1_062_000)));
    assert_eq!(watch.look(at(90_000)), None, "told once");
    assert_eq!(watch.heard(at(100_000)), Some(LivenessChange::CameBack(38_000)));
    assert_eq!(watch.state(at(100_000)), PeerLiveness::Up(1_100_000));
}

#[test]
fn a_start_of_ones_own_is_no_silence_of_others() {
    // Seen before this start, and not known to be silent.
    let mut watch = LivenessWatch::begin(at(0), Some(500_000), false);
    assert_eq!(watch.state(at(0)), PeerLiveness::Silent(500_000), "nothing was heard yet, and that is what is shown");
    assert_eq!(watch.look(at(10_000)), None);
    let mut other = watch;
    assert_eq!(watch.heard(at(3_000)), None, "it was there all the time");
    assert_eq!(other.look(at(10_001)), Some(LivenessChange::WentSilent(500_000)));
    // Known to be silent: its return is told, its silence is not told again.
    let mut known = LivenessWatch::begin(at(0), Some(500_000), true);
    assert_eq!(known.look(at(20_000)), None);
    assert_eq!(known.heard(at(21_000)), Some(LivenessChange::CameBack(521_000)));
}

#[test]
fn setting_the_wall_clock_makes_nobody_silent() {
    let mut watch = LivenessWatch::begin(at(0), None, false);
    watch.heard(at(1_000));
    for wall_ms in [0, i64::MAX / 2] {
        assert!(matches!(watch.state(ClockReading { wall_ms, mono_ms: 5_000 }), PeerLiveness::Up(_)));
        assert_eq!(watch.look(ClockReading { wall_ms, mono_ms: 5_000 }), None);
    }
}

#[test]
fn who_hears_of_nobody_says_that_its_own_view_is_stale() {
    let mut a = LivenessWatch::begin(at(0), None, false);
    let mut b = LivenessWatch::begin(at(0), None, false);
    assert_eq!(stale_since([], at(99_000)), None, "alone");
    assert_eq!(stale_since([&a, &b], at(5_000)), None, "it has only just begun to listen");
    assert_eq!(stale_since([&a, &b], at(11_000)), Some(1_000_000), "since it began");
    a.heard(at(20_000));
    b.heard(at(22_000));
    assert_eq!(stale_since([&a, &b], at(31_000)), None);
    assert_eq!(stale_since([&a, &b], at(33_000)), Some(1_022_000), "since the last one was heard");
}

#[test]
fn a_clock_is_compared_in_the_middle_of_the_round_trip() {
    for (asked, took, theirs, off) in [
        (1_000, 200, 1_100, 0),
        (1_000, 200, 601_100, 600_000),
        (601_000, 200, 1_100, -600_000),
        (1_000, 0, 1_000, 0),
        (i64::MIN, 10, i64::MAX, i64::MAX),
    ] {
        assert_eq!(clock_off_ms(asked, took, theirs), off);
    }
}

proptest! {
    /// Whatever happens when: silence and return are told in turns, and what is told fits what is shown.
    #[test]
    fn silence_and_return_take_turns(steps in prop::collection::vec((0_i64..30_000, any::<bool>()), 1..80), silent in any::<bool>()) {
        let mut watch = LivenessWatch::begin(at(0), silent.then_some(7), silent);
        let mut is_silent = silent;
        let mut time = 0;
        for (passed, sign) in steps {
            time += passed;
            let looked = watch.look(at(time));
            if let Some(change) = looked {
                prop_assert!(matches!(change, LivenessChange::WentSilent(_)) && !is_silent);
                is_silent = true;
                prop_assert!(matches!(watch.state(at(time)), PeerLiveness::Silent(_)));
            }
            if sign {
                match watch.heard(at(time)) {
                    Some(LivenessChange::CameBack(_)) => { prop_assert!(is_silent); is_silent = false; }
                    Some(LivenessChange::WentSilent(_)) => prop_assert!(false),
                    Some(LivenessChange::First) | None => prop_assert!(!is_silent),
                }
                prop_assert!(matches!(watch.state(at(time)), PeerLiveness::Up(_)));
            }
        }
    }
}
