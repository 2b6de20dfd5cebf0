//! The live view: one control for how often this page refreshes, what fetches it again when something it shows has changed, and the
//! banner that says when the server cannot be reached. [`page::Page`] decides; `browser::stream` carries out.

#[cfg(any(test, feature = "hydrate"))]
pub(super) mod page;

use leptos::prelude::*;

/// How often the page refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Live,
    TenSeconds,
    Minute,
    Off,
}

impl Pace {
    const ALL: [Pace; 4] = [Pace::Live, Pace::TenSeconds, Pace::Minute, Pace::Off];

    /// Value of `?every=`, in seconds; also what is remembered in the browser.
    pub fn word(self) -> &'static str {
        match self {
            Pace::Live => "0",
            Pace::TenSeconds => "10",
            Pace::Minute => "60",
            Pace::Off => "off",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Pace::Live => "Live",
            Pace::TenSeconds => "10 s",
            Pace::Minute => "1 min",
            Pace::Off => "Off",
        }
    }

    fn from_word(word: &str) -> Pace {
        Pace::ALL.into_iter().find(|pace| pace.word() == word).unwrap_or(Pace::Live)
    }
}

/// Whether what is shown is true.
#[cfg_attr(not(any(test, feature = "hydrate")), expect(dead_code, reason = "most are made in the browser only"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LiveLink {
    #[default]
    Connecting,
    Open,
    Lost,
    SignedOut,
    /// The page does not refresh.
    Off,
}

/// What the control and the banner say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LiveStatus {
    pub link: LiveLink,
    /// The last sign of life, as the time of day.
    pub heard: String,
    /// When what is shown was made, as the time of day.
    pub shown: String,
    /// How old that is.
    pub age: String,
    pub stale: bool,
}

/// The control in the top bar, and the banner.
#[island]
pub fn Live() -> impl IntoView {
    let ready = RwSignal::new(false);
    let pace = RwSignal::new(Pace::Live);
    let told = RwSignal::new(LiveStatus::default());
    let link = Memo::new(move |_| told.with(|told| told.link));
    Effect::new(move |_| {
        pace.set(Pace::from_word(&remembered()));
        ready.set(true);
    });
    Effect::new(move |_| {
        if ready.get() {
            follow(pace.get(), told);
        }
    });
    let choose = move |event| {
        let chosen = Pace::from_word(&event_target_value(&event));
        remember(chosen.word());
        pace.set(chosen);
    };
    let state = move || match link.get() {
        LiveLink::Connecting => "Connecting".to_owned(),
        LiveLink::Open => String::new(),
        LiveLink::Lost => "No connection".to_owned(),
        LiveLink::SignedOut => "Signed out".to_owned(),
        LiveLink::Off => told.with(|told| format!("As of {}", told.shown)),
    };
    let cut = move || matches!(link.get(), LiveLink::Lost | LiveLink::SignedOut);
    let dismissed = RwSignal::new(false);
    let is_stale = Memo::new(move |_| told.with(|told| told.stale));
    Effect::new(move |_| {
        if !is_stale.get() {
            dismissed.set(false);
        }
    });
    let stale = move || is_stale.get() && !dismissed.get();
    view! {
        <div class="live" hidden=move || !ready.get()>
            <span class=move || match link.get() {
                LiveLink::Open => "live-dot open",
                LiveLink::Lost | LiveLink::SignedOut => "live-dot lost",
                LiveLink::Connecting | LiveLink::Off => "live-dot",
            }></span>
            <span class="live-state">{state}</span>
            <label class="vh" for="live-pace">"Auto-refresh"</label>
            <select id="live-pace" hidden=cut on:change=choose prop:value=move || pace.get().word()>
                {Pace::ALL.into_iter().map(|pace| view! { <option value=pace.word()>{pace.label()}</option> }).collect_view()}
            </select>
        </div>
        <div class="live-banner" class:lost=cut class:stale=stale>
            <p role="status">
                {move || match link.get() {
                    LiveLink::Lost => view! { "No connection to the server since "{move || told.with(|told| told.heard.clone())}". Trying again." }.into_any(),
                    LiveLink::SignedOut => view! { "You have been signed out. "<a href="">"Sign in"</a> }.into_any(),
                    _ if stale() => {
                        view! { "What this form shows has changed on the server. What you entered stays; it is compared when you send it. "<a href="">"Discard it and reload"</a> }.into_any()
                    }
                    _ => ().into_any(),
                }}
            </p>
            // Without a connection the banner stays as long as that is so.
            <button
                type="button" class="banner-close" aria-label="Dismiss this message"
                hidden=move || cut() || !stale() on:click=move |_| dismissed.set(true)
            >"\u{d7}"</button>
            <p class="live-age" hidden=move || !cut()>{move || told.with(|told| format!("What you see is {} old.", told.age))}</p>
        </div>
    }
}

#[cfg(feature = "hydrate")]
use super::browser::{follow, remember, remembered};

#[cfg(not(feature = "hydrate"))]
fn follow(_pace: Pace, _told: RwSignal<LiveStatus>) {}
#[cfg(not(feature = "hydrate"))]
fn remember(_pace: &str) {}
#[cfg(not(feature = "hydrate"))]
fn remembered() -> String {
    String::new()
}
