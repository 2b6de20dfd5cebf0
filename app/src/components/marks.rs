//! The small things that stand in a line: icons, words in a frame, values to copy.

use crate::drawn::Draw;
use crate::islands::CopyButton;
use crate::request::Tone;
use leptos::prelude::*;

/// A condition: dot and word.
#[component]
pub fn Pill(#[prop(optional)] tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("pill {}", tone.class())>{text}</span> }
}

/// A property: a word in a frame.
#[component]
pub fn Tag(
    #[prop(into)] text: String,
    /// One of `set`, `off`, `locked`, `absent`; none for a plain tag.
    #[prop(optional)]
    look: &'static str,
) -> impl IntoView {
    view! { <span class=format!("tag {look}")>{text}</span> }
}

/// A fixed-width value with a copy button.
#[component]
pub fn Copyable(
    #[prop(into)] value: String,
    /// Completes "Copy": "the GUID".
    #[prop(into)]
    what: String,
) -> impl IntoView {
    view! {
        <span class="copyable">
            <code>{value.clone()}</code>
            <CopyButton text=value what=what />
        </span>
    }
    .drawn()
}

/// A grouped fingerprint, four groups in a row.
#[component]
pub fn Fingerprint(
    /// "3F2A 91C0 …": groups with blanks between them.
    #[prop(into)]
    grouped: String,
) -> impl IntoView {
    view! {
        <code class="fingerprint">
            {grouped.split_whitespace().map(|group| view! { <span>{group.to_owned()}</span>" " }).collect_view()}
        </code>
    }
    .drawn()
}

/// A line icon on a 16 px grid. It is always next to a word, so it is hidden from assistive technology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Overview,
    Configuration,
    Audit,
    Settings,
    Account,
    More,
    Check,
    Info,
    Warning,
    Danger,
    Arrow,
    Back,
    Search,
    Restart,
    File,
    Lock,
    Chevron,
    Licenses,
    Exchange,
    Download,
    Plus,
    Clock,
    Diagnostics,
    Cross,
    Dash,
    Key,
    Usage,
    Clients,
    Logs,
    Database,
    Servers,
    Alerts,
    Users,
    Sources,
}

impl Glyph {
    /// The path data.
    fn path(self) -> &'static str {
        match self {
            Glyph::Overview => "M2.5 7.2 8 2.8l5.5 4.4v6H9.8V9.6H6.2v3.6H2.5z",
            Glyph::Configuration => "M2.5 4.5h6m3.5 0h1.5M2.5 11.5H4m3.5 0h6M8.5 3v3h3V3zM4 10v3h3v-3z",
            Glyph::Audit => "M3 2.5h7l3 3v8H3zM10 2.5v3h3M5.5 8.5h5M5.5 11h3.5",
            Glyph::Settings => {
                "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 2v1.8M8 12.2V14M2 8h1.8M12.2 8H14M3.8 3.8 5 5M11 11l1.2 1.2M12.2 3.8 11 5M5 11l-1.2 1.2"
            }
            Glyph::Account => {
                "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.6c.5-2.3 2.4-3.4 5.2-3.4s4.7 1.1 5.2 3.4"
            }
            Glyph::Users => {
                "M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM1.8 13c.4-2 1.9-3 4.2-3s3.8 1 4.2 3M10.5 3.2a2.3 2.3 0 0 1 0 4M12 10.3c1.2.4 2 1.3 2.2 2.7"
            }
            Glyph::More => "M3 4.5h10M3 8h10M3 11.5h10",
            Glyph::Servers => "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.1M5 11h.1",
            Glyph::Sources => "M2.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 6h4v4h-4zM6.5 4.5H8v7H6.5M8 8h1.5",
            Glyph::Alerts => "M4 11.5V7a4 4 0 0 1 8 0v4.5l1.5 1.5h-11zM6.8 13a1.3 1.3 0 0 0 2.4 0",
            Glyph::Check => "M3 8.5 6.5 12 13 4.5",
            Glyph::Info => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.3v3.5M8 5.1v.1",
            Glyph::Warning => "M8 2.5 14.2 13.2H1.8zM8 6.5v3.2M8 11.4v.1",
            Glyph::Danger => "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM8 5v3.5M8 10.9v.1",
            Glyph::Arrow => "M3 8h10M9 4l4 4-4 4",
            Glyph::Back => "M13 8H3M7 4 3 8l4 4",
            Glyph::Search => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 13.5 13.5",
            Glyph::Restart => "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.7h-2.7",
            Glyph::File => "M3.5 2.5h6l3 3v8h-9zM9.5 2.5v3h3",
            Glyph::Lock => "M3.5 7.5h9v6h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2",
            Glyph::Chevron => "M4 6l4 4 4-4",
            Glyph::Licenses => {
                "M2.5 4h11v2.5a1.5 1.5 0 0 0 0 3V12h-11V9.5a1.5 1.5 0 0 0 0-3zM9.5 4v1.2M9.5 7.4v1.2M9.5 10.8V12"
            }
            Glyph::Exchange => "M3 6h9L9.5 3.5M13 10H4l2.5 2.5",
            Glyph::Download => "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
            Glyph::Plus => "M8 3.5v9M3.5 8h9",
            Glyph::Clock => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
            Glyph::Diagnostics => "M2 8h3l1.5-4 3 8L11 8h3",
            Glyph::Cross => "M4.5 4.5l7 7M11.5 4.5l-7 7",
            Glyph::Dash => "M4 8h8",
            Glyph::Usage => "M2.5 13.5h11M4 13.5V9m3 4.5V4.5m3 9V7m3 6.5v-9",
            Glyph::Clients => "M2 3.5h8v6H2zM4 12.5h4M6 9.5v3M12 6.5h2v6h-3",
            Glyph::Database => {
                "M3 4.2c0-1 2.2-1.7 5-1.7s5 .7 5 1.7-2.2 1.7-5 1.7-5-.7-5-1.7zM3 4.2v7.6c0 1 2.2 1.7 5 1.7s5-.7 5-1.7V4.2M3 8c0 1 2.2 1.7 5 1.7S13 9 13 8"
            }
            Glyph::Logs => "M2.5 2.5h11v11h-11zM5 5.5h.1M7.5 5.5H11M5 8h.1M7.5 8H11M5 10.5h.1M7.5 10.5h2",
            Glyph::Key => "M5.5 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 8h6v2.5M11.5 8v2",
        }
    }
}

/// One icon.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=glyph.path() />
        </svg>
    }
    .drawn()
}

/// The mark: a corner that encloses what it keeps.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <rect class="mark-ground" width="24" height="24" rx="6" />
            <path class="mark-line" d="M7.5 5.5v12h11" />
            <circle class="mark-line" cx="15" cy="10" r="3" />
        </svg>
    }
    .drawn()
}
