use proptest::prelude::*;

use super::*;
use crate::client_protocol::CACHE_MS;

const NEVER: u64 = 0;

/// A client and a script of what happens to it.
struct Play {
    state: FailoverState,
    now: u64,
    effects: Vec<FailoverEffect>,
}

impl Play {
    fn new(servers: usize) -> Play {
        Play { state: FailoverState::new(servers, NEVER), now: NEVER, effects: Vec::new() }
    }

    fn feed(&mut self, event: FailoverEvent) {
        let (state, effects) = step(&self.state, event, self.now);
        invariants(&state, self.now).unwrap();
        self.state = state;
        self.effects.extend(effects);
    }

    fn answer(&mut self, server: ServerIndex) {
        let grants = self.state.works_with(server);
        self.feed(FailoverEvent::Answered { server, sent_ms: self.now, valid_ms: CACHE_MS, grants });
    }

    /// Seconds pass; every two seconds each server that is asked answers or not.
    fn seconds(&mut self, seconds: u64, up: &[ServerIndex]) {
        for _ in 0..seconds / 2 {
            self.now += 2_000;
            self.feed(FailoverEvent::Tick);
            for server in 0..self.state.servers {
                if self.state.asks(server) {
                    self.feed(FailoverEvent::Asked(server));
                    if up.contains(&server) { self.answer(server) } else { self.feed(FailoverEvent::Failed(server)) }
                }
            }
        }
    }

    fn told(&mut self) -> Vec<FailoverEffect> {
        std::mem::take(&mut self.effects)
            .into_iter()
            .filter(|effect| !matches!(effect, FailoverEffect::Try(_)))
            .collect()
    }
}

#[test]
fn a_silent_primary_is_left_after_ten_seconds_and_returned_to_with_its_first_answer() {
    let mut play = Play::new(2);
    play.seconds(2, &[0]);
    assert_eq!(play.told(), [FailoverEffect::Work { from: None, to: 0 }]);
    play.seconds(10, &[1]);
    assert_eq!(play.state.phase, FailoverPhase::OnPrimary);
    play.seconds(4, &[1]);
    assert_eq!(play.told(), [FailoverEffect::Work { from: Some(0), to: 1 }]);
    play.seconds(2, &[0, 1]);
    assert_eq!(play.told(), [FailoverEffect::Work { from: Some(1), to: 0 }]);
}

#[test]
fn backups_are_tried_in_their_order_and_the_next_when_one_fails() {
    let mut play = Play::new(4);
    play.seconds(2, &[0]);
    play.seconds(16, &[2, 3]);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(2));
    play.seconds(20, &[1, 3]);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(1));
    play.seconds(20, &[3]);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(3));
}

#[test]
fn a_client_that_starts_without_its_primary_does_not_wait_for_it() {
    let mut play = Play::new(2);
    play.feed(FailoverEvent::Failed(0));
    assert_eq!(play.state.phase, FailoverPhase::Trying(1));
    play.answer(1);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(1));
    let mut play = Play::new(2);
    play.feed(FailoverEvent::Failed(0));
    play.feed(FailoverEvent::Failed(1));
    assert_eq!(play.told(), [FailoverEffect::Lost]);
}

#[test]
fn two_minutes_after_the_last_answer_was_asked_for_everything_is_flushed_and_contact_resumes() {
    let mut play = Play::new(2);
    play.seconds(2, &[0]);
    play.told();
    play.seconds(118, &[]);
    assert_eq!(play.state.phase, FailoverPhase::Disconnected);
    assert_eq!(play.told(), [FailoverEffect::Lost]);
    play.seconds(2, &[]);
    assert_eq!(play.told(), [FailoverEffect::Flush { at_ms: 2_000 + CACHE_MS }]);
    play.seconds(600, &[]);
    assert_eq!(play.told(), [], "flushed once");
    play.seconds(2, &[1]);
    assert_eq!(play.told(), [FailoverEffect::Work { from: Some(0), to: 1 }, FailoverEffect::Resume(1)]);
}

#[test]
fn a_machine_that_slept_flushes_before_any_answer_counts() {
    let mut play = Play::new(1);
    play.seconds(2, &[0]);
    play.told();
    let sent_ms = play.now;
    play.now += CACHE_MS;
    play.feed(FailoverEvent::Answered { server: 0, sent_ms, valid_ms: CACHE_MS, grants: true });
    assert_eq!(play.told(), [FailoverEffect::Flush { at_ms: sent_ms + CACHE_MS }]);
    assert_eq!(play.state.phase, FailoverPhase::Flushed, "an answer to so old a question is none");
}

#[test]
fn a_flapping_primary_proves_itself_for_longer_each_time() {
    let mut play = Play::new(2);
    play.seconds(2, &[0, 1]);
    play.seconds(20, &[1]);
    let mut proofs = Vec::new();
    for _ in 0..8 {
        let began = play.now;
        while play.state.phase != FailoverPhase::OnPrimary {
            play.seconds(2, &[0, 1]);
        }
        proofs.push((play.now - began) / 1_000);
        play.seconds(20, &[1]);
    }
    // Two seconds until the first good answer is counted.
    assert_eq!(proofs, [2, 32, 62, 122, 242, 482, 602, 602]);
    while play.state.phase != FailoverPhase::OnPrimary {
        play.seconds(2, &[0, 1]);
    }
    play.seconds(60, &[0, 1]);
    play.seconds(20, &[1]);
    let began = play.now;
    play.seconds(2, &[0, 1]);
    assert_eq!(
        (play.state.phase, play.now - began),
        (FailoverPhase::OnPrimary, 2_000),
        "one that held is trusted again"
    );
}

#[test]
fn a_primary_that_fails_while_it_proves_itself_begins_anew() {
    let mut play = Play::new(2);
    play.seconds(2, &[0, 1]);
    play.seconds(20, &[1]);
    play.seconds(2, &[0, 1]);
    play.seconds(20, &[1]);
    play.seconds(28, &[0, 1]);
    play.seconds(2, &[1]);
    play.seconds(30, &[0, 1]);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(1));
    play.seconds(2, &[0, 1]);
    assert_eq!(play.state.phase, FailoverPhase::OnPrimary);
}

#[test]
fn without_any_other_server_a_flapping_primary_is_taken_at_once() {
    let mut play = Play::new(2);
    play.seconds(2, &[0, 1]);
    play.seconds(20, &[1]);
    play.seconds(2, &[0, 1]);
    play.seconds(20, &[1]);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(1));
    play.seconds(14, &[]);
    play.seconds(2, &[0]);
    assert_eq!(play.state.phase, FailoverPhase::OnPrimary);
}

fn drained(server: ServerIndex) -> FailoverEvent {
    FailoverEvent::Declined { server, is_drained: true }
}

fn refused(server: ServerIndex) -> FailoverEvent {
    FailoverEvent::Declined { server, is_drained: false }
}

#[test]
fn a_server_that_declines_is_left_at_once() {
    for declined in [drained(0), refused(0)] {
        let mut play = Play::new(2);
        play.seconds(2, &[0]);
        play.told();
        play.feed(FailoverEvent::Asked(0));
        play.feed(declined);
        assert_eq!((play.state.phase, play.state.serving()), (FailoverPhase::Trying(1), None), "{declined:?}");
        play.answer(1);
        assert_eq!(play.told(), [FailoverEffect::Work { from: Some(0), to: 1 }]);
    }
}

#[test]
fn a_primary_that_declines_beside_the_work_keeps_the_client_on_its_backup() {
    let mut play = Play::new(2);
    play.seconds(2, &[0]);
    play.feed(drained(0));
    play.answer(1);
    for _ in 0..100 {
        play.now += 2_000;
        play.feed(FailoverEvent::Asked(0));
        play.feed(drained(0));
        play.answer(1);
        assert_eq!(play.state.phase, FailoverPhase::OnBackup(1));
    }
    play.answer(0);
    assert_eq!(play.state.phase, FailoverPhase::OnPrimary, "the first usable answer brings it back");
}

#[test]
fn handing_over_is_not_flapping_refusing_is() {
    for (declined, proof_ms, phase) in
        [(drained(0), 0, FailoverPhase::OnPrimary), (refused(0), FIRST_PROOF_MS, FailoverPhase::OnBackup(1))]
    {
        let mut play = Play::new(2);
        play.seconds(2, &[0]);
        play.feed(declined);
        play.answer(1);
        // Back, and declined again two seconds later.
        play.now += 2_000;
        play.answer(0);
        assert_eq!(play.state.phase, FailoverPhase::OnPrimary);
        play.now += 2_000;
        play.feed(declined);
        play.answer(1);
        assert_eq!(play.state.proof_ms, proof_ms, "{declined:?}");
        play.now += 2_000;
        play.answer(0);
        assert_eq!(play.state.phase, phase, "{declined:?}");
    }
}

#[test]
fn all_declining_is_no_server_and_what_was_granted_is_kept_until_it_is_too_old() {
    let mut play = Play::new(3);
    play.seconds(2, &[0]);
    let good_until = play.state.good_until;
    play.told();
    for server in 0..3 {
        play.feed(refused(server));
    }
    assert_eq!((play.state.phase, play.state.good_until), (FailoverPhase::Disconnected, good_until));
    assert_eq!(play.told(), [FailoverEffect::Lost]);
    play.feed(refused(0));
    assert_eq!(play.told(), [], "lost once");
    play.answer(2);
    assert_eq!(play.state.phase, FailoverPhase::OnBackup(2));
}

fn events(servers: usize) -> impl Strategy<Value = (u64, FailoverEvent)> {
    let event = prop_oneof![
        (0..servers).prop_map(FailoverEvent::Asked),
        (0..servers, 0u64..130_000, 0u64..200_000, any::<bool>()).prop_map(|(server, sent_ms, valid_ms, grants)| {
            FailoverEvent::Answered { server, sent_ms, valid_ms, grants }
        }),
        (0..servers).prop_map(FailoverEvent::Failed),
        (0..servers, any::<bool>()).prop_map(|(server, is_drained)| FailoverEvent::Declined { server, is_drained }),
        Just(FailoverEvent::Tick),
    ];
    (prop_oneof![0u64..3_000, 0u64..40_000, 110_000u64..130_000], event)
}

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold(servers in 1usize..4, script in prop::collection::vec(events(4), 1..200)) {
        let mut state = FailoverState::new(servers, 0);
        let mut now = 0;
        // Recomputed beside: until when the newest grant counts.
        let mut is_flushed = false;
        for (passed, event) in script {
            now += passed;
            let event = match event {
                // `sent_ms` is drawn as an age.
                FailoverEvent::Answered { server, sent_ms, valid_ms, grants } => {
                    FailoverEvent::Answered { server, sent_ms: now.saturating_sub(sent_ms), valid_ms, grants }
                }
                other => other,
            };
            let (next, effects) = step(&state, event, now);
            prop_assert_eq!(invariants(&next, now), Ok(()));
            for effect in &effects {
                match effect {
                    FailoverEffect::Flush { at_ms } => {
                        prop_assert!(*at_ms <= now && state.good_until == Some(*at_ms));
                        is_flushed = true;
                    }
                    FailoverEffect::Resume(_) => {
                        prop_assert!(is_flushed || state.phase == FailoverPhase::Flushed);
                        is_flushed = false;
                    }
                    FailoverEffect::Work { from, to } => {
                        prop_assert_ne!(*from, Some(*to));
                        prop_assert!(next.current == Some(*to) || effects.len() > 1);
                    }
                    FailoverEffect::Try(server) => prop_assert!(*server < servers),
                    FailoverEffect::Lost => prop_assert_eq!(next.phase, FailoverPhase::Disconnected),
                }
            }
            if let FailoverEvent::Declined { server, .. } = event {
                prop_assert_ne!(next.serving(), Some(server));
            }
            let must_flush = state.good_until.is_some_and(|until| now >= until);
            prop_assert_eq!(must_flush, effects.iter().any(|effect| matches!(effect, FailoverEffect::Flush { .. })));
            state = next;
        }
    }
}
