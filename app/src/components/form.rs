//! Forms: fields that show what was typed and what is wrong with it, buttons that say why they are disabled, the step before a dangerous one.

use super::marks::{Glyph, Icon};
use crate::drawn::{Draw, Inner};
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

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

/// Lists what is wrong with the form; nothing when nothing is.
#[component]
pub fn FormErrors() -> impl IntoView {
    let errors = request().form.as_ref().map(|form| form.errors.clone()).unwrap_or_default();
    let title = match errors.as_slice() {
        [] => return ().drawn(),
        [only] if only.field.is_none() => only.message.clone(),
        [_] => "Please fix one field.".to_owned(),
        more => format!("Please fix {} fields.", more.len()),
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

/// Makes text safe inside `<textarea>`, whose children Leptos writes unescaped. A browser drops one leading line break, so one is added.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    safe.push('\n');
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// A text area that shows exactly `text`, whatever it holds.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] id: String,
    #[prop(into)] text: String,
    #[prop(default = 4)] rows: u32,
    #[prop(optional, into)] described_by: Option<String>,
    #[prop(optional)] invalid: bool,
    #[prop(optional)] disabled: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] look: &'static str,
) -> impl IntoView {
    view! {
        <textarea
            class=look
            name=name
            id=id
            rows=rows.to_string()
            spellcheck="false"
            autocapitalize="off"
            autocomplete="off"
            aria-describedby=described_by
            aria-invalid=invalid.then_some("true")
            disabled=disabled
            autofocus=autofocus
        >
            {escaped(&text)}
        </textarea>
    }
    .drawn()
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(#[prop(into)] href: String, #[prop(optional)] look: &'static str, children: Inner) -> impl IntoView {
    view! { <a class=format!("button {look}") href=href>{children.draw()}</a> }
}

/// The button that sends a form; disabled with its reason when there is one.
#[component]
pub fn Submit(
    /// `primary`, `danger`, `quiet`, or none.
    #[prop(optional)]
    look: &'static str,
    /// Sent with the form: name and value.
    #[prop(optional_no_strip)]
    sends: Option<(&'static str, &'static str)>,
    /// Why it cannot be used.
    #[prop(optional_no_strip)]
    why_not: Option<String>,
    children: Inner,
) -> impl IntoView {
    let disabled = why_not.is_some();
    view! {
        <button
            type="submit"
            class=format!("button {look}")
            name=sends.map(|(name, _)| name)
            value=sends.map(|(_, value)| value)
            disabled=disabled
        >
            {children.draw()}
        </button>
        {why_not.map(|reason| view! { <Disabled reason=reason /> })}
    }
    .drawn()
}

/// The reason beside a disabled control.
#[component]
pub fn Disabled(#[prop(into)] reason: String) -> impl IntoView {
    view! { <span class="why-not"><Icon glyph=Glyph::Lock /><span>{reason}</span></span> }
}

/// Removal at the end of a page, folded away: what follows from it are the children.
#[component]
pub fn Removal(
    /// Verb and object: "Remove lic-02".
    #[prop(into)]
    verb: String,
    /// Where the form is sent.
    action: String,
    children: Inner,
) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    view! {
        <details class="disclosure danger-zone">
            <summary>{verb.clone()}</summary>
            <p>{children.draw()}</p>
            <form method="post" action=action class="actions">
                <Submit look="danger" why_not=why_not>{verb}</Submit>
            </form>
        </details>
    }
    .drawn()
}

/// A step that cannot simply be taken back: the button says verb and object, and opens a dialog that says what follows and asks once more.
/// The focus starts on Cancel. It is a popover, so it works without script; a browser that knows none shows it below the button.
///
/// ```ignore
/// <Confirm id="remove" title="Remove lic-02?" verb="Remove lic-02" action=paths::SERVERS_REMOVE sends=vec![("name", name)] why_not=why_not>
///     <p>"The servers stop watching each other. Its licenses and clients stay as they are."</p>
/// </Confirm>
/// ```
#[component]
pub fn Confirm(
    /// Unlike all other ids of the page.
    #[prop(into)]
    id: String,
    /// The question, with its object: "Remove lic-02?"
    #[prop(into)]
    title: String,
    /// Verb and object, on both buttons: "Remove lic-02".
    #[prop(into)]
    verb: String,
    /// Where the form is sent.
    #[prop(into)]
    action: String,
    /// Hidden fields: name and value.
    #[prop(optional)]
    sends: Vec<(&'static str, String)>,
    /// Why it cannot be done.
    #[prop(optional_no_strip)]
    why_not: Option<String>,
    /// What follows from it; fields to fill in.
    children: Inner,
) -> impl IntoView {
    if let Some(reason) = why_not {
        return view! {
            <button type="button" class="button danger" disabled=true>{verb}</button>
            <Disabled reason=reason />
        }
        .drawn();
    }
    let heading = format!("{id}-title");
    let (opens, closes, labelled_by) = (id.clone(), id.clone(), heading.clone());
    view! {
        <button type="button" class="button danger" popovertarget=opens aria-haspopup="dialog">{verb.clone()}</button>
        <div class="confirm" id=id popover="auto" role="dialog" aria-labelledby=labelled_by>
            <h2 id=heading>{title}</h2>
            <form method="post" action=action class="stack">
                {sends.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                {children.draw()}
                <div class="actions">
                    <button type="button" class="button" popovertarget=closes popovertargetaction="hide" autofocus=true>"Cancel"</button>
                    <button type="submit" class="button danger">{verb}</button>
                </div>
            </form>
        </div>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_cannot_leave_the_text_area() {
        let html = Owner::new().with(|| {
            view! { <TextArea name="text" id="text" text="</textarea><script>alert(1)</script> & \u{e4}" /> }.to_html()
        });
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(!html.contains("<script>"), "{html}");
        assert!(
            html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; \u{e4}</textarea>"),
            "{html}"
        );
    }

    #[test]
    fn a_first_empty_line_is_kept() {
        let html = Owner::new().with(|| view! { <TextArea name="text" id="text" text="\nsecond" /> }.to_html());
        assert!(html.contains(">\n\nsecond</textarea>"), "{html}");
    }
}
