//! Light, dark or what the system says. Three buttons of one plain form.

use super::form::Hidden;
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Theme, request};
use leptos::prelude::*;

/// The choice of the theme; it works without script.
#[component]
pub fn ThemeChoice() -> impl IntoView {
    let context = request();
    view! {
        <form method="post" action=paths::THEME class="segments" aria-label="Theme">
            <Hidden name="next" value=context.path.clone() />
            {Theme::ALL.into_iter().map(|theme| view! {
                <button type="submit" name="theme" value=theme.word() aria-pressed=(theme == context.theme).to_string()>
                    {theme.label()}
                </button>
            }).collect_view()}
        </form>
    }
    .drawn()
}
