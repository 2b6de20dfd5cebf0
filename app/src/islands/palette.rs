//! Ctrl/Cmd+K goes anywhere; `/` focuses the filter of the page; `?` lists the shortcuts.

use crate::paths;
use leptos::html;
use leptos::prelude::*;

/// Something the palette can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    label: String,
    /// "Page" or "Action".
    kind: &'static str,
    href: String,
}

impl Destination {
    fn new(label: &str, kind: &'static str, href: &str) -> Destination {
        Destination { label: label.to_owned(), kind, href: href.to_owned() }
    }
}

/// What the palette offers besides the pages of the sidebar.
const ACTIONS: [(&str, &str); 5] = [
    ("Offline exchange", paths::EXCHANGE_HAND),
    ("Edit configuration as text", paths::CONFIGURATION_TEXT),
    ("Configuration history", paths::CONFIGURATION_HISTORY),
    ("Change my password", paths::ACCOUNT_AT_PASSWORD),
    ("Show my sessions", paths::ACCOUNT_AT_SESSIONS),
];

/// The pages that the sidebar leads to, and the actions.
fn destinations() -> Vec<Destination> {
    let pages = places().into_iter().map(|(label, href)| Destination::new(&label, "Page", &href));
    pages.chain(ACTIONS.map(|(label, href)| Destination::new(label, "Action", href))).collect()
}

/// Those whose name holds every word typed.
fn found(all: &[Destination], typed: &str) -> Vec<Destination> {
    let typed = typed.to_ascii_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    all.iter().filter(|one| words.iter().all(|word| one.label.to_ascii_lowercase().contains(word))).cloned().collect()
}

/// The button in the top bar, and the two dialogs.
#[island]
pub fn Palette() -> impl IntoView {
    let all = StoredValue::new(Vec::new());
    let ready = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let dialog = NodeRef::<html::Dialog>::new();
    let shortcuts = NodeRef::<html::Dialog>::new();
    let input = NodeRef::<html::Input>::new();
    let matches = Memo::new(move |_| {
        let _ = ready.get();
        all.with_value(|all: &Vec<Destination>| found(all, &typed.get()))
    });
    let open = move || {
        typed.set(String::new());
        at.set(0);
        if let Some(dialog) = dialog.get_untracked() {
            show(&dialog);
        }
        if let Some(input) = input.get_untracked() {
            input.set_value("");
        }
    };
    let go = move |index: usize| {
        if let Some(one) = matches.get_untracked().get(index) {
            let _ = window().location().set_href(&one.href);
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
        all.set_value(destinations());
        ready.set(true);
        listen(open, move || {
            if let Some(dialog) = shortcuts.get_untracked() {
                show(&dialog);
            }
        });
    });
    view! {
        <button type="button" class="palette-open" hidden=move || !ready.get() aria-haspopup="dialog" on:click=move |_| open()>
            <span>"Go to"</span>
            <kbd>"Ctrl K"</kbd>
        </button>
        <dialog class="palette" node_ref=dialog aria-label="Go to">
            <input
                class="palette-input" type="text" role="combobox" aria-label="Go to" aria-expanded="true" aria-controls="palette-list"
                aria-autocomplete="list" autocomplete="off" placeholder="Go to a page or an action" node_ref=input
                aria-activedescendant=move || (!matches.get().is_empty()).then(|| format!("palette-{}", at.get()))
                on:input=move |event| { typed.set(event_target_value(&event)); at.set(0); }
                on:keydown=keys
            />
            <ul id="palette-list" role="listbox" aria-label="Results">
                {move || matches.get().into_iter().enumerate().map(|(index, one)| view! {
                    <li
                        role="option" id=format!("palette-{index}") aria-selected=move || (at.get() == index).to_string()
                        on:click=move |_| go(index)
                    >
                        <span>{one.label}</span><span class="fine">{one.kind}</span>
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
                <div><dt><kbd>"Ctrl K"</kbd>" or "<kbd>"\u{2318} K"</kbd></dt><dd>"Go to a page or an action"</dd></div>
                <div><dt><kbd>"/"</kbd></dt><dd>"Focus the filter of this page"</dd></div>
                <div><dt><kbd>"?"</kbd></dt><dd>"Show this list"</dd></div>
                <div><dt><kbd>"Esc"</kbd></dt><dd>"Close"</dd></div>
            </dl>
            <form method="dialog"><button class="button" type="submit">"Close"</button></form>
        </dialog>
    }
}

#[cfg(feature = "hydrate")]
use super::browser::{on_shortcuts as listen, places, show_modal as show};

#[cfg(not(feature = "hydrate"))]
fn listen(_palette: impl Fn() + 'static, _shortcuts: impl Fn() + 'static) {}
#[cfg(not(feature = "hydrate"))]
fn show<T>(_dialog: &T) {}
#[cfg(not(feature = "hydrate"))]
fn places() -> Vec<(String, String)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_typed_must_be_there() {
        let all = [
            Destination::new("History of the configuration", "Action", "/h"),
            Destination::new("Configuration", "Page", "/c"),
        ];
        assert_eq!(found(&all, "conf").len(), 2);
        assert_eq!(found(&all, "conf hist").len(), 1);
        assert_eq!(found(&all, "nothing").len(), 0);
    }
}
