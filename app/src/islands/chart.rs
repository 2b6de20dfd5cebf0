//! Reads a chart out: on hovering, by touch and with the arrow keys; a range of columns sets the period. `frontend/chart.js` carries it
//! out, from the numbers of the table under the chart. Without script the chart has a title on each column, and the table its links.

use leptos::html;
use leptos::prelude::*;

/// What a chart tells its reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartSource {
    /// Id of what holds the table: one row for each column, the first cell its day, later ones its numbers.
    pub table: &'static str,
    /// What the reader is called: "Peak of TTS3 for each day".
    pub name: String,
    /// `hour`, `day`, `week` or `month`.
    pub step: String,
    /// The page, to which a chosen period is added.
    pub href: String,
    /// The last day of the period shown, `2026-11-30`.
    pub last_day: String,
    /// Of the days and hours: "Europe/Berlin".
    pub zone: String,
}

/// Lies on the picture, which stands before it in an element with [`ChartSource`] as data.
#[island]
pub fn ChartReader() -> impl IntoView {
    let over = NodeRef::<html::Div>::new();
    let ready = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(over) = over.get() {
            read(&over);
            ready.set(true);
        }
    });
    view! {
        <div
            class="chart-reader" tabindex="0" role="application" aria-roledescription="chart" aria-label="Chart" aria-describedby="chart-keys"
            node_ref=over hidden=move || !ready.get()
        >
            <i class="chart-range" hidden></i>
            <i class="chart-mark" hidden></i>
            <div class="chart-read" aria-hidden="true" hidden></div>
        </div>
        <p class="vh" role="status"></p>
        <p class="chart-keys fine" id="chart-keys" hidden=move || !ready.get()>
            "Point, tap or use the arrow keys to read a column; open it with a click or Enter. Drag, or hold Shift, to choose a period."
        </p>
    }
}

#[cfg(feature = "hydrate")]
fn read(over: &web_sys::Element) {
    super::browser::read_chart(over);
}

#[cfg(not(feature = "hydrate"))]
fn read<T>(_over: &T) {}
