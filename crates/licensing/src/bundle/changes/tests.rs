use proptest::prelude::*;

use super::{
    super::{Serial, samples::*},
    *,
};
use crate::{contact::DAY, context::Context};

type Edit = fn(&mut License);

/// The bundle with one license after another was changed.
fn after(change: impl FnOnce(&mut License)) -> LicenseChanges {
    let mut new = bundle();
    change(&mut new.licenses[0]);
    changes(Some(&bundle()), &new)
}

fn sentences(changes: &[LicenseChange]) -> Vec<&str> {
    changes.iter().map(|change| change.sentence.as_str()).collect()
}

#[test]
fn the_first_bundle_adds_all_and_the_same_bundle_changes_nothing() {
    let first = changes(None, &bundle());
    assert_eq!(
        sentences(&first.added),
        ["TTS3: 50 concurrent licenses added.", "ASR_ENUS: 50 concurrent licenses added."]
    );
    assert_eq!((first.sentence(), first.is_empty()), ("2 added.".to_owned(), false));
    let mut same = bundle();
    same.licenses.reverse();
    same.serial = Serial(4);
    let none = changes(Some(&bundle()), &same);
    assert_eq!((none.sentence(), none.is_empty()), ("Nothing changed.".to_owned(), true));
}

#[test]
fn licenses_are_matched_by_their_id() {
    let mut new = bundle();
    new.licenses[0].id = "L-9".to_owned();
    new.licenses[0].count = 1;
    new.licenses[1].expires = None;
    let got = changes(Some(&bundle()), &new);
    assert_eq!(sentences(&got.added), ["TTS3: 1 concurrent license added."]);
    assert_eq!(sentences(&got.removed), ["TTS3: 50 concurrent licenses removed."]);
    assert_eq!(sentences(&got.extended), ["ASR_ENUS: runs without end instead of until 2026-12-22."]);
    assert_eq!(got.changed, []);
    assert_eq!((got.added[0].id.as_str(), got.removed[0].id.as_str()), ("L-9", "L-1"));
    assert_eq!(got.sentence(), "1 added, 1 removed, 1 extended.");
}

#[test]
fn what_is_only_better_is_extended() {
    let cases: [(Edit, &str); 5] = [
        (|l| l.expires = Some(NOW + 40 * DAY), "TTS3: runs until 2027-01-01 instead of 2026-12-22."),
        (|l| l.expires = None, "TTS3: runs without end instead of until 2026-12-22."),
        (
            |l| l.expires = Some(NOW + 30 * DAY + 1),
            "TTS3: runs until 2026-12-22T00:41:42.001Z instead of 2026-12-22T00:41:42.000Z.",
        ),
        (
            |l| l.maintenance_expires = Some(NOW + 40 * DAY),
            "TTS3: maintenance runs until 2027-01-01 instead of 2026-12-02.",
        ),
        (|l| l.hours = Some(100), "TTS3: 100 hours instead of none."),
    ];
    for (change, sentence) in cases {
        let changes = after(change);
        assert_eq!(sentences(&changes.extended), [sentence]);
        assert_eq!(changes.sentence(), "1 extended.");
    }
}

#[test]
fn anything_else_is_changed() {
    let cases: [(Edit, &str); 10] = [
        (|l| l.count = 60, "TTS3: 60 licenses instead of 50."),
        (|l| l.expires = Some(NOW), "TTS3: runs until 2026-11-22 instead of 2026-12-22."),
        (|l| l.maintenance_expires = Some(NOW), "TTS3: maintenance runs until 2026-11-22 instead of 2026-12-02."),
        (|l| l.kind = LicenseKind::Metered, "TTS3: kind metered instead of concurrent."),
        (|l| l.context = Context::Backup, "TTS3: context backup instead of production."),
        (|l| l.version = None, "TTS3: version none instead of 2.1."),
        (|l| l.version = Some("3.0".to_owned()), "TTS3: version 3.0 instead of 2.1."),
        (|l| l.product = "TTS4".parse().unwrap(), "TTS4: product TTS4 instead of TTS3."),
        (
            |l| (l.expires, l.count) = (None, 10),
            "TTS3: runs without end instead of until 2026-12-22; 10 licenses instead of 50.",
        ),
        (
            |l| (l.expires, l.maintenance_expires) = (None, Some(NOW)),
            "TTS3: runs without end instead of until 2026-12-22; maintenance runs until 2026-11-22 instead of 2026-12-02.",
        ),
    ];
    for (change, sentence) in cases {
        let changes = after(change);
        assert_eq!(sentences(&changes.changed), [sentence]);
        assert_eq!(changes.sentence(), "1 changed.");
    }
}

#[test]
fn an_end_where_there_was_none_and_fewer_hours_are_no_extension() {
    let mut old = bundle();
    old.licenses[0] =
        License { expires: None, hours: Some(200), kind: LicenseKind::Countdown, ..old.licenses[0].clone() };
    let mut new = old.clone();
    new.licenses[0].expires = Some(NOW);
    new.licenses[0].hours = Some(100);
    let changes = changes(Some(&old), &new);
    assert_eq!(
        sentences(&changes.changed),
        ["TTS3: runs until 2026-11-22 instead of without end; 100 hours instead of 200."]
    );
}

proptest! {
    #[test]
    fn every_license_that_differs_is_named_exactly_once(
        old in proptest::collection::btree_map("[ab][0-9]", (0..3_u64, proptest::option::of(0..3_i64)), 0..8),
        new in proptest::collection::btree_map("[ab][0-9]", (0..3_u64, proptest::option::of(0..3_i64)), 0..8),
    ) {
        let of = |map: &std::collections::BTreeMap<String, (u64, Option<i64>)>| Bundle {
            licenses: map
                .iter()
                .map(|(id, (count, end))| License { count: *count, expires: *end, ..license(id, "P") })
                .collect(),
            ..bundle()
        };
        let got = changes(Some(&of(&old)), &of(&new));
        let mut named: Vec<_> = [&got.added, &got.removed, &got.extended, &got.changed]
            .into_iter()
            .flatten()
            .map(|change| change.id.clone())
            .collect();
        named.sort();
        let ids: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let differ: Vec<_> = ids.into_iter().filter(|id| old.get(*id) != new.get(*id)).cloned().collect();
        prop_assert_eq!(named, differ);
        prop_assert_eq!(got.added.len(), new.keys().filter(|id| !old.contains_key(*id)).count());
        prop_assert_eq!(got.removed.len(), old.keys().filter(|id| !new.contains_key(*id)).count());
    }
}
