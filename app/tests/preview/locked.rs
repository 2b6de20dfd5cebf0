//! What the page Database says of the monitor license and of locked records, in their states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, viewer};
use app::drawn::Draw;
use app::pages::database::*;
use app::request::RequestContext;
use engine::locked::{Coverage, DamagedLine, LockedFile, UnlockProgress};
use engine::monitor::{FirstObserved, MonitorSource, MonitorView};
use leptos::prelude::*;
use licensing::monitor::{GRACE, MonitorLicense, MonitorState, ObservationWindow, Standing, Violation, needed};

fn license(id: &str, from: i64, to: i64, users: u64) -> MonitorLicense {
    MonitorLicense { id: id.into(), from, to, users }
}

/// No license ever.
fn never() -> MonitorModel {
    let view = MonitorView {
        standing: Standing::NotNeeded,
        licenses: Vec::new(),
        sources: Vec::new(),
        users: 0,
        licensed: None,
        window: ObservationWindow::Day,
        state: MonitorState::default(),
    };
    MonitorModel { view, counted_from: NOW, first_observed: Vec::new() }
}

/// 56 users with 50 licensed, counted by the month.
fn beyond() -> MonitorModel {
    let source = |name, path_or_address: &str, ago, problem: Option<&str>| MonitorSource {
        name,
        path_or_address: path_or_address.into(),
        last_read: Some(NOW - ago),
        problem: problem.map(str::to_owned),
    };
    let view = MonitorView {
        standing: Standing::Locking { violation: Violation::TooManyUsers, since: NOW - 6 * DAY },
        licenses: vec![
            license("mon-1", NOW - 400 * DAY, NOW - 40 * DAY, 30),
            license("mon-2", NOW - 40 * DAY, NOW + 300 * DAY, 50),
            license("mon-3", NOW + 300 * DAY, NOW + 600 * DAY, 50),
        ],
        sources: vec![
            source("exchange", "exchange", HOUR, None),
            source(
                "key-file",
                "/var/lib/leasehold/licmon.swd/license.lm.key",
                9 * DAY,
                Some("The key file is missing."),
            ),
        ],
        users: 56,
        licensed: Some(50),
        window: ObservationWindow::Month,
        ..never().view
    };
    MonitorModel {
        view,
        counted_from: NOW - 20 * DAY,
        first_observed: vec![
            FirstObserved { at: NOW - 20 * DAY, first: 1, last: 31 },
            FirstObserved { at: NOW - 6 * DAY, first: 32, last: 55 },
            FirstObserved { at: NOW - DAY, first: 56, last: 56 },
        ],
    }
}

/// The same with another standing.
fn standing(standing: Standing) -> MonitorModel {
    MonitorModel { view: MonitorView { standing, ..beyond().view }, ..beyond() }
}

fn grace() -> MonitorModel {
    let (violation, since) = (Violation::Expired, NOW - DAY);
    let view = MonitorView {
        licensed: None,
        window: ObservationWindow::Day,
        ..standing(Standing::Grace { violation, since, ends: since + GRACE }).view
    };
    MonitorModel { view, first_observed: Vec::new(), ..beyond() }
}

fn file(day: i64, coverage: Coverage) -> LockedFile {
    let from_ms = NOW - day * DAY;
    LockedFile {
        day: from_ms.div_euclid(DAY),
        name: format!("2026.11.{:02}", 21 - day),
        from_ms,
        to_ms: from_ms + 5 * HOUR,
        records: 1_200,
        opened: 0,
        violations: vec![Violation::Expired, Violation::TooManyUsers],
        users: 56,
        damaged: 0,
        missing: 0,
        settled: 0,
        coverage,
        needs: (coverage != Coverage::Covered).then(|| needed(from_ms, from_ms + 5 * HOUR, 56)),
    }
}

fn locked(files: Vec<LockedFile>, run: Option<UnlockProgress>) -> LockedModel {
    let needs = files.iter().any(|file| file.needs.is_some()).then(|| needed(NOW - 9 * DAY, NOW, 56));
    LockedModel { files, needs, run, page: None }
}

fn run() -> UnlockProgress {
    UnlockProgress {
        by: "ada".into(),
        started_ms: NOW - 2 * MINUTE,
        ended_ms: Some(NOW - MINUTE),
        records: 2_400,
        read: 2_400,
        ..UnlockProgress::default()
    }
}

fn show(name: &str, context: RequestContext, monitor: MonitorModel, locked: LockedModel) -> Preview {
    inside(name, context, move || {
        let blocks = view! { <MonitorBlock data=monitor /> <LockedBlock data=locked /> }.drawn();
        view! { <DatabaseView data=DatabasePage::default() locked=Some(blocks) /> }.into_any()
    })
}

/// The block in one state, for a person.
fn html(context: RequestContext, monitor: MonitorModel, locked: LockedModel) -> String {
    show("", context, monitor, locked).html
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let at = || administrator("/database");
    let damage = (1..=3).map(|line| DamagedLine {
        file: "2026.11.20".into(),
        line,
        problem: "it was changed, cut off, or moved here from another day or server".into(),
    });
    let spoiled = UnlockProgress { unlocked: 2_396, damaged: 4, damage: damage.collect(), ..run() };
    let mut opened = file(2, Coverage::Partly { users: 50 });
    (opened.opened, opened.damaged, opened.missing) = (1_100, 2, 1);
    let many = (1..=20).map(|day| file(day, Coverage::NotCovered)).cycle().take(90).collect();
    let checked = UnlockProgress { dry_run: true, unlocked: 1_200, not_covered: 1_200, ..run() };
    let going = UnlockProgress { ended_ms: None, read: 900, unlocked: 800, ..run() };
    let mixed = || vec![file(3, Coverage::NotCovered), file(1, Coverage::Covered)];
    vec![
        show("database-monitor-never", at(), never(), LockedModel::default()),
        show("database-monitor-grace", at(), grace(), LockedModel::default()),
        show("database-locked", at(), beyond(), locked(mixed(), None)),
        show("database-locked-readonly", viewer("/database"), beyond(), locked(mixed(), None)),
        show("database-locked-checked", at(), beyond(), locked(mixed(), Some(checked))),
        show("database-locked-running", at(), beyond(), locked(mixed(), Some(going))),
        show(
            "database-locked-damaged",
            at(),
            beyond(),
            locked(vec![opened, file(1, Coverage::AwaitingKeys)], Some(spoiled)),
        ),
        show("database-locked-many", at(), beyond(), locked(many, None)),
        show(
            "database-locked-done",
            at(),
            standing(Standing::Licensed { users: 60, until: NOW + 300 * DAY }),
            locked(Vec::new(), Some(UnlockProgress { unlocked: 2_400, ..run() })),
        ),
    ]
}

#[test]
fn a_server_that_never_had_a_monitor_license_says_so_in_one_quiet_line() {
    let page = html(administrator("/database"), never(), LockedModel::default());
    assert!(page.contains("No monitor license is required; usage records are stored in the clear."));
    assert!(!page.contains("id=\"locked\"") && !page.contains("Monitor license<"), "{page}");
}

#[test]
fn unlocking_is_offered_after_a_dry_run_and_only_for_what_a_license_covers() {
    let page = |files, run| html(administrator("/database"), beyond(), locked(files, run));
    let covered = || vec![file(1, Coverage::Covered)];
    let unlock = "action=\"/database/locked/unlock\"";
    let fresh = page(covered(), None);
    assert!(fresh.contains("Check what can be unlocked") && !fresh.contains(unlock), "{fresh}");
    let checked = || UnlockProgress { dry_run: true, unlocked: 1_200, ..run() };
    let after = page(covered(), Some(checked()));
    assert!(
        after.contains(unlock) && after.contains("Unlock 1,200 records") && after.contains("Check again"),
        "{after}"
    );
    let gone = page(vec![file(1, Coverage::NotCovered)], Some(checked()));
    assert!(!gone.contains(unlock), "the license was taken back after the dry run");
    assert!(gone.contains("A monitor license that starts on or before "), "{gone}");
}

#[test]
fn who_may_not_unlock_and_who_comes_while_it_runs_are_told_why() {
    let files = || vec![file(1, Coverage::Covered)];
    let readonly = html(viewer("/database"), beyond(), locked(files(), None));
    assert!(readonly.contains("Unlocking records needs the role operator or administrator."), "{readonly}");
    assert!(!readonly.contains("action=\"/database/locked/"), "{readonly}");
    let going = UnlockProgress { ended_ms: None, read: 900, unlocked: 800, ..run() };
    let during = html(administrator("/database"), beyond(), locked(files(), Some(going)));
    assert!(during.contains("Unlocking: 900 of 2,400 records read, 800 unlocked."), "{during}");
    assert!(during.contains("Records are being read.") && during.contains("value=\"900\""), "{during}");
}

#[test]
fn the_result_is_told_for_an_hour_when_nothing_is_locked_any_longer() {
    let done = |minutes: i64| UnlockProgress { unlocked: 2_400, ended_ms: Some(NOW - minutes * MINUTE), ..run() };
    let page = |minutes| html(administrator("/database"), beyond(), locked(Vec::new(), Some(done(minutes))));
    assert!(page(59).contains("2,400 records unlocked; the Usage reports have them now."));
    assert!(page(59).contains("No records are locked."));
    assert!(!page(61).contains("id=\"locked\""));
}
