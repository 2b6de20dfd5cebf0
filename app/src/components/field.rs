//! A labelled field of a form. It shows what was typed before, and what is wrong with it.

use crate::drawn::Draw;
use crate::request::request;
use leptos::prelude::*;

/// A label, a control, a hint and an error, tied together for assistive technology.
#[component]
pub fn Field(
    name: &'static str,
    #[prop(into)] label: String,
    /// `text` or `password`; passwords are never filled in again.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] required: bool,
    /// Set in the fixed-width face.
    #[prop(optional)]
    mono: bool,
    /// Gets the focus when no field is wrong.
    #[prop(optional)]
    first: bool,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    let context = request();
    let secret = kind == "password";
    let value = if secret { String::new() } else { context.typed(name, &value) };
    let error = context.error(name);
    let focus =
        context.focuses(name) || (first && context.form.as_ref().is_none_or(|form| form.first_wrong_field().is_none()));
    let described = described_by(name, hint.is_some(), error.is_some());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            <input
                class=if mono { "input mono" } else { "input" }
                id=name
                name=name
                type=kind
                value=(!secret).then_some(value)
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                required=required
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
                disabled=disabled
                autofocus=focus
            />
            {error.map(|error| view! { <FieldProblem name=name.to_owned() sentence=error /> })}
        </div>
    }
    .drawn()
}

/// The ids a control is described by.
pub(crate) fn described_by(name: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{name}-error {name}-hint")),
        (true, false) => Some(format!("{name}-hint")),
        (false, true) => Some(format!("{name}-error")),
        (false, false) => None,
    }
}

/// What is wrong with a field, under it.
#[component]
pub(crate) fn FieldProblem(name: String, sentence: String) -> impl IntoView {
    use super::icon::{Glyph, Icon};
    view! {
        <p class="field-error" id=format!("{name}-error")>
            <Icon glyph=Glyph::Danger />
            <span>{sentence}</span>
        </p>
    }
    .drawn()
}

/// A hidden field.
#[component]
pub fn Hidden(#[prop(into)] name: String, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}
