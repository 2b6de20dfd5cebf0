//! The big sentence of a page, and the states in which a block has nothing to show.

use super::icon::{Glyph, Icon};
use crate::drawn::{Draw, Inner};
use crate::request::{Tone, request};
use leptos::prelude::*;

/// The icon that belongs to a tone.
pub(crate) fn glyph_of(tone: Tone) -> Glyph {
    match tone {
        Tone::Success => Glyph::Check,
        Tone::Warning => Glyph::Warning,
        Tone::Danger => Glyph::Danger,
        Tone::Info | Tone::Neutral => Glyph::Info,
    }
}

/// The sentence a page opens with: how things stand, then why, then what to do.
#[component]
pub fn Statement(tone: Tone, #[prop(into)] sentence: String, children: Inner) -> impl IntoView {
    view! {
        <section class=format!("statement {}", tone.class())>
            <span class="seal"><Icon glyph=glyph_of(tone) /></span>
            <div class="statement-text">
                <p class="sentence">{sentence}</p>
                {children.draw()}
            </div>
        </section>
    }
    .drawn()
}

/// Nothing there: why, and one action.
#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    #[prop(optional)] children: Option<Inner>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{why}</p>
            {children.map(|children| view! { <div class="actions">{children.draw()}</div> })}
        </div>
    }
    .drawn()
}

/// Something failed: what, what to do, and the request id to find it by.
#[component]
pub fn ErrorBlock(#[prop(into)] sentence: String, #[prop(optional)] children: Option<Inner>) -> impl IntoView {
    let id = request().request_id.clone();
    view! {
        <div class="trouble" role="alert">
            <span class="seal"><Icon glyph=Glyph::Danger /></span>
            <div>
                <p class="empty-title">{sentence}</p>
                {children.map(Inner::draw)}
                {(!id.is_empty()).then(|| view! { <p class="fine">"Request " <code>{id}</code></p> })}
            </div>
        </div>
    }
    .drawn()
}
