//! What an exchange changes, sentence by sentence.

use super::model::ChangesModel;
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

/// The changes under their headings; one line when there is none.
#[component]
pub fn ChangeList(changes: ChangesModel) -> impl IntoView {
    let groups = [
        ("Added", "plus", Glyph::Plus, changes.added),
        ("Extended", "plus", Glyph::Arrow, changes.extended),
        ("Changed", "other", Glyph::Restart, changes.changed),
        ("Removed", "minus", Glyph::Dash, changes.removed),
    ];
    if groups.iter().all(|(.., sentences)| sentences.is_empty()) {
        return view! { <p class="muted">"The licenses stay as they are."</p> }.into_any();
    }
    view! {
        <dl class="changes">
            {groups.into_iter().filter(|(.., sentences)| !sentences.is_empty()).map(|(word, class, glyph, sentences)| view! {
                <div class=class>
                    <dt><Icon glyph=glyph />{word}</dt>
                    <dd><ul>{sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul></dd>
                </div>
            }).collect_view()}
        </dl>
    }
    .into_any()
}
