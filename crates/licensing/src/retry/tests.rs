use proptest::prelude::*;

use super::*;

#[test]
fn the_wait_doubles_from_a_minute_to_an_hour() {
    let minutes: Vec<_> = (1..=9).map(|round| delay_ms(round, 1.0) / 60_000).collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    let halves: Vec<_> = (1..=8).map(|round| delay_ms(round, 0.0) / 30_000).collect();
    assert_eq!(halves, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn odd_arguments_count_as_the_nearest_sensible_one() {
    assert_eq!(delay_ms(0, 1.0), FIRST);
    assert_eq!(delay_ms(u32::MAX, 1.0), LONGEST);
    assert_eq!(delay_ms(1, f64::NAN), FIRST / 2);
    assert_eq!(delay_ms(1, f64::NEG_INFINITY), FIRST / 2);
    assert_eq!(delay_ms(1, f64::INFINITY), FIRST);
    assert_eq!(delay_ms(3, 0.5), 180_000);
}

proptest! {
    #[test]
    fn the_wait_stays_within_its_bounds(round in any::<u32>(), jitter in any::<f64>()) {
        prop_assert!((FIRST / 2..=LONGEST).contains(&delay_ms(round, jitter)));
    }

    #[test]
    fn more_jitter_never_waits_less(round in any::<u32>(), less in 0.0..1.0, more in 0.0..1.0) {
        prop_assume!(less <= more);
        prop_assert!(delay_ms(round, less) <= delay_ms(round, more));
    }
}
