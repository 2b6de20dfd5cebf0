//! The field for a GUID: says while one types what is wrong, or how it will be written.

use leptos::html;
use leptos::prelude::*;
#[cfg(any(test, feature = "hydrate"))]
use licensing::guid::Guid;

/// An input with a live answer. Without script the server gives the same answer.
#[component]
pub fn GuidField(name: String, value: String, described: String, invalid: bool, focus: bool) -> impl IntoView {
    let (status, around) = (format!("{name}-live"), name.clone());
    let described = format!("{described} {status}");
    view! {
        <span class="around" data-guid=around>
            <input
                class="input mono guid" type="text" id=name.clone() name=name value=value
                autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby=described aria-invalid=invalid.then_some("true") autofocus=focus
            />
            <span id=status class="live-answers"><GuidAnswer /></span>
        </span>
    }
}

#[island]
fn GuidAnswer() -> impl IntoView {
    let line = NodeRef::<html::Span>::new();
    let answer = RwSignal::new(None::<Result<String, String>>);
    Effect::new(move |_| {
        if let Some(line) = line.get() {
            on_typing(&line, answer);
        }
    });
    view! {
        <span
            role="status" node_ref=line
            class=move || answer.with(|answer| match answer {
                Some(Ok(_)) => "live-answer good",
                Some(Err(_)) => "live-answer bad",
                None => "live-answer",
            })
        >
            {move || match answer.get() {
                None => String::new(),
                Some(Ok(canonical)) if canonical.is_empty() => "Empty: this server is not registered.".to_owned(),
                Some(Ok(canonical)) => format!("Will be written as {canonical}"),
                Some(Err(sentence)) => sentence,
            }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn on_typing(line: &web_sys::HtmlSpanElement, answer: RwSignal<Option<Result<String, String>>>) {
    let Some(name) = super::browser::around(line, "data-guid") else { return };
    super::browser::on_typing(&name, move |text| {
        let judged = judge(&text);
        let bad = judged.is_err();
        answer.set(Some(judged));
        bad
    });
}

#[cfg(not(feature = "hydrate"))]
fn on_typing<T>(_line: &T, _answer: RwSignal<Option<Result<String, String>>>) {}

/// The canonical form, or the sentence that says what is wrong. `default` and nothing at all are left to the server.
#[cfg(any(test, feature = "hydrate"))]
fn judge(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.trim().eq_ignore_ascii_case("default") {
        return Ok(String::new());
    }
    Guid::parse(text).map(|guid| guid.to_string()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_guid_is_shown_as_it_will_be_written() {
        assert_eq!(
            judge(" \"df9960a1-7bd5-633b-f0f4-b1470bbd0b8e\" "),
            Ok("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".to_owned())
        );
        assert!(judge("df9960a1").is_err());
    }
}
