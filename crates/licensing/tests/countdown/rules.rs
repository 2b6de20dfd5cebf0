//! The rules one by one, with their numbers.

use licensing::countdown::{
    Balance, Cause, ClockReading, CountdownDenial, CountdownEffect, CountdownEvent, CountdownRun, CountdownState,
    CountdownViolation, HOUR_MS, INTERVAL_MS, LEAD_MS, Millis, PaidTime, TICK_MS, View, forecast, invariants, step,
};

/// A server whose disk answers at once, or fails at once.
struct Server {
    state: CountdownState,
    now: ClockReading,
    broken_disk: bool,
}

impl Server {
    fn with(hours_ms: Millis) -> Server {
        let mut server = Server {
            state: CountdownState::opened(Balance::default()),
            now: ClockReading { wall_ms: 1_000_000, mono_ms: 77 },
            broken_disk: false,
        };
        server.feed(CountdownEvent::Licensed { serial: 1, hours_ms, interval_ms: INTERVAL_MS });
        server
    }

    fn feed(&mut self, event: CountdownEvent) -> Vec<CountdownEffect> {
        let (next, mut effects) = step(&self.state, event, self.now).unwrap();
        self.state = next;
        let stored = effects.iter().rev().find_map(|effect| match effect {
            CountdownEffect::Persist(balance) => Some(balance.version),
            _ => None,
        });
        if let Some(version) = stored {
            let answer =
                if self.broken_disk { CountdownEvent::Failed(version) } else { CountdownEvent::Persisted(version) };
            effects.extend(self.feed(answer));
        }
        effects
    }

    /// Passes time with a tick each second; what happened.
    fn pass(&mut self, ms: Millis) -> Vec<CountdownEffect> {
        let mut effects = Vec::new();
        for _ in 0..ms / 1000 {
            self.now.mono_ms += 1000;
            self.now.wall_ms += 1000;
            effects.extend(self.feed(CountdownEvent::Tick));
        }
        effects
    }

    fn left(&self) -> Millis {
        self.state.left_ms(self.now.mono_ms)
    }
}

#[test]
fn a_tick_is_charged_before_it_is_granted_and_the_rest_is_given_back_at_the_last_logout() {
    let mut server = Server::with(10 * HOUR_MS);
    let effects = server.feed(CountdownEvent::FirstLogin);
    assert!(matches!(effects[..], [CountdownEffect::Persist(charged), CountdownEffect::Grant { until }]
        if charged.balance_ms == 10 * HOUR_MS - TICK_MS && until == 77 + TICK_MS));
    assert!(server.pass(TICK_MS - LEAD_MS - 1000).is_empty());
    assert_eq!(server.pass(1000).len(), 2, "the next tick begins before the first one ends");
    assert_eq!(server.left(), 10 * HOUR_MS - 55_000);
    assert_eq!(server.state.balance.balance_ms, server.left() - TICK_MS, "never more than one tick is charged ahead");
    server.pass(20_000);
    let effects = server.feed(CountdownEvent::LastLogout);
    assert_eq!(effects.last(), Some(&CountdownEffect::GivenBack { ms: 40_000 }));
    assert_eq!(server.state.balance.balance_ms, 10 * HOUR_MS - 75_000);
    assert!(server.pass(HOUR_MS).is_empty());
    assert_eq!(server.left(), 10 * HOUR_MS - 75_000);
}

#[test]
fn clients_are_told_one_check_interval_before_the_end_and_refused_at_zero() {
    let mut server = Server::with(INTERVAL_MS + 30_000);
    assert!(
        !server.feed(CountdownEvent::FirstLogin).iter().any(|effect| matches!(effect, CountdownEffect::Notice { .. }))
    );
    let ends_at = 1_000_000 + INTERVAL_MS + 30_000;
    let effects = server.pass(30_000);
    assert_eq!(effects, [CountdownEffect::Notice { empty_at: ends_at }]);
    let view = View::of(&server.state, server.now);
    assert_eq!((view.ends_soon, view.empty_at, view.running_since), (true, Some(ends_at), Some(1_000_000)));
    let effects = server.pass(INTERVAL_MS - 1000);
    assert!(
        !effects.iter().any(|effect| matches!(effect, CountdownEffect::Empty | CountdownEffect::Notice { .. })),
        "told once"
    );
    assert_eq!(server.pass(1000).last(), Some(&CountdownEffect::Empty));
    assert_eq!((server.left(), server.state.refused), (0, Some(CountdownDenial::Empty)));
    assert!(server.pass(10 * TICK_MS).is_empty());
    server.feed(CountdownEvent::LastLogout);
    assert_eq!(server.feed(CountdownEvent::FirstLogin), [CountdownEffect::Empty]);
    let view = View::of(&server.state, server.now);
    assert_eq!((view.refused, view.running_since, view.empty_at), (Some(CountdownDenial::Empty), None, None));
}

#[test]
fn the_last_tick_is_as_short_as_what_is_left() {
    let mut server = Server::with(2_500);
    server.feed(CountdownEvent::FirstLogin);
    assert_eq!(server.state.paid, PaidTime::Until { until: 77 + 2_500, length: 2_500 });
    server.pass(2_000);
    assert!(server.state.granted());
    assert_eq!(server.pass(1_000), [CountdownEffect::Empty]);
}

#[test]
fn a_disk_that_fails_stops_at_the_end_of_the_charged_tick_and_the_time_refused_is_free() {
    let mut server = Server::with(HOUR_MS);
    server.feed(CountdownEvent::FirstLogin);
    server.broken_disk = true;
    let effects = server.pass(TICK_MS - 1000);
    assert!(server.state.granted() && !effects.contains(&CountdownEffect::Unsaved), "what is charged may be used");
    assert!(server.pass(1000).contains(&CountdownEffect::Unsaved));
    assert_eq!(server.state.refused, Some(CountdownDenial::Unsaved));
    assert!(!server.pass(10 * TICK_MS).contains(&CountdownEffect::Unsaved), "said once");
    server.broken_disk = false;
    assert!(server.pass(1000).iter().any(|effect| matches!(effect, CountdownEffect::Grant { .. })));
    assert_eq!((server.left(), server.state.refused), (HOUR_MS - TICK_MS, None));
}

#[test]
fn a_first_login_is_not_served_while_the_disk_fails_and_costs_nothing() {
    let mut server = Server::with(HOUR_MS);
    server.broken_disk = true;
    assert_eq!(server.feed(CountdownEvent::FirstLogin).last(), Some(&CountdownEffect::Unsaved));
    server.feed(CountdownEvent::LastLogout);
    server.broken_disk = false;
    server.pass(TICK_MS);
    assert_eq!(server.state.balance.balance_ms, HOUR_MS);
}

#[test]
fn what_could_not_be_given_back_is_given_back_later_and_once() {
    let mut server = Server::with(HOUR_MS);
    server.feed(CountdownEvent::FirstLogin);
    server.pass(10_000);
    server.broken_disk = true;
    server.feed(CountdownEvent::LastLogout);
    server.pass(5_000);
    server.broken_disk = false;
    assert!(server.pass(1_000).contains(&CountdownEffect::GivenBack { ms: 50_000 }));
    assert_eq!(server.state.balance.balance_ms, HOUR_MS - 10_000);
    assert!(server.pass(TICK_MS).is_empty());
}

#[test]
fn a_server_that_stood_still_charges_that_time_and_no_more_than_there_is() {
    let mut server = Server::with(HOUR_MS);
    server.feed(CountdownEvent::FirstLogin);
    server.now.mono_ms += 10 * TICK_MS;
    server.feed(CountdownEvent::Tick);
    assert_eq!(server.left(), HOUR_MS - 10 * TICK_MS);
    server.now.mono_ms += 2 * HOUR_MS;
    assert_eq!(server.feed(CountdownEvent::Tick).last(), Some(&CountdownEffect::Empty));
    assert_eq!(server.state.balance.balance_ms, 0);
}

#[test]
fn only_a_greater_serial_brings_hours() {
    let mut server = Server::with(HOUR_MS);
    server.feed(CountdownEvent::FirstLogin);
    server.pass(30_000);
    for (serial, hours_ms) in [(0, 9 * HOUR_MS), (1, 9 * HOUR_MS), (1, 1)] {
        assert!(
            server.feed(CountdownEvent::Licensed { serial, hours_ms, interval_ms: 0 }).is_empty(),
            "serial {serial}"
        );
    }
    let effects = server.feed(CountdownEvent::Licensed { serial: 2, hours_ms: 5 * HOUR_MS, interval_ms: 0 });
    assert!(matches!(effects[..], [CountdownEffect::Persist(charged), CountdownEffect::Grant { .. }]
        if charged.balance_ms == 5 * HOUR_MS - TICK_MS && charged.granted_ms == 5 * HOUR_MS));
    assert_eq!(server.left(), 5 * HOUR_MS, "what was left of the old license is not added");
}

#[test]
fn a_new_license_ends_a_refusal_at_once() {
    let mut server = Server::with(1_000);
    server.feed(CountdownEvent::FirstLogin);
    server.pass(5_000);
    assert_eq!(server.state.refused, Some(CountdownDenial::Empty));
    server.feed(CountdownEvent::Licensed { serial: 2, hours_ms: HOUR_MS, interval_ms: 0 });
    assert_eq!((server.state.refused, server.state.granted()), (None, true));
}

#[test]
fn of_two_balances_the_lower_counts_and_of_two_licenses_the_newer() {
    let found = |serial, balance_ms| Balance { balance_ms, ..Balance::new(serial, 9 * HOUR_MS, 0) };
    for (restored, left) in [
        (found(1, 2 * HOUR_MS), 3 * HOUR_MS),
        (found(1, 4 * HOUR_MS), 3 * HOUR_MS),
        (found(0, 1), 3 * HOUR_MS),
        (found(2, 8 * HOUR_MS), 8 * HOUR_MS),
    ] {
        let left = if restored.serial == 1 { left.min(restored.balance_ms) } else { left };
        for logged_in in [false, true] {
            let mut server = Server::with(3 * HOUR_MS);
            if logged_in {
                server.feed(CountdownEvent::FirstLogin);
            }
            server.feed(CountdownEvent::Restored(restored));
            assert_eq!(server.left(), left, "{restored:?}, logged in: {logged_in}");
            assert_eq!(server.state.granted(), logged_in);
        }
    }
}

#[test]
fn without_a_license_nobody_is_served() {
    let mut server = Server::with(HOUR_MS);
    server.state = CountdownState::opened(Balance::default());
    assert!(server.feed(CountdownEvent::FirstLogin).is_empty());
    assert_eq!(server.state.refused, Some(CountdownDenial::NoLicense));
    assert_eq!(View::of(&server.state, server.now).refused, Some(CountdownDenial::NoLicense));
}

#[test]
fn each_broken_rule_is_named() {
    let mut server = Server::with(HOUR_MS);
    server.feed(CountdownEvent::FirstLogin);
    let (good, now) = (server.state, server.now);
    let with = |balance_ms| CountdownState { balance: Balance { balance_ms, ..good.balance }, ..good };
    let broken = |after: CountdownState, event| invariants(&good, event, now, &after, &[]).unwrap_err();
    assert!(matches!(broken(with(-1), CountdownEvent::Tick), CountdownViolation::Range { .. }));
    assert!(matches!(broken(with(2 * HOUR_MS), CountdownEvent::Tick), CountdownViolation::Range { .. }));
    assert!(matches!(broken(with(HOUR_MS), CountdownEvent::Tick), CountdownViolation::Grew { .. }));
    let older = CountdownState { balance: Balance { serial: 0, ..good.balance }, ..good };
    assert!(matches!(broken(older, CountdownEvent::Tick), CountdownViolation::Older { .. }));
    let later = CountdownState { paid: PaidTime::Until { until: 78 + TICK_MS, length: TICK_MS + 1 }, ..with(1) };
    assert_eq!(broken(later, CountdownEvent::Tick), CountdownViolation::Unstored);
    assert_eq!(broken(later, CountdownEvent::Persisted(1)), CountdownViolation::Ahead(TICK_MS + 1));
    assert_eq!(broken(CountdownState { since: None, ..good }, CountdownEvent::Tick), CountdownViolation::Idle);
    let idle = CountdownState {
        paid: PaidTime::Fixed(2 * TICK_MS),
        since: None,
        balance: Balance { balance_ms: 0, ..good.balance },
        ..good
    };
    let back = CountdownState {
        balance: Balance { balance_ms: 2 * TICK_MS, ..good.balance },
        paid: PaidTime::Fixed(0),
        ..idle
    };
    assert_eq!(
        invariants(&idle, CountdownEvent::Tick, now, &back, &[]),
        Err(CountdownViolation::GaveBack(2 * TICK_MS))
    );
}

#[test]
fn a_forecast_counts_how_many_more_incidents_the_hours_are_enough_for() {
    let run = |spent_ms, over: bool| CountdownRun {
        began_ms: 0,
        ended_ms: over.then_some(spent_ms),
        spent_ms,
        most_clients: 1,
        cause: over.then_some(Cause::LoggedOut),
    };
    assert_eq!(forecast(&[run(HOUR_MS, false)], 9 * HOUR_MS), None);
    let told = forecast(&[run(HOUR_MS, true), run(3 * HOUR_MS, true), run(50 * HOUR_MS, false)], 9 * HOUR_MS).unwrap();
    assert_eq!((told.incidents, told.average_ms, told.longest_ms, told.more), (2, 2 * HOUR_MS, 3 * HOUR_MS, 4));
    for cause in Cause::ALL {
        assert_eq!(Cause::of(cause.word()), Some(cause));
    }
}

#[test]
fn a_disk_that_does_not_answer_in_time_stops_the_hours_and_the_wait_is_free() {
    let mut server = Server::with(HOUR_MS);
    server.feed(CountdownEvent::FirstLogin);
    server.pass(54_000);
    let mut told = Vec::new();
    for _ in 0..10 * 60 {
        server.now.mono_ms += 1000;
        let (next, effects) = step(&server.state, CountdownEvent::Tick, server.now).unwrap();
        server.state = next;
        told.extend(effects);
    }
    assert!(matches!(told[..], [CountdownEffect::Persist(_), CountdownEffect::Unsaved]), "{told:?}");
    let version = server.state.version;
    let effects = server.feed(CountdownEvent::Persisted(version));
    assert!(matches!(effects[..], [CountdownEffect::Persist(_), CountdownEffect::Grant { .. }]), "{effects:?}");
    assert_eq!(server.left(), HOUR_MS - TICK_MS);
}
