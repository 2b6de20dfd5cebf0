//! The pages one can go to, in one list for sidebar, bottom bar and palette.

use super::layout::ThemeChoice;
use super::marks::{Glyph, Icon};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use crate::request::{RequestContext, Tone, request};
use leptos::prelude::*;
use licensing::attention::Issue;
use licensing::permission::Permission;
use licensing::words::list;

/// A place in the navigation.
#[derive(Clone, Copy)]
pub struct NavPlace {
    pub label: &'static str,
    pub href: &'static str,
    pub glyph: Glyph,
    pub permission: Permission,
}

/// The pages there are, in their order.
pub(crate) const PLACES: [NavPlace; 16] = [
    NavPlace { label: "Overview", href: paths::OVERVIEW, glyph: Glyph::Overview, permission: Permission::View },
    NavPlace { label: "Licenses", href: paths::LICENSES, glyph: Glyph::Licenses, permission: Permission::View },
    NavPlace { label: "Usage", href: paths::USAGE, glyph: Glyph::Usage, permission: Permission::View },
    NavPlace { label: "Servers", href: paths::SERVERS, glyph: Glyph::Servers, permission: Permission::View },
    NavPlace { label: "Clients", href: paths::CLIENTS, glyph: Glyph::Clients, permission: Permission::View },
    NavPlace { label: "Alerts", href: paths::ALERTS, glyph: Glyph::Alerts, permission: Permission::View },
    NavPlace { label: "Sources", href: paths::SOURCES, glyph: Glyph::Sources, permission: Permission::View },
    NavPlace { label: "Exchange", href: paths::EXCHANGE, glyph: Glyph::Exchange, permission: Permission::View },
    NavPlace {
        label: "Configuration",
        href: paths::CONFIGURATION,
        glyph: Glyph::Configuration,
        permission: Permission::View,
    },
    NavPlace { label: "Database", href: paths::DATABASE, glyph: Glyph::Database, permission: Permission::View },
    NavPlace { label: "Logs", href: paths::LOGS, glyph: Glyph::Logs, permission: Permission::ViewLogs },
    NavPlace {
        label: "Diagnostics",
        href: paths::DIAGNOSTICS,
        glyph: Glyph::Diagnostics,
        permission: Permission::View,
    },
    NavPlace { label: "Users", href: paths::USERS, glyph: Glyph::Users, permission: Permission::ManageUsers },
    NavPlace { label: "Audit", href: paths::AUDIT, glyph: Glyph::Audit, permission: Permission::ViewAudit },
    NavPlace { label: "Settings", href: paths::SETTINGS, glyph: Glyph::Settings, permission: Permission::View },
    NavPlace { label: "Account", href: paths::ACCOUNT, glyph: Glyph::Account, permission: Permission::OwnAccount },
];

/// The pages there are, for the search.
pub fn places() -> impl Iterator<Item = NavPlace> {
    PLACES.into_iter()
}

impl NavPlace {
    /// Whether a path lies at or under this place.
    fn holds(self, path: &str) -> bool {
        if self.href == paths::OVERVIEW {
            return path == paths::OVERVIEW;
        }
        path.strip_prefix(self.href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What the page at this path shows, in the words of `engine::changes`: when one of them changes, open pages are fetched again. The frame
/// tells what needs attention on every page.
pub(crate) fn topics(path: &str) -> &'static str {
    match PLACES.iter().find(|place| place.holds(path)).map(|place| place.href) {
        Some(paths::OVERVIEW) => "attention conf exchange clients servers alerts audit",
        Some(paths::LICENSES | paths::CLIENTS) => "attention conf exchange clients",
        Some(paths::SERVERS) => "attention conf exchange servers clients audit",
        Some(paths::USAGE) => "attention conf exchange",
        Some(paths::DATABASE) => "attention conf exchange audit locked",
        Some(paths::LOGS) => "attention conf exchange logs",
        Some(paths::ALERTS) => "attention conf exchange alerts audit",
        Some(paths::SOURCES) => "attention conf exchange sources",
        _ => "attention conf exchange audit",
    }
}

/// How many issues have their cause on these pages, with their words for those who do not see the colour; nothing when there are none.
fn count_of(context: &RequestContext, shows: impl Fn(&str) -> bool) -> Option<Drawn> {
    let issues = context.badge.issues();
    let here = |issue: &&&Issue| shows(issue.path.split(['?', '#']).next().unwrap_or_default());
    let here: Vec<_> = issues.iter().filter(here).collect();
    let worst = here.first()?;
    let words = list(here.iter().map(|issue| issue.state.as_str()));
    let class = format!("count {}", Tone::from(worst.level).class());
    Some(view! { <span class=class>{here.len()}<span class="vh">{format!(": {words}")}</span></span> }.drawn())
}

/// One entry: a link, or the disabled name with its reason.
fn entry(place: NavPlace, context: &RequestContext) -> Drawn {
    match context.why_not(place.permission) {
        Some(reason) => view! {
            <span class="nav-item" aria-disabled="true" title=reason>
                <Icon glyph=place.glyph />
                <span>{place.label}</span>
                <span class="vh">{format!(": {reason}")}</span>
            </span>
        }
        .drawn(),
        None => {
            let current = place.holds(&context.path).then_some("page");
            view! {
                <a class="nav-item" href=place.href aria-current=current>
                    <Icon glyph=place.glyph />
                    <span>{place.label}</span>
                    {count_of(context, |path| place.holds(path))}
                </a>
            }
            .drawn()
        }
    }
}

/// The first page of each group of the sidebar but the first, and its name.
const GROUPS: [(&str, &str); 2] = [(paths::EXCHANGE, "Vendor"), (paths::DATABASE, "System")];

/// The sidebar of wide screens.
#[component]
pub(crate) fn Sidebar() -> impl IntoView {
    let context = request();
    view! {
        <nav class="side" aria-label="Pages">
            <div class="side-items">
                {PLACES.into_iter().map(|place| {
                    let group = GROUPS.iter().find(|(first, _)| *first == place.href);
                    view! {
                        {group.map(|(_, name)| view! { <p class="side-group">{*name}</p> })}
                        {entry(place, &context)}
                    }
                }).collect_view()}
            </div>
        </nav>
    }
    .drawn()
}

/// Pages that stand in the bottom bar of narrow screens themselves.
const AT_HAND: [&str; 3] = [paths::OVERVIEW, paths::SERVERS, paths::USAGE];

/// The bottom bar of narrow screens: three pages, and a drawer with the rest that opens without script.
#[component]
pub(crate) fn BottomBar() -> impl IntoView {
    let context = request();
    let (at_hand, rest): (Vec<NavPlace>, Vec<NavPlace>) =
        PLACES.into_iter().partition(|place| AT_HAND.contains(&place.href));
    let in_rest = |path: &str| rest.iter().any(|place| place.holds(path));
    let elsewhere = in_rest(&context.path);
    let hidden = count_of(&context, in_rest);
    let mut at_hand = at_hand;
    at_hand.sort_by_key(|place| AT_HAND.iter().position(|href| *href == place.href));
    let name = context.viewer.as_ref().map(|viewer| viewer.name.clone()).unwrap_or_default();
    view! {
        <nav class="bottom" aria-label="Pages">
            {at_hand.into_iter().map(|place| entry(place, &context)).collect_view()}
            <a class="nav-item" href=paths::SEARCH data-palette="" aria-current=(context.path == paths::SEARCH).then_some("page")>
                <Icon glyph=Glyph::Search />
                <span>"Search"</span>
            </a>
            <details class="drawer">
                <summary class="nav-item" class:current=elsewhere>
                    <Icon glyph=Glyph::More />
                    <span>"More"</span>
                    {hidden}
                </summary>
                <div class="drawer-panel">
                    {rest.iter().map(|place| entry(*place, &context)).collect_view()}
                    <div class="drawer-foot">
                        <ThemeChoice />
                        <form method="post" action=paths::LOGOUT>
                            <button type="submit" class="button">{format!("Sign out {name}")}</button>
                        </form>
                    </div>
                </div>
            </details>
        </nav>
    }
    .drawn()
}
