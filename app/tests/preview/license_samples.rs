//! Sample data of the licenses.

use crate::exchange_samples::{changes, contact, words};
use crate::samples::{DAY, HOUR, NOW};
use app::pages::exchange::Registered;
use app::pages::licenses::{LicenseFilter, LicenseRow, LicensesPage};
use app::request::Tone;

pub fn license(id: &str, product: &str, kind: &str, count: u64, state: &str) -> LicenseRow {
    let (label, tone, reason) = match state {
        "active" => ("Active", Tone::Success, None),
        "expired" => (
            "Expired",
            Tone::Danger,
            Some("It ran out on 2026-10-31. Ask the vendor to extend it; the next exchange brings the change."),
        ),
        "lapsed" => (
            "Lapsed",
            Tone::Danger,
            Some("Out of service because the last sync was too long ago. The next sync brings it back."),
        ),
        "wrong_context" => (
            "Other context",
            Tone::Neutral,
            Some(
                "It is for backup servers, and this is a production server. It does no harm here; to use it, register a backup server.",
            ),
        ),
        _ => ("Other server", Tone::Warning, Some("It names another GUID.")),
    };
    LicenseRow {
        id: id.into(),
        product: product.into(),
        kind: kind.to_owned().into(),
        context: if state == "wrong_context" { "backup".into() } else { "production".into() },
        licensed: count,
        in_use: match (state, product) {
            ("active", "ASR_ENUS") => 17,
            ("active", "ETRAN_ENUS") => 5,
            ("active", "TRAN_ENUS") => 1_184,
            _ => 0,
        },
        over_committed: state == "active" && product == "ETRAN_ENUS",
        hours: (kind == "countdown").then_some(100),
        version: (product == "TTS3").then(|| "16.2".into()),
        expires_ms: match state {
            "expired" => Some(NOW - 22 * DAY),
            _ if product == "VAD" => Some(NOW + 12 * DAY),
            _ if product == "TTS3" => None,
            _ => Some(NOW + 340 * DAY),
        },
        maintenance_ms: (product != "VAD").then_some(if product == "TRAN_ENUS" {
            NOW - 9 * DAY
        } else {
            NOW + 160 * DAY
        }),
        maintenance_over: product == "TRAN_ENUS",
        state: state.to_owned().into(),
        state_label: label.into(),
        tone,
        reason: reason.map(str::to_owned),
        expires_soon: product == "VAD",
    }
}

pub fn licenses(items: Vec<LicenseRow>) -> LicensesPage {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for item in &items {
        match counts.iter_mut().find(|(state, _)| *state == item.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((item.state.to_string(), 1)),
        }
    }
    LicensesPage {
        total: items.len(),
        items,
        filter: LicenseFilter::default(),
        contact: contact(Some(3 * HOUR), 60),
        registered: Registered::Yes,
        context: Some("production".into()),
        serial: Some(14),
        installed_ms: Some(NOW - 3 * HOUR),
        last_changes: Some((NOW - 3 * HOUR, changes())),
        csv: "/licenses.csv".into(),
        counts,
        kinds: words(&["concurrent", "countdown", "metered"]),
        machine: Default::default(),
    }
}

pub fn all_licenses() -> Vec<LicenseRow> {
    vec![
        license("L-2026-0007", "ASR_ENUS", "concurrent", 20, "active"),
        license("L-2026-0012", "ETRAN_ENUS", "countdown", 4, "active"),
        license("L-2026-0003", "TRAN_ENUS", "concurrent", 1_200, "active"),
        license("L-2026-0001", "TTS3", "concurrent", 50, "active"),
        license("L-2025-0140", "VAD", "metered", 1_000_000, "active"),
        license("L-2025-0090", "ETRAN_ENUS_50", "concurrent", 50, "expired"),
        license("L-2026-0021", "TTS3", "concurrent", 50, "wrong_context"),
    ]
}
