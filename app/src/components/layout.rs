//! The document, and the frame around each page: top bar, navigation, messages, content.

use crate::drawn::{Draw, Inner};
use std::sync::Arc;

use super::block::{Banner, FlashMessage};
use super::form::{Hidden, LinkButton};
use super::marks::{Glyph, Icon, Mark, Pill};
use super::nav::{BottomBar, Sidebar, topics};
use crate::islands::live::Live;
use crate::islands::palette::Palette;
use crate::paths;
use crate::request::{Badge, PeerConsole, RequestContext, ServerStanding, Theme, Tone, assets, request};
use leptos::config::LeptosOptions;
use leptos::hydration::HydrationScripts;
use leptos::prelude::*;

/// The frame of a signed-in page.
#[component]
pub fn Layout(children: Inner) -> impl IntoView {
    let context = request();
    let alarm = context.badge.changed_outside && context.path != paths::CONFIGURATION_OUTSIDE;
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame">
            <TopBar context=context />
            <Sidebar />
            <Main>
                <Elsewhere />
                {alarm.then(|| view! {
                    <Banner tone=Tone::Danger text="The configuration file was changed outside Leasehold." role="alert">
                        <a href=paths::CONFIGURATION_OUTSIDE>"Show what changed"</a>
                    </Banner>
                })}
                {children.draw()}
            </Main>
            <BottomBar />
        </div>
    }
    .drawn()
}

/// Whom to ask when this server does not answer: shown under the banner that says so. It is as the last fetch had it.
#[component]
fn Elsewhere() -> impl IntoView {
    let peers = request().badge.peers.clone();
    let lead = match peers.as_slice() {
        [] => return ().drawn(),
        [only] => format!("This page may be out of date. Ask the {}: ", only.role),
        _ => "This page may be out of date. Ask another server: ".to_owned(),
    };
    let several = peers.len() > 1;
    let last = peers.len() - 1;
    let named = move |(index, peer): (usize, PeerConsole)| {
        let name = peer.name.clone();
        view! {
            {match peer.url {
                Some(url) => view! { <a href=url rel="noreferrer">{name}</a> }.drawn(),
                None => view! { <b>{name}</b> }.drawn(),
            }}
            {several.then(|| format!(" ({})", peer.role))}
            {if index == last { "." } else { ", " }}
        }
    };
    view! { <p class="live-elsewhere">{lead}{peers.into_iter().enumerate().map(named).collect_view()}</p> }.drawn()
}

/// The frame of a page for which nobody needs to be signed in.
#[component]
pub fn BareLayout(children: Inner) -> impl IntoView {
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="bare">
            <header class="bare-top">
                <a class="brand" href=paths::OVERVIEW><Mark /><span>"Leasehold"</span></a>
                <ThemeChoice />
            </header>
            <Main>{children.draw()}</Main>
        </div>
    }
    .drawn()
}

/// The content of a page, and what the live view has to know of it.
#[component]
pub fn Main(children: Inner) -> impl IntoView {
    let context = request();
    view! {
        <main
            id="main" tabindex="-1" data-now=context.now_ms data-seen=context.seen.clone()
            data-topics=context.seen.is_some().then(|| topics(&context.path))
        >
            <FlashMessage />
            {children.draw()}
        </main>
    }
    .drawn()
}

#[component]
fn TopBar(context: Arc<RequestContext>) -> impl IntoView {
    let Badge { server_name, guid_short, standing, .. } = context.badge.clone();
    let live = context.seen.is_some().then(|| context.address());
    let (tone, word) = match standing {
        ServerStanding::Registered => (Tone::Success, "Registered"),
        ServerStanding::Primary => (Tone::Success, "Primary"),
        ServerStanding::Backup => (Tone::Info, "Backup"),
        ServerStanding::Unregistered => (Tone::Warning, "Unregistered"),
    };
    view! {
        <header class="top">
            <a class="brand" href=paths::OVERVIEW aria-label="Leasehold, overview"><Mark /><span>"Leasehold"</span></a>
            <span class="top-who">
                <span class="server" title=server_name.clone()>{server_name.clone()}</span>
                {guid_short.map(|guid| view! { <code class="guid-short">{guid}</code> })}
                <span class="top-role"><Pill tone=tone text=word /></span>
            </span>
            {context.viewer.is_some().then(|| view! { <Attention context=context.clone() /> })}
            <span class="grow"></span>
            {live.map(|address| view! { <noscript><LinkButton href=address look="quiet">"Refresh"</LinkButton></noscript> })}
            <Live />
            <Palette />
            <UserMenu context=context />
        </header>
    }
    .drawn()
}

/// The most urgent issue, with the number of the others; leads to its cause, or to the overview when there are several.
#[component]
fn Attention(context: Arc<RequestContext>) -> impl IntoView {
    let issues = context.badge.issues();
    let (tone, words, path) = match issues.as_slice() {
        [] => (Tone::Success, "All well".to_owned(), paths::OVERVIEW.to_owned()),
        [only] => (only.level.into(), only.state.clone(), only.path.clone()),
        [worst, others @ ..] => {
            (worst.level.into(), format!("{} + {}", worst.state, others.len()), paths::OVERVIEW.to_owned())
        }
    };
    let title = issues.iter().map(|issue| issue.sentence.as_str()).collect::<Vec<_>>().join("\n");
    view! {
        <a class="top-attention" href=path title=title>
            <span class="vh">"Attention: "</span>
            <Pill tone=tone text=words />
        </a>
    }
    .drawn()
}

#[component]
fn UserMenu(context: Arc<RequestContext>) -> impl IntoView {
    context
        .viewer
        .clone()
        .map(|viewer| {
            view! {
                <details class="menu">
                    <summary>
                        <Icon glyph=Glyph::Account />
                        <span class="menu-name">{viewer.name.clone()}</span>
                        <Icon glyph=Glyph::Chevron />
                    </summary>
                    <div class="menu-panel">
                        <p class="menu-who"><b>{viewer.name}</b><span>{viewer.role.to_string()}</span></p>
                        <ThemeChoice />
                        <div class="menu-actions">
                            <LinkButton href=paths::ACCOUNT look="quiet">"Account"</LinkButton>
                            <form method="post" action=paths::LOGOUT>
                                <button type="submit" class="button quiet">"Sign out"</button>
                            </form>
                        </div>
                    </div>
                </details>
            }
        })
        .drawn()
}

/// The choice of the theme; it works without script.
#[component]
pub fn ThemeChoice() -> impl IntoView {
    let context = request();
    view! {
        <form method="post" action=paths::THEME class="segments" aria-label="Theme">
            <Hidden name="next" value=context.path.clone() />
            {Theme::ALL.into_iter().map(|theme| view! {
                <button type="submit" name="theme" value=theme.word() aria-pressed=(theme == context.theme).to_string()>
                    {theme.label()}
                </button>
            }).collect_view()}
        </form>
    }
    .drawn()
}

/// `<!DOCTYPE html>` to `</html>` around a page.
#[component]
pub fn Document(children: Inner) -> impl IntoView {
    let assets = assets();
    let request = request();
    let theme = request.theme.attribute();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.unwrap_or("light dark") />
                <meta name="robots" content="noindex" />
                <title>{request.document_title()}</title>
                {request.working.then(|| view! { <noscript><meta http-equiv="refresh" content="2" /></noscript> })}
                <link rel="icon" type="image/svg+xml" href=assets.favicon />
                <link rel="stylesheet" href=assets.css />
                {assets.js.as_deref().and_then(hydration_options).map(|options| view! {
                    <HydrationScripts options=options islands=true />
                })}
            </head>
            <body>{children.draw()}</body>
        </html>
    }
    .drawn()
}

/// Leptos derives the addresses of script and module from a folder and a name: `/pkg/leasehold.<hash>.js` and
/// `/pkg/leasehold.<hash>_bg.wasm`. None when the address does not have that form.
fn hydration_options(js: &str) -> Option<LeptosOptions> {
    let (folder, file) = js.strip_prefix('/')?.rsplit_once('/')?;
    let name = file.strip_suffix(".js")?;
    Some(LeptosOptions::builder().output_name(name).site_pkg_dir(folder).build())
}
