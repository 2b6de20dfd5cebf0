use rstest::rstest;
use serde_json::json;

use super::{super::samples::*, *};
use crate::contact::DAY;

/// Which of the three stand in the way, and what the license is then.
#[rstest]
#[case::nothing(Context::Production, Some(1), true, LicenseStatus::Active)]
#[case::no_end(Context::Production, None, true, LicenseStatus::Active)]
#[case::at_its_end(Context::Production, Some(0), true, LicenseStatus::Expired)]
#[case::lapsed(Context::Production, Some(1), false, LicenseStatus::Lapsed)]
#[case::lapsed_without_end(Context::Production, None, false, LicenseStatus::Lapsed)]
#[case::expired_says_more_than_lapsed(Context::Production, Some(-1), false, LicenseStatus::Expired)]
#[case::backup(Context::Backup, Some(1), true, LicenseStatus::WrongContext)]
#[case::development(Context::Development, None, true, LicenseStatus::WrongContext)]
#[case::context_says_most(Context::Backup, Some(-1), false, LicenseStatus::WrongContext)]
fn a_license_stands_as_the_first_obstacle_says(
    #[case] context: Context,
    #[case] expires_in: Option<Millis>,
    #[case] in_service: bool,
    #[case] expected: LicenseStatus,
) {
    let license = License { context, expires: expires_in.map(|ms| NOW + ms), ..license("L-1", "TTS3") };
    let verdict = standing(&license, Context::Production, in_service, NOW);
    assert_eq!(verdict.standing, expected);
    assert_eq!(verdict.reason.is_none(), expected == LicenseStatus::Active);
    assert!(verdict.reason.is_none_or(|sentence| sentence.ends_with('.')));
    let count = if expected == LicenseStatus::Active { 50 } else { 0 };
    assert_eq!(usable(&license, Context::Production, in_service, NOW), count);
}

#[rstest]
#[case::countdown(LicenseKind::Countdown, Some(72))]
#[case::hours_beside_another_kind(LicenseKind::Concurrent, Some(72))]
fn a_license_with_hours_that_nobody_charges_is_not_loaded_and_says_why(
    #[case] kind: LicenseKind,
    #[case] hours: Option<u64>,
) {
    let license = License { kind, hours, ..license("L-1", "TTS3") };
    let verdict = standing(&license, Context::Production, true, NOW);
    assert_eq!(verdict.standing, LicenseStatus::NotCharged);
    assert!(runs_down(license.kind, license.hours), "and a node issues none like it");
    assert!(verdict.reason.is_some_and(|sentence| sentence.contains("hours") && sentence.contains("Ask the vendor")));
    assert_eq!(usable(&license, Context::Production, true, NOW), 0);
}

#[test]
fn a_license_loads_in_its_own_context_only_and_maintenance_stops_nothing() {
    for own in Context::ALL {
        for context in Context::ALL {
            let license = License { context, maintenance_expires: Some(NOW - DAY), ..license("L-1", "TTS3") };
            let verdict = standing(&license, own, true, NOW);
            assert_eq!(verdict.standing == LicenseStatus::Active, own == context);
            if let Some(reason) = verdict.reason {
                assert!(reason.contains(own.as_str()) && reason.contains(context.as_str()), "{reason}");
            }
        }
    }
}

#[test]
fn each_standing_has_one_word() {
    use LicenseStatus::*;
    for standing in [Active, NotYetServed, Lapsed, Expired, NotCharged, WrongContext, OtherServer] {
        assert_eq!(serde_json::to_value(standing).unwrap(), json!(standing.as_str()));
        assert!(!standing.label().is_empty());
    }
}

#[test]
fn the_clock_claims_nothing_about_licenses_that_are_not_in_service() {
    use LicenseStatus::{Active, Expired, Lapsed, WrongContext};
    let rule = |phase| crate::contact::PHASES.iter().find(|rule| rule.phase == phase).unwrap();
    let connected = |counts: &[(LicenseStatus, usize)]| effect(rule(ContactPhase::InTouch), counts);
    assert_eq!(connected(&[(Active, 12)]), "12 licenses are in service.");
    assert_eq!(connected(&[(Active, 1), (Expired, 1), (Active, 1)]), "2 licenses are in service, 1 is not.");
    assert_eq!(connected(&[(Expired, 2), (WrongContext, 1)]), "No license is in service.");
    assert_eq!(connected(&[]), "There is no license for this server.");
    assert_eq!(
        effect(rule(ContactPhase::Late), &[(Active, 1), (Expired, 3)]),
        "1 license is in service, 3 are not. Licenses stay in service. The sync is overdue; Leasehold keeps trying."
    );
    assert_eq!(effect(rule(ContactPhase::Lapsed), &[(Lapsed, 1)]), rule(ContactPhase::Lapsed).effect);
    for rule in crate::contact::PHASES {
        assert!(!rule.effect.contains("All licenses are"), "{}", rule.effect);
    }
}
