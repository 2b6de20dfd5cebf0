//! The one text area. Leptos writes the children of `<textarea>` unescaped; this wrapper escapes them.

use crate::drawn::Draw;
use leptos::prelude::*;

/// Makes text safe inside `<textarea>`. A browser drops one leading line break, so one is added.
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
