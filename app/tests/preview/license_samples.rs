//! Sample data of the licenses.

use std::sync::Arc;

use crate::exchange_samples::{changes, contact};
use crate::samples::{DAY, HOUR, MINUTE, NOW};
use app::pages::licenses::{LicenseFilter, LicensesPage};
use engine::exchange::{LicenseItem, Readiness};
use licensing::bundle::{License, LicenseKind, LicenseStatus, LicenseVerdict};
use licensing::context::Context;

pub fn license(id: &str, product: &str, kind: LicenseKind, count: u64, standing: LicenseStatus) -> LicenseItem {
    let reason = match standing {
        LicenseStatus::Active => None,
        LicenseStatus::Expired => {
            Some("It ran out on 2026-10-31. Ask the vendor to extend it; the next exchange brings the change.")
        }
        LicenseStatus::Lapsed => {
            Some("Out of service because the last sync was too long ago. The next sync brings it back.")
        }
        LicenseStatus::WrongContext => Some(
            "It is for backup servers, and this is a production server. It does no harm here; to use it, register a backup server.",
        ),
        _ => Some("It names another GUID."),
    };
    let license = License {
        id: id.into(),
        product: product.parse().expect("a product code"),
        kind,
        count,
        context: if standing == LicenseStatus::WrongContext { Context::Backup } else { Context::Production },
        hours: (kind == LicenseKind::Countdown).then_some(100),
        expires: match standing {
            LicenseStatus::Expired => Some(NOW - 22 * DAY),
            _ if product == "VAD" => Some(NOW + 12 * DAY),
            _ if product == "TTS3" => None,
            _ => Some(NOW + 340 * DAY),
        },
        maintenance_expires: (product != "VAD").then_some(if product == "TRAN_ENUS" {
            NOW - 9 * DAY
        } else {
            NOW + 160 * DAY
        }),
        version: (product == "TTS3").then(|| "16.2".into()),
    };
    LicenseItem {
        license: Arc::new(license),
        verdict: LicenseVerdict { standing, reason: reason.map(str::to_owned) },
        in_use: match (standing, product) {
            (LicenseStatus::Active, "ASR_ENUS") => 17,
            (LicenseStatus::Active, "ETRAN_ENUS") => 5,
            (LicenseStatus::Active, "TRAN_ENUS") => 1_184,
            _ => 0,
        },
        over_committed: standing == LicenseStatus::Active && product == "ETRAN_ENUS",
    }
}

pub fn licenses(items: Vec<LicenseItem>) -> LicensesPage {
    let mut counts: Vec<(LicenseStatus, usize)> = Vec::new();
    for standing in items.iter().map(|item| item.verdict.standing) {
        match counts.iter_mut().find(|(counted, _)| *counted == standing) {
            Some((_, count)) => *count += 1,
            None => counts.push((standing, 1)),
        }
    }
    LicensesPage {
        total: items.len(),
        items,
        filter: LicenseFilter::default(),
        contact: contact(Some(3 * HOUR), 60),
        readiness: Readiness::Ready,
        context: Some("production".into()),
        serial: Some(14),
        installed_ms: Some(NOW - 3 * HOUR),
        last_changes: Some((NOW - 3 * HOUR, changes())),
        csv: "/licenses.csv".into(),
        counts,
        machine: Default::default(),
        last_used: [("TTS3", 40 * MINUTE), ("TRAN_ENUS", 3 * DAY), ("ETRAN_ENUS", 80 * DAY)]
            .map(|(product, ago)| (product.to_owned(), NOW - ago))
            .into(),
    }
}

pub fn all_licenses() -> Vec<LicenseItem> {
    vec![
        license("L-2026-0007", "ASR_ENUS", LicenseKind::Concurrent, 20, LicenseStatus::Active),
        license("L-2026-0012", "ETRAN_ENUS", LicenseKind::Concurrent, 4, LicenseStatus::Active),
        license("L-2026-0003", "TRAN_ENUS", LicenseKind::Concurrent, 1_200, LicenseStatus::Active),
        license("L-2026-0001", "TTS3", LicenseKind::Concurrent, 50, LicenseStatus::Active),
        license("L-2025-0140", "VAD", LicenseKind::Metered, 1_000_000, LicenseStatus::Active),
        license("L-2025-0090", "ETRAN_ENUS_50", LicenseKind::Concurrent, 50, LicenseStatus::Expired),
        license("L-2026-0021", "TTS3", LicenseKind::Concurrent, 50, LicenseStatus::WrongContext),
    ]
}
