use super::*;
use crate::contact::DAY;

const T: Millis = 1_780_000_000_000;

fn license(from: Millis, to: Millis, users: u64) -> MonitorLicense {
    MonitorLicense { id: "m".to_owned(), from, to, users }
}

fn seen(window: i64, users: u64) -> Observed {
    Observed { window, users }
}

#[test]
fn without_any_license_ever_nothing_is_watched() {
    let state = step(MonitorState::default(), Supply::Never, seen(0, 1_000), T);
    assert_eq!(standing(&state, Supply::Never, T), Standing::NotNeeded);
    assert_eq!(locks(&state, None, 1_000, T + 100 * DAY), None);
}

#[test]
fn five_days_of_grace_to_the_millisecond_then_everything_is_locked_and_the_end_is_at_once() {
    let old = [license(T - 10 * DAY, T - 1, 50)];
    let state = step(MonitorState::default(), Supply::Held(&old), seen(0, 1), T);
    let ends = T + GRACE;
    assert_eq!(
        standing(&state, Supply::Held(&old), ends - 1),
        Standing::Grace { violation: Violation::Expired, since: T, ends }
    );
    assert_eq!(locks(&state, None, 1, ends - 1), None);
    let state = step(state, Supply::Held(&old), seen(5, 1), ends);
    assert_eq!(locks(&state, None, 1, ends), Some(Violation::Expired));
    let new = [license(T - 10 * DAY, T + 100 * DAY, 50)];
    let state = step(state, Supply::Held(&new), seen(5, 1), ends);
    assert_eq!(locks(&state, Some(50), 1, ends), None);
    assert_eq!(standing(&state, Supply::Held(&new), ends), Standing::Licensed { users: 50, until: T + 100 * DAY });
}

#[test]
fn each_violation_has_a_grace_of_its_own() {
    let old = [license(T - 10 * DAY, T - 1, 50)];
    let state = step(MonitorState::default(), Supply::Held(&old), seen(0, 1), T);
    let state = step(state, Supply::Missing, seen(4, 1), T + 4 * DAY);
    assert_eq!(state.since(Violation::Expired), None);
    assert_eq!(locks(&state, None, 1, T + 9 * DAY - 1), None);
    assert_eq!(locks(&state, None, 1, T + 9 * DAY), Some(Violation::Unavailable));
}

#[test]
fn of_56_users_with_50_licensed_those_from_51_to_56_are_locked() {
    let held = [license(T, T + 100 * DAY, 50)];
    let mut state = MonitorState::default();
    for day in 0..=5 {
        state = step(state, Supply::Held(&held), seen(day, 56), T + day * DAY);
        // The next day begins with nobody, and that ends nothing.
        state = step(state, Supply::Held(&held), seen(day + 1, 0), T + (day + 1) * DAY - 1);
    }
    let now = T + 5 * DAY;
    let locked: Vec<u64> = (1..=56).filter(|index| locks(&state, Some(50), *index, now).is_some()).collect();
    assert_eq!(locked, [51, 52, 53, 54, 55, 56]);
    let quiet = step(state, Supply::Held(&held), seen(7, 50), T + 7 * DAY);
    assert_eq!(locks(&quiet, Some(50), 56, T + 7 * DAY), None, "a whole window passed without");
    let more = [license(T, T + 100 * DAY, 56)];
    let licensed = step(state, Supply::Held(&more), seen(6, 0), now + 1);
    assert_eq!(licensed.since(Violation::TooManyUsers), None, "as many are licensed now");
}

#[test]
fn a_source_that_cannot_be_read_matters_only_while_no_other_license_is_in_force() {
    let held = [license(T, T + DAY, 50)];
    for (known, unreadable, licenses, expected) in [
        (0, 0, &held[..0], "never"),
        (1, 0, &held, "held"),
        (2, 1, &held, "held"),
        (1, 1, &held[..0], "missing"),
        (1, 0, &held[..0], "held"),
    ] {
        let word = match Supply::of(known, unreadable, licenses, T) {
            Supply::Never => "never",
            Supply::Missing => "missing",
            Supply::Held(_) => "held",
        };
        assert_eq!(word, expected, "{known} known, {unreadable} unreadable");
    }
    assert!(matches!(Supply::of(2, 1, &held, T + DAY + 1), Supply::Missing), "the other one has ended");
}

#[test]
fn another_way_to_count_windows_neither_ends_nor_prolongs_a_violation() {
    let held = [license(T, T + 100 * DAY, 50)];
    let state = step(MonitorState::default(), Supply::Held(&held), seen(24_317, 56), T).renumbered(20_700);
    let state = step(state, Supply::Held(&held), seen(20_700, 0), T + DAY);
    assert_eq!(state.since(Violation::TooManyUsers), Some(T));
    let state = step(state, Supply::Held(&held), seen(20_701, 0), T + 2 * DAY);
    assert_eq!(state.since(Violation::TooManyUsers), None);
}

#[test]
fn what_began_by_a_clock_that_ran_ahead_begins_now_once_it_is_right() {
    let old = [license(T - 10 * DAY, T - 1, 50)];
    let ahead = step(MonitorState::default(), Supply::Held(&old), seen(100, 1), T + 100 * DAY);
    let right = step(ahead, Supply::Held(&old), seen(0, 1), T);
    assert_eq!(right.since(Violation::Expired), Some(T));
    let held = [license(T, T + 400 * DAY, 50)];
    let ahead = step(MonitorState::default(), Supply::Held(&held), seen(100, 56), T + 100 * DAY);
    let right = step(ahead, Supply::Held(&held), seen(0, 1), T);
    assert_eq!(right.since(Violation::TooManyUsers), None, "that window is still to come");
}

#[test]
fn a_license_covers_a_record_within_its_time_and_its_users() {
    let held = [license(T, T + DAY, 50)];
    for (at, index, is_covered) in
        [(T - 1, 1, false), (T, 50, true), (T, 51, false), (T + DAY, 50, true), (T + DAY + 1, 1, false)]
    {
        assert_eq!(covered(&held, at, index), is_covered, "{at} {index}");
    }
}

#[test]
fn the_key_of_a_day_is_for_the_users_of_the_largest_license_that_touches_it() {
    let day = crate::usage::day_of(T);
    let noon = day * DAY + DAY / 2;
    let held = [license(noon, noon + DAY, 50), license(noon + DAY, noon + DAY, 60)];
    for (offset, users) in [(-1, None), (0, Some(50)), (1, Some(60)), (2, None)] {
        assert_eq!(users_on(&held, day + offset), users, "{offset}");
    }
}

#[test]
fn windows_follow_one_another() {
    let monday = 1_780_272_000_000; // 2026-06-01T00:00Z
    for window in [ObservationWindow::Day, ObservationWindow::Week, ObservationWindow::Month] {
        assert_eq!(window.number(monday), window.number(monday - 1) + 1, "{window}");
        assert_eq!(window.number(monday), window.number(monday + DAY - 1), "{window}");
        assert_eq!((window.begins(monday), window.begins(monday + DAY - 1)), (monday, monday), "{window}");
    }
}

#[test]
fn a_window_begins_with_its_day_week_or_month() {
    let thursday = 1_780_000_000_000; // 2026-05-28T20:26:40Z
    for (window, days) in [(ObservationWindow::Day, 0), (ObservationWindow::Week, 3), (ObservationWindow::Month, 27)] {
        let begins = window.begins(thursday);
        assert_eq!(thursday.div_euclid(DAY) - begins / DAY, days, "{window}");
        assert_eq!((begins % DAY, window.number(begins)), (0, window.number(thursday)), "{window}");
        assert_eq!(window.number(begins - 1), window.number(thursday) - 1, "{window}");
    }
}

#[test]
fn a_document_is_read_as_it_was_signed_and_a_changed_one_is_refused() {
    use crate::{guid::Guid, locked::DayRoot, vendor_key::VendorSecret};
    let secret = VendorSecret::from_seeds([1; 32], [2; 32]);
    let root = DayRoot::new(20_700, [7; 8], [9; 32]);
    let document = MonitorDocument {
        guid: Guid::parse("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E").unwrap(),
        issued: T,
        licenses: vec![license(T, T + DAY, 60)],
        keys: vec![DayKey { header: root.id, key: root.key(60) }],
    };
    let signed = SignedMonitorDocument::sign(&secret, &document);
    let text = serde_json::to_string_pretty(&signed).unwrap();
    let read = SignedMonitorDocument::parse(&text).unwrap();
    assert_eq!(read.verify(&[secret.public()]), Ok(document));
    let other = Guid::parse("DF9960A1-7BD5-633B-F0F4-B1470BBD0B8F").unwrap();
    let refused = read.verify_for(other, &[secret.public()]);
    assert!(matches!(refused, Err(MonitorDocumentError::OtherServer { .. })), "{refused:?}");
    let mut changed = read;
    changed.monitor_license["licenses"][0]["users"] = 600.into();
    assert_eq!(changed.verify(&[secret.public()]), Err(MonitorDocumentError::BadSignature));
    assert_eq!(SignedMonitorDocument::parse("{}"), Err(MonitorDocumentError::NotADocument));
}

#[test]
fn what_is_needed_is_a_sentence_for_the_vendor() {
    let (may_14, july_2) = (1_778_716_800_000, 1_782_993_600_000);
    let sentence = "A monitor license that starts on or before 2026-05-14, ends on or after 2026-07-02 and is for at least 56 users.";
    assert_eq!(needed(may_14, july_2 - 1 + 5, 56), sentence);
    assert!(needed(may_14, may_14, 1).ends_with("at least 1 user."));
}

#[test]
fn licenses_that_meet_cover_a_time_together_and_a_gap_of_a_millisecond_does_not() {
    let (first, next) = (license(T, T + DAY - 1, 56), license(T + DAY, T + 2 * DAY, 60));
    let both = [next.clone(), first.clone()];
    assert!(covers_all(&both, T, T + 2 * DAY, 56));
    assert!(!covers_all(&both, T, T + 2 * DAY, 57), "the first is for 56");
    assert!(!covers_all(&both, T - 1, T + DAY, 1));
    assert!(!covers_all(&both, T, T + 2 * DAY + 1, 1));
    assert!(!covers_all(&[first, license(T + DAY + 1, T + 2 * DAY, 60)], T, T + 2 * DAY, 1));
    assert_eq!(most_users(&both, T, T + DAY - 1), Some(56));
    assert_eq!(most_users(&both, T, T + DAY), Some(60));
    assert_eq!(most_users(&[next], T, T + DAY - 1), None);
}

#[test]
fn the_standing_is_told_in_a_sentence_with_its_instants() {
    use crate::{service::Urgency, words::Zone};
    let utc = |_| Zone::utc();
    let (violation, since) = (Violation::TooManyUsers, T);
    for (standing, level, sentence) in [
        (Standing::NotNeeded, Urgency::Ok, "No monitor license is required; usage records are stored in the clear."),
        (
            Standing::Licensed { users: 1, until: T + 100 * DAY },
            Urgency::Ok,
            "Licensed for 1 user until Sat 5 Sep, 20:26 UTC.",
        ),
        (
            Standing::Licensed { users: 50, until: T + 30 * DAY },
            Urgency::Warning,
            "Licensed for 50 users until Sat 27 Jun, 20:26 UTC.",
        ),
        (
            Standing::Grace { violation: Violation::Expired, since, ends: since + GRACE },
            Urgency::Warning,
            "No monitor license is in force. This began Thu 28 May, 20:26 UTC. Usage records are stored as usual until Tue 2 Jun, 20:26 UTC, then locked.",
        ),
        (
            Standing::Locking { violation, since },
            Urgency::Critical,
            "More users were observed than are licensed. Usage records of users beyond the licensed number have been locked since Tue 2 Jun, 20:26 UTC.",
        ),
    ] {
        assert_eq!((standing.level(T), standing.sentence(T, &utc).as_str()), (level, sentence));
    }
}
