//! How a client is doing: connected, silent or gone, and what asks for attention.

use super::model::ClientRow;
use crate::components::Cell;
use crate::request::Tone;
use licensing::words::about;

/// The states: value in the address, words, tone.
pub(super) const STATES: [(&str, &str, Tone); 3] = [
    ("connected", "Connected", Tone::Success),
    ("silent", "No contact", Tone::Warning),
    ("gone", "Disconnected", Tone::Neutral),
];

/// Words and tone of a state.
pub(super) fn state(value: &str) -> (&'static str, Tone) {
    STATES
        .iter()
        .find(|(name, ..)| *name == value)
        .map_or(("Unknown", Tone::Neutral), |(_, words, tone)| (words, *tone))
}

/// "3 min ahead", "40 s behind".
pub(super) fn clock_words(off_ms: i64) -> String {
    let by = about(off_ms.saturating_abs());
    if off_ms > 0 { format!("{by} ahead") } else { format!("{by} behind") }
}

/// The state as a pill, and what else is worth knowing as lines under it.
pub(super) fn write_state(row: &ClientRow, cell: &mut Cell<'_>) {
    let (words, tone) = state(&row.state);
    cell.pill(tone, words);
    if row.over_limit {
        cell.markup(" ");
        cell.pill(Tone::Danger, "Over limit");
    }
    if let Some(at) = row.counted_until_ms {
        cell.sub(|cell| {
            cell.text("licenses released ");
            cell.until(at);
        });
    }
    if let Some(at) = row.holdings.iter().filter_map(|holding| holding.released_until_ms).max() {
        cell.sub(|cell| {
            cell.text("released, may request again ");
            cell.until(at);
        });
    }
    if let Some(off) = row.clock_off_ms {
        cell.sub(|cell| cell.text(&format!("clock {}", clock_words(off))));
    }
}
