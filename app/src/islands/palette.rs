//! Ctrl/Cmd+K finds anything; `/` focuses the filter of the page; `?` lists the shortcuts.

use leptos::html;
use leptos::prelude::*;
use std::time::Duration;

/// After this time the picture of the last press is there.
const PAINTED: Duration = Duration::from_millis(60);
/// The page has settled, and nobody waits for a key.
const IDLE: Duration = Duration::from_millis(400);

/// Something the palette can open or do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Destination {
    label: String,
    /// What tells it from others of its name.
    hint: String,
    /// "Page", "Setting", "Action".
    kind: String,
    href: String,
    /// It is done by sending this field: name and value.
    post: Option<(String, String)>,
}

/// The pages that the sidebar leads to, whose name holds every word typed: shown until the server has answered.
fn found(typed: &str) -> Vec<Destination> {
    let typed = typed.to_ascii_lowercase();
    let holds = |label: &str| typed.split_whitespace().all(|word| label.to_ascii_lowercase().contains(word));
    let pages = places().into_iter().filter(|(label, _)| holds(label));
    pages.map(|(label, href)| Destination { label, href, kind: "Page".to_owned(), ..Destination::default() }).collect()
}

/// What the server found: six texts each. Empty names are no field to send.
fn answered(texts: Vec<String>) -> Vec<Destination> {
    let mut texts = texts.into_iter();
    let mut all = Vec::new();
    while let (Some(kind), Some(label), Some(hint), Some(href), Some(name), Some(value)) =
        (texts.next(), texts.next(), texts.next(), texts.next(), texts.next(), texts.next())
    {
        let post = Some((name, value)).filter(|(name, _)| !name.is_empty());
        all.push(Destination { label, hint, kind, href, post });
    }
    all
}

/// The button in the top bar, and the two dialogs.
#[island]
pub fn Palette() -> impl IntoView {
    let ready = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let dialog = NodeRef::<html::Dialog>::new();
    let shortcuts = NodeRef::<html::Dialog>::new();
    let input = NodeRef::<html::Input>::new();
    let matches = RwSignal::new(Vec::<Destination>::new());
    let list = move |words: &str| {
        matches.set(found(words));
        at.set(0);
    };
    let ask = move |words: String| {
        search(words.clone(), move |texts| {
            // An answer to what is typed no longer comes too late.
            if typed.get_untracked() == words {
                matches.set(answered(texts));
                at.set(0);
            }
        });
    };
    let is_empty = move || typed.with_untracked(String::is_empty);
    let clear = move || {
        typed.set(String::new());
        if let Some(input) = input.get_untracked() {
            input.set_value("");
        }
        list("");
    };
    // The list was made while the dialog was closed, and the server is asked when it is seen: opening draws nothing else.
    let open = move || {
        if !is_empty() || matches.with_untracked(Vec::is_empty) {
            clear();
        } else if at.get_untracked() > 0 {
            at.set(0);
        }
        if let Some(dialog) = dialog.get_untracked() {
            show(&dialog);
        }
        let and_ask = move || {
            if is_empty() {
                ask(String::new());
            }
        };
        set_timeout(and_ask, PAINTED);
    };
    let tidy = move || {
        let is_closed = dialog.get_untracked().is_some_and(|dialog| !is_shown(&dialog));
        if is_closed && (!is_empty() || matches.with_untracked(Vec::is_empty)) {
            clear();
        }
    };
    let look = move |words: String| {
        list(&words);
        ask(words);
    };
    let go = move |index: usize| {
        if let Some(one) = matches.get_untracked().get(index) {
            match &one.post {
                Some((name, value)) => send(&one.href, name, value),
                None => drop(window().location().set_href(&one.href)),
            }
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let last = matches.get_untracked().len().saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = if *at >= last { 0 } else { *at + 1 }),
            "ArrowUp" => at.update(|at| *at = if *at == 0 { last } else { *at - 1 }),
            "Enter" => go(at.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move |_| {
        ready.set(true);
        set_timeout(tidy, IDLE);
        listen(open, move || {
            if let Some(dialog) = shortcuts.get_untracked() {
                show(&dialog);
            }
        });
    });
    view! {
        <button type="button" class="palette-open" hidden=move || !ready.get() aria-haspopup="dialog" on:click=move |_| open()>
            <span>"Search"</span>
            <kbd>"Ctrl K"</kbd>
        </button>
        <dialog class="palette" node_ref=dialog aria-label="Search" on:close=move |_| set_timeout(tidy, IDLE)>
            <input
                class="palette-input" type="text" role="combobox" aria-label="Search" aria-expanded="true" aria-controls="palette-list"
                aria-autocomplete="list" autocomplete="off" placeholder="Page, setting, product, client, action" node_ref=input
                aria-activedescendant=move || (!matches.get().is_empty()).then(|| format!("palette-{}", at.get()))
                on:input=move |event| { let words = event_target_value(&event); typed.set(words.clone()); look(words); }
                on:keydown=keys
            />
            <ul id="palette-list" role="listbox" aria-label="Results">
                {move || matches.get().into_iter().enumerate().map(|(index, one)| view! {
                    <li
                        role="option" id=format!("palette-{index}") aria-selected=move || (at.get() == index).to_string()
                        on:click=move |_| go(index)
                    >
                        <span>{one.label}" "<span class="fine">{one.hint}</span></span><span class="fine">{one.kind}</span>
                    </li>
                }).collect_view()}
            </ul>
            <p class="fine palette-foot" role="status">
                {move || match matches.get().len() {
                    0 => "Nothing matches.".to_owned(),
                    1 => "1 match. Enter opens it, Esc closes.".to_owned(),
                    more => format!("{more} matches. Arrows choose, Enter opens, Esc closes."),
                }}
            </p>
        </dialog>
        <dialog class="palette shortcuts" node_ref=shortcuts aria-labelledby="shortcuts-title">
            <h2 id="shortcuts-title">"Shortcuts"</h2>
            <dl>
                <div><dt><kbd>"Ctrl K"</kbd>" or "<kbd>"\u{2318} K"</kbd></dt><dd>"Search pages, settings, clients, actions"</dd></div>
                <div><dt><kbd>"/"</kbd></dt><dd>"Focus the filter of this page"</dd></div>
                <div><dt><kbd>"?"</kbd></dt><dd>"Show this list"</dd></div>
                <div><dt><kbd>"Esc"</kbd></dt><dd>"Close"</dd></div>
            </dl>
            <form method="dialog"><button class="button" type="submit">"Close"</button></form>
        </dialog>
    }
}

#[cfg(feature = "hydrate")]
use super::browser::{is_shown, on_shortcuts as listen, places, search, send, show_modal as show};

#[cfg(not(feature = "hydrate"))]
fn listen(_palette: impl Fn() + 'static, _shortcuts: impl Fn() + 'static) {}
#[cfg(not(feature = "hydrate"))]
fn search(_words: String, _done: impl FnOnce(Vec<String>) + 'static) {}
#[cfg(not(feature = "hydrate"))]
fn send(_href: &str, _name: &str, _value: &str) {}
#[cfg(not(feature = "hydrate"))]
fn show<T>(_dialog: &T) {}
#[cfg(not(feature = "hydrate"))]
fn is_shown<T>(_dialog: &T) -> bool {
    false
}
#[cfg(not(feature = "hydrate"))]
fn places() -> Vec<(String, String)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_found_comes_in_sixes() {
        let texts =
            ["Page", "Audit", "", "/audit", "", "", "Action", "Theme: dark", "", "/theme", "theme", "dark", "rest"];
        let all = answered(texts.map(str::to_owned).into());
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].href.as_str(), &all[0].post), ("/audit", &None));
        assert_eq!(all[1].post, Some(("theme".to_owned(), "dark".to_owned())));
    }
}
