//! Messages above a page: the answer to the last action, and alarms that stand on every page.

use super::block::glyph_of;
use super::icon::Icon;
use crate::drawn::{Draw, Inner};
use crate::request::{Tone, request};
use leptos::prelude::*;

/// A line that asks for attention, with an action at its right.
#[component]
pub fn Banner(
    tone: Tone,
    #[prop(into)] text: String,
    /// `status` or `alert`.
    #[prop(default = "status")]
    role: &'static str,
    #[prop(optional)] children: Option<Inner>,
) -> impl IntoView {
    view! {
        <div class=format!("banner {}", tone.class()) role=role>
            <Icon glyph=glyph_of(tone) />
            <p>{text}</p>
            {children.map(|children| view! { <div class="banner-action">{children.draw()}</div> })}
        </div>
    }
    .drawn()
}

/// The message of the last action, when there is one.
#[component]
pub fn FlashMessage() -> impl IntoView {
    request().flash.clone().map(|flash| view! { <Banner tone=flash.kind.tone() text=flash.text /> })
}
