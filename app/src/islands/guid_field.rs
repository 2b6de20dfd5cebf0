//! The field for a GUID: says while one types what is wrong, or how it will be written.

use leptos::prelude::*;
use licensing::guid::Guid;

/// An input with a live answer. Without script the server gives the same answer.
#[island]
pub fn GuidField(name: String, value: String, described: String, invalid: bool, focus: bool) -> impl IntoView {
    let typed = RwSignal::new(None::<String>);
    let answer = Memo::new(move |_| typed.get().map(|text| judge(&text)));
    let status = format!("{name}-live");
    let described = format!("{described} {status}");
    let bad = move || match answer.get() {
        None => invalid.then_some("true"),
        Some(answer) => answer.is_err().then_some("true"),
    };
    view! {
        <input
            class="input mono guid" type="text" id=name.clone() name=name value=value
            autocomplete="off" autocapitalize="off" spellcheck="false"
            aria-describedby=described aria-invalid=bad autofocus=focus
            on:input=move |event| typed.set(Some(event_target_value(&event)))
        />
        <p
            id=status
            role="status"
            class=move || match answer.get() {
                Some(Ok(_)) => "live-answer good",
                Some(Err(_)) => "live-answer bad",
                None => "live-answer",
            }
        >
            {move || match answer.get() {
                None => String::new(),
                Some(Ok(canonical)) if canonical.is_empty() => "Empty: this server is not registered.".to_owned(),
                Some(Ok(canonical)) => format!("Will be written as {canonical}"),
                Some(Err(sentence)) => sentence,
            }}
        </p>
    }
}

/// The canonical form, or the sentence that says what is wrong. `default` and nothing at all are left to the server.
fn judge(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
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
