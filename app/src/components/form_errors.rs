//! The summary above a refused form: each sentence leads to its field.

use super::icon::{Glyph, Icon};
use crate::drawn::Draw;
use crate::request::request;
use leptos::prelude::*;

/// Lists what is wrong with the form; nothing when nothing is.
#[component]
pub fn FormErrors() -> impl IntoView {
    let errors = request().form.as_ref().map(|form| form.errors.clone()).unwrap_or_default();
    let title = match errors.as_slice() {
        [] => return ().drawn(),
        [only] if only.field.is_none() => only.message.clone(),
        [_] => "One thing needs a change. What you typed is kept.".to_owned(),
        more => format!("{} things need a change. What you typed is kept.", more.len()),
    };
    let lines: Vec<_> = if errors.len() == 1 && errors[0].field.is_none() { Vec::new() } else { errors };
    view! {
        <div class="form-errors" role="alert">
            <Icon glyph=Glyph::Danger />
            <div>
                <p class="form-errors-title">{title}</p>
                {(!lines.is_empty()).then(|| view! {
                    <ul>
                        {lines.into_iter().map(|error| match error.field {
                            Some(field) => view! { <li><a href=format!("#{field}")>{error.message}</a></li> }.drawn(),
                            None => view! { <li>{error.message}</li> }.drawn(),
                        }).collect_view()}
                    </ul>
                })}
            </div>
        </div>
    }
    .drawn()
}
