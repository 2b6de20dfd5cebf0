//! What an exchange changes, sentence by sentence.

use super::model::ChangesModel;
use crate::components::{Glyph, Icon};
use crate::drawn::Draw;
use leptos::prelude::*;

/// The changes under their headings; one line when there is none.
#[component]
pub fn ChangeList(
    changes: ChangesModel,
    /// At most so many under each heading; the ledger has them all.
    #[prop(default = usize::MAX)]
    most: usize,
) -> impl IntoView {
    let groups = [
        ("Added", "plus", Glyph::Plus, changes.added),
        ("Extended", "plus", Glyph::Arrow, changes.extended),
        ("Changed", "other", Glyph::Restart, changes.changed),
        ("Removed", "minus", Glyph::Dash, changes.removed),
    ];
    if groups.iter().all(|(.., sentences)| sentences.is_empty()) {
        return view! { <p class="muted">"No license changes."</p> }.drawn();
    }
    view! {
        <dl class="changes">
            {groups.into_iter().filter(|(.., sentences)| !sentences.is_empty()).map(|(word, class, glyph, sentences)| {
                let more = sentences.len().saturating_sub(most);
                view! {
                    <div class=class>
                        <dt><Icon glyph=glyph />{word}</dt>
                        <dd><ul>
                            {sentences.into_iter().take(most).map(|sentence| view! { <li>{sentence}</li> }).collect_view()}
                            {(more > 0).then(|| view! { <li class="muted">{format!("and {more} more")}</li> })}
                        </ul></dd>
                    </div>
                }
            }).collect_view()}
        </dl>
    }
    .drawn()
}
