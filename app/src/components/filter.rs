//! The form above a list that narrows it: the address then says what is shown, and it works without script.

use super::field::Hidden;
use crate::drawn::{Draw, Inner};
use leptos::prelude::*;

/// The form. Fields are its children; what must stay as it is goes along hidden.
#[component]
pub fn FilterForm(
    action: &'static str,
    /// What it is, for assistive technology: "Filter the clients".
    label: &'static str,
    /// Name and value of what the form keeps; empty values are left out.
    #[prop(optional)]
    kept: Vec<(&'static str, String)>,
    #[prop(default = "Filter")] submit: &'static str,
    /// The address without filters, when there are any.
    clear: Option<String>,
    children: Inner,
) -> impl IntoView {
    let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
    view! {
        <form method="get" action=action class="filters" role="search" aria-label=label>
            {kept.map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
            {children.draw()}
            <button type="submit" class="button">{submit}</button>
            {clear.map(|clear| view! { <a class="clear" href=clear>"Clear filters"</a> })}
        </form>
    }
    .drawn()
}

/// The text to look for. The key `/` leads here.
#[component]
pub fn FilterText(label: &'static str, value: String) -> impl IntoView {
    view! {
        <div class="field inline grow">
            <label for="filter-q">{label}</label>
            <input class="input" type="search" id="filter-q" name="q" value=value data-filter="true" autocomplete="off" spellcheck="false" />
        </div>
    }
    .drawn()
}

/// A select. A chosen value that is not among the options is offered as it is.
#[component]
pub fn FilterChoice(
    name: &'static str,
    label: &'static str,
    /// The words for "no filter"; not offered when an option stands for it.
    all: &'static str,
    chosen: String,
    /// Value and words.
    mut options: Vec<(String, String)>,
    /// The key `/` leads here.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    if !chosen.is_empty() && options.iter().all(|(value, _)| *value != chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    let all = (!options.iter().any(|(value, _)| value.is_empty())).then_some(all);
    view! {
        <div class="field inline">
            <label for=format!("filter-{name}")>{label}</label>
            <select class="input" id=format!("filter-{name}") name=name data-filter=first.then_some("true")>
                {all.map(|all| view! { <option value="">{all}</option> })}
                {options.into_iter().map(|(value, words)| {
                    let selected = value == chosen;
                    view! { <option value=value selected=selected>{words}</option> }
                }).collect_view()}
            </select>
        </div>
    }
    .drawn()
}

/// Options whose words are their values.
pub fn plain_options(values: impl IntoIterator<Item = String>) -> Vec<(String, String)> {
    values.into_iter().map(|value| (value.clone(), value)).collect()
}
