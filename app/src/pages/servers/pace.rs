//! How often the page looks again by itself.

use crate::components::{Glyph, Icon, LinkButton};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// Seconds, the value in the address, words on it and to a screen reader.
const PACES: [(Option<u32>, &str, &str, &str); 3] = [
    (None, "off", "Off", "Do not look again by itself"),
    (Some(10), "10", "10 s", "Look again every 10 seconds"),
    (Some(60), "60", "1 min", "Look again every minute"),
];

/// Links to each pace, and to who is told when something is wrong. The server tells the browser when to come back; no script is needed.
#[component]
pub(super) fn Pace(every: Option<u32>) -> impl IntoView {
    let word = PACES.iter().find(|(seconds, ..)| *seconds == every).map_or("off", |(_, word, ..)| word);
    let again = paths::with_query(paths::SERVERS, &[("every", word)]);
    view! {
        <div class="servers-pace">
            <LinkButton href=again><Icon glyph=Glyph::Restart />"Look again"</LinkButton>
            <nav class="segments links" aria-label="Look again by itself">
                {PACES.into_iter().map(|(seconds, word, words, label)| {
                    let current = (seconds == every).then_some("true");
                    let href = paths::with_query(paths::SERVERS, &[("every", word)]);
                    view! { <a href=href aria-label=label aria-current=current>{words}</a> }
                }).collect_view()}
            </nav>
            <LinkButton href=paths::ALERTS look="quiet">"Alerts"</LinkButton>
        </div>
    }
    .drawn()
}
