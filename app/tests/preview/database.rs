//! The page of the database in its states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator};
use app::drawn::Draw;
use app::pages::database::*;
use engine::backup::{Backup, BackupKind, BackupState};
use engine::database::{CheckResult, Sizes, TableSize};
use leptos::prelude::*;
use licensing::permission::Role;

fn backup(name: &str, days: i64, verified: bool, encrypted: bool) -> Backup {
    Backup {
        name: name.into(),
        path: format!("/var/lib/leasehold/backups/{name}").into(),
        kind: if name.ends_with(".db") { BackupKind::BeforeUpdate } else { BackupKind::Full },
        host: "lic-01".into(),
        at: NOW - days * DAY,
        size: 41_000_000,
        sha256: verified.then(|| "ab".repeat(32)),
        encrypted,
        verified,
        left_out: Vec::new(),
    }
}

fn loaded() -> DatabasePage {
    let table = |name: &str, rows, bytes| TableSize { name: name.into(), rows, bytes };
    DatabasePage {
        sizes: Sizes {
            database: Some(212_000_000),
            log: Some(4_100_000),
            checkouts: Some(901_000_000),
            checkout_files: 398,
            free: Some(84_000_000_000),
        },
        check: Some(CheckResult {
            at: NOW - 3 * DAY,
            took_ms: 4_200,
            problem: None,
            tables: vec![
                table("usage_hours", 912_331, 161_000_000),
                table("audit", 40_112, 9_000_000),
                table("users", 3, 8_192),
            ],
        }),
        backups: vec![
            backup("leasehold-backup-20261122T010000Z-lic-01.tar.zst.age", 0, true, true),
            backup("leasehold-backup-20261121T010000Z-lic-01.tar.zst", 1, true, false),
            backup(
                "leasehold-backup-20261120T010000Z-a-host-name-that-is-as-long-as-host-names-may-be-in-one.tar.zst",
                2,
                false,
                false,
            ),
            backup("leasehold-before-25-1795000000000.db", 3, false, false),
        ],
        backup_state: BackupState { last_good: Some(NOW - 6 * HOUR), ..BackupState::default() },
        folder: "/var/lib/leasehold/backups".into(),
        due_ms: Some(NOW + 18 * HOUR),
        keeping: (14, 90),
        recipient: Some("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p".into()),
        retention: vec![("Single check-outs".into(), "400 days".into()), ("Audit log".into(), "For good".into())],
        data: "/var/lib/leasehold".into(),
        ..DatabasePage::default()
    }
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let shown = |name: &str, data: DatabasePage| {
        inside(name, administrator("/database"), move || view! { <DatabaseView data=data /> }.into_any())
    };
    let empty = DatabasePage {
        check: None,
        backups: Vec::new(),
        backup_state: BackupState::default(),
        due_ms: None,
        recipient: None,
        ..loaded()
    };
    let running = DatabasePage {
        checking_since: Some(NOW - MINUTE),
        backup_state: BackupState { running_since: Some(NOW - MINUTE), ..loaded().backup_state },
        ..loaded()
    };
    let problem = "The disk with /var/lib/leasehold/backups has 2 MB free, and a backup needs 474 MB. Free some space, or set backup-folder to another disk.";
    let failed = DatabasePage {
        backup_state: BackupState { problem: Some(problem.into()), ..loaded().backup_state },
        check: loaded()
            .check
            .map(|check| CheckResult { problem: Some("row 7 missing from index users_name".into()), ..check }),
        backups_problem: Some("Can't use /mnt/backups: permission denied.".into()),
        ..loaded()
    };
    let mut viewer = administrator("/database");
    viewer.viewer = viewer.viewer.map(|viewer| app::request::Viewer { role: Role::Viewer, ..viewer });
    vec![
        shown("database", loaded()),
        shown("database-empty", empty),
        shown("database-running", running),
        shown("database-failed", failed),
        inside("database-viewer", viewer, || view! { <DatabaseView data=loaded() /> }.into_any()),
        inside("database-locked", administrator("/database"), || {
            let locked = view! { <p>"12 locked records"</p> }.drawn();
            view! { <DatabaseView data=loaded() locked=Some(locked) /> }.into_any()
        }),
    ]
}
