//! The live state: how often the server tells news, whether it can be reached, and what changed since the page was made.

use crate::paths;
use leptos::prelude::*;

/// How often news are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    AsItHappens,
    TenSeconds,
    Minute,
    Off,
}

impl Pace {
    const ALL: [Pace; 4] = [Pace::AsItHappens, Pace::TenSeconds, Pace::Minute, Pace::Off];

    /// Value of `?every=`, in seconds; also what is remembered in the browser.
    fn word(self) -> &'static str {
        match self {
            Pace::AsItHappens => "0",
            Pace::TenSeconds => "10",
            Pace::Minute => "60",
            Pace::Off => "off",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Pace::AsItHappens => "Live",
            Pace::TenSeconds => "10 s",
            Pace::Minute => "1 min",
            Pace::Off => "Off",
        }
    }

    fn from_word(word: &str) -> Pace {
        Pace::ALL.into_iter().find(|pace| pace.word() == word).unwrap_or(Pace::AsItHappens)
    }
}

/// Whether the server can be heard.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "some are made in the browser only"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Waiting,
    Open,
    Lost,
    Off,
}

/// What the server tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub revision: i64,
    pub changed_outside: bool,
    /// When an answer of the nodes was last taken in, Unix milliseconds; 0 before the first.
    pub exchanged: i64,
}

/// A sentence and where it leads; an empty address reloads the page.
type Notice = (String, &'static str, &'static str);

/// What to say about news, given what the page shows. Nothing is replaced by itself.
fn notice(shown: News, news: News) -> Option<Notice> {
    if news.changed_outside && !shown.changed_outside {
        let text = "The configuration file was changed outside Leasehold.".to_owned();
        return Some((text, "Show what changed", paths::CONFIGURATION_OUTSIDE));
    }
    if news.revision != shown.revision {
        return Some((format!("Revision {} was saved meanwhile.", news.revision), "Reload", ""));
    }
    if news.exchanged != shown.exchanged {
        return Some(("An exchange with the nodes was made meanwhile.".to_owned(), "Reload", ""));
    }
    if shown.changed_outside && !news.changed_outside {
        return Some(("The change made outside is settled.".to_owned(), "Reload", ""));
    }
    None
}

/// The control in the top bar, and the banner.
#[island]
pub fn Live(revision: i64, changed_outside: bool, exchanged: i64) -> impl IntoView {
    let shown = News { revision, changed_outside, exchanged };
    let ready = RwSignal::new(false);
    let pace = RwSignal::new(Pace::AsItHappens);
    let link = RwSignal::new(Link::Waiting);
    let news = RwSignal::new(None::<News>);
    Effect::new(move |_| {
        ready.set(true);
        pace.set(Pace::from_word(&remembered()));
    });
    Effect::new(move |_| {
        if ready.get() {
            listen(pace.get().word(), link, news);
        }
    });
    let choose = move |event| {
        let chosen = Pace::from_word(&event_target_value(&event));
        remember(chosen.word());
        pace.set(chosen);
    };
    view! {
        <div class="live" hidden=move || !ready.get()>
            <span class=move || match link.get() {
                Link::Open => "live-dot open",
                Link::Lost => "live-dot lost",
                Link::Waiting | Link::Off => "live-dot",
            }></span>
            <label class="vh" for="live-pace">"How often this page asks for news"</label>
            <select id="live-pace" on:change=choose prop:value=move || pace.get().word()>
                {Pace::ALL.into_iter().map(|pace| view! { <option value=pace.word()>{pace.label()}</option> }).collect_view()}
            </select>
        </div>
        <div class="live-banner" role="status">
            {move || match (link.get(), news.get().and_then(|news| notice(shown, news))) {
                (Link::Lost, _) => Some(view! {
                    <p>"The server cannot be reached. Trying again; what you typed stays."</p>
                }.into_any()),
                (_, Some((text, action, href))) => Some(view! {
                    <p>{text}" "<a href=href>{action}</a></p>
                }.into_any()),
                _ => None,
            }}
        </div>
    }
}

#[cfg(feature = "hydrate")]
use super::browser::{listen, remember, remembered};

#[cfg(not(feature = "hydrate"))]
fn listen(_pace: &str, _link: RwSignal<Link>, _news: RwSignal<Option<News>>) {}
#[cfg(not(feature = "hydrate"))]
fn remember(_pace: &str) {}
#[cfg(not(feature = "hydrate"))]
fn remembered() -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_outside_is_told_before_a_new_revision() {
        let shown = News { revision: 14, changed_outside: false, exchanged: 0 };
        assert_eq!(notice(shown, shown), None);
        assert_eq!(
            notice(shown, News { revision: 15, changed_outside: true, ..shown }).map(|told| told.1),
            Some("Show what changed")
        );
        assert_eq!(notice(shown, News { revision: 15, ..shown }).map(|told| told.1), Some("Reload"));
        assert!(notice(shown, News { exchanged: 5, ..shown }).is_some_and(|told| told.0.contains("exchange")));
        let alarmed = News { changed_outside: true, ..shown };
        assert_eq!(notice(alarmed, shown).map(|told| told.0), Some("The change made outside is settled.".to_owned()));
    }
}
