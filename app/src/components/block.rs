//! The blocks of a page: its head, the sentence it opens with, titled sections, lists of facts, messages, and the states in which there is nothing to
//! show.

use super::form::{Hidden, LinkButton};
use super::marks::{Glyph, Icon};
use crate::drawn::{Draw, Drawn, Inner};
use crate::islands::CopyButton;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::words::grouped;

/// The icon that belongs to a tone.
pub(crate) fn glyph_of(tone: Tone) -> Glyph {
    match tone {
        Tone::Success => Glyph::Check,
        Tone::Warning => Glyph::Warning,
        Tone::Danger => Glyph::Danger,
        Tone::Info | Tone::Neutral => Glyph::Info,
    }
}

/// The sentence a page opens with: how things stand, then why, then what to do.
#[component]
pub fn Statement(tone: Tone, #[prop(into)] sentence: String, children: Inner) -> impl IntoView {
    view! {
        <section class=format!("statement {}", tone.class())>
            <span class="seal"><Icon glyph=glyph_of(tone) /></span>
            <div class="statement-text">
                <p class="sentence">{sentence}</p>
                {children.draw()}
            </div>
        </section>
    }
    .drawn()
}

/// Nothing there: why, and one action.
#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    #[prop(optional)] children: Option<Inner>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{why}</p>
            {children.map(|children| view! { <div class="actions">{children.draw()}</div> })}
        </div>
    }
    .drawn()
}

/// Something failed: what, what to do, and the request id to find it by.
#[component]
pub fn ErrorBlock(#[prop(into)] sentence: String, #[prop(optional)] children: Option<Inner>) -> impl IntoView {
    let id = request().request_id.clone();
    view! {
        <div class="trouble" role="alert">
            <span class="seal"><Icon glyph=Glyph::Danger /></span>
            <div>
                <p class="empty-title">{sentence}</p>
                {children.map(Inner::draw)}
                {(!id.is_empty()).then(|| view! { <p class="fine">"Request " <code>{id}</code></p> })}
            </div>
        </div>
    }
    .drawn()
}

/// There are some, but none that fits the filters.
///
/// ```ignore
/// <NothingMatches title="No client matches" clear=bar.clear() />
/// ```
#[component]
pub fn NothingMatches(
    #[prop(into)] title: String,
    /// The address of the list without filters.
    clear: String,
) -> impl IntoView {
    view! {
        <EmptyState title=title why="Nothing matches these filters.">
            <LinkButton href=clear>"Clear filters"</LinkButton>
        </EmptyState>
    }
    .drawn()
}

/// A section with a heading and, at its right, a link or a tag.
#[component]
pub fn Card(
    #[prop(into)] title: String,
    /// Anchor of the section; also names its heading.
    id: &'static str,
    /// Columns out of twelve on wide screens: a class such as `c8`.
    #[prop(optional)]
    span: &'static str,
    /// What stands at the right of the heading.
    #[prop(optional, into)]
    aside: Option<Drawn>,
    children: Inner,
) -> impl IntoView {
    let heading = format!("{id}-title");
    view! {
        <section class=format!("card {span}") id=id aria-labelledby=heading>
            <header>
                <h2 id=heading.clone()>{title}</h2>
                {aside.map(|aside| view! { <div class="aside">{aside}</div> })}
            </header>
            {children.draw()}
        </section>
    }
    .drawn()
}

/// A line that asks for attention, with an action at its right.
#[component]
pub fn Banner(
    tone: Tone,
    #[prop(into)] text: String,
    /// `status` or `alert`.
    #[prop(default = "status")]
    role: &'static str,
    #[prop(optional)] children: Option<Inner>,
) -> impl IntoView {
    view! {
        <div class=format!("banner {}", tone.class()) role=role>
            <Icon glyph=glyph_of(tone) />
            <p>{text}</p>
            {children.map(|children| view! { <div class="banner-action">{children.draw()}</div> })}
        </div>
    }
    .drawn()
}

/// The message of the last action, when there is one.
#[component]
pub fn FlashMessage() -> impl IntoView {
    // It answers what this page was asked for; the same page fetched again does not say it.
    let context = request();
    let here = context.address();
    context.flash.clone().map(|flash| {
        let undo = flash.undo.map(|base| {
            view! {
                <form method="post" action=paths::CONFIGURATION_UNDO>
                    <Hidden name="base" value=base />
                    <button type="submit" class="button">"Undo"</button>
                </form>
            }
            .drawn()
        });
        let tone = flash.kind.tone();
        view! {
            <div data-keep="" id="flash" class="flash">
                {match undo {
                    Some(undo) => view! { <Banner tone=tone text=flash.text>{undo}</Banner> }.drawn(),
                    None => view! { <Banner tone=tone text=flash.text /> }.drawn(),
                }}
                // The link loads the page again, without the message.
                <a class="banner-close" href=here aria-label="Dismiss this message"><Icon glyph=Glyph::Cross /></a>
            </div>
        }
    })
}

/// The other pages of a product: its licenses, the clients that have it, its use, its denials.
#[component]
pub fn ProductLinks(
    product: String,
    /// The page this stands on, which is left out.
    here: &'static str,
) -> impl IntoView {
    let pages = [
        (paths::LICENSES, "Licenses", paths::licenses_of(&product)),
        (paths::CLIENTS, "Clients", paths::clients_of(&product)),
        (paths::USAGE, "Use over time", paths::usage_of(&product)),
        (paths::USAGE, "Denials", paths::denials_of(&product)),
    ];
    let pages = pages.into_iter().filter(|(page, ..)| *page != here);
    let label = format!("Pages of {product}");
    view! {
        <nav class="product-links" aria-label=label>
            <code>{product}</code>
            {pages.map(|(_, words, href)| view! { <a href=href>{words}</a> }).collect_view()}
        </nav>
    }
    .drawn()
}

/// A list of facts.
///
/// ```ignore
/// <Facts>
///     <Fact label="Role">{server.role}</Fact>
///     {server.since_ms.map(|at| view! { <Fact label="Since"><TimeAgo at_ms=at /></Fact> })}
/// </Facts>
/// ```
#[component]
pub fn Facts(
    /// `stacked`: each value under its label.
    #[prop(optional)]
    look: &'static str,
    children: Inner,
) -> impl IntoView {
    view! { <dl class=format!("facts {look}")>{children.draw()}</dl> }.drawn()
}

/// One fact of [`Facts`].
#[component]
pub fn Fact(#[prop(into)] label: String, children: Inner) -> impl IntoView {
    view! { <div><dt>{label}</dt><dd>{children.draw()}</dd></div> }.drawn()
}

/// The way to newer and older entries of a list; nothing when there are neither.
#[component]
pub fn Pager(
    newest: Option<String>,
    older: Option<String>,
    #[prop(default = "More entries")] label: &'static str,
) -> impl IntoView {
    (newest.is_some() || older.is_some())
        .then(|| {
            view! {
                <nav class="pager" aria-label=label>
                    {newest.map(|href| view! { <LinkButton href=href><Icon glyph=Glyph::Back />"Newest"</LinkButton> })}
                    {older.map(|href| view! { <LinkButton href=href>"Older"<Icon glyph=Glyph::Arrow /></LinkButton> })}
                </nav>
            }
        })
        .drawn()
}

/// Rows of a long list on one page.
pub const ROWS: usize = 40;

/// One page of a list that is shown by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagePart {
    /// From 1.
    number: usize,
    total: usize,
}

impl PagePart {
    /// The page that is asked for, of a list of `total` rows; the last one where there are fewer.
    pub fn new(asked: Option<usize>, total: usize) -> Self {
        PagePart { number: asked.unwrap_or(1).clamp(1, total.div_ceil(ROWS).max(1)), total }
    }

    /// Its rows.
    pub fn range(&self) -> std::ops::Range<usize> {
        let first = (self.number - 1) * ROWS;
        first..(first + ROWS).min(self.total)
    }
}

/// Which rows of a list are shown, and links to those before and after; nothing where one page has them all. `href` makes the
/// address of a page; none is the first.
#[component]
pub fn Pages(
    part: PagePart,
    href: Box<dyn Fn(Option<usize>) -> String>,
    #[prop(default = "More rows")] label: &'static str,
) -> impl IntoView {
    (part.total > ROWS)
        .then(|| {
            let PagePart { number, total } = part;
            let rows = part.range();
            let before = (number > 1).then(|| href(Some(number - 1).filter(|number| *number > 1)));
            let after = (rows.end < total).then(|| href(Some(number + 1)));
            let shown = format!("{}–{} of {}", grouped(rows.start as u64 + 1), grouped(rows.end as u64), grouped(total as u64));
            view! {
                <nav class="pager" aria-label=label>
                    {before.map(|href| view! { <LinkButton href=href><Icon glyph=Glyph::Back />"Previous"</LinkButton> })}
                    <span class="muted">{shown}</span>
                    {after.map(|href| view! { <LinkButton href=href>"Next"<Icon glyph=Glyph::Arrow /></LinkButton> })}
                </nav>
            }
        })
        .drawn()
}

/// "Show as curl": the same action for a script, to copy.
#[component]
pub fn ShowAsCurl(#[prop(into)] command: String, #[prop(optional, into)] note: Option<String>) -> impl IntoView {
    view! {
        <details class="disclosure curl">
            <summary>"Show as curl"</summary>
            <div class="command">
                <pre tabindex="0" role="group" aria-label="The command"><code>{command.clone()}</code></pre>
                <CopyButton text=command what="the command".to_owned() />
            </div>
            {note.map(|note| view! { <p class="fine">{note}</p> })}
        </details>
    }
    .drawn()
}

/// Breadcrumbs, the one `h1`, a sentence under it, and the actions of the page.
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    /// The pages above this one: label and address.
    #[prop(optional)]
    crumbs: Vec<(String, String)>,
    /// One line under the heading.
    #[prop(optional, into)]
    lead: Option<Drawn>,
    /// Links and buttons.
    #[prop(optional, into)]
    actions: Option<Drawn>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="page-title">
                {(!crumbs.is_empty()).then(|| view! {
                    <nav class="crumbs" aria-label="Breadcrumb">
                        <ol>
                            {crumbs.into_iter().map(|(label, href)| view! {
                                <li><a href=href>{label}</a></li>
                            }).collect_view()}
                        </ol>
                    </nav>
                })}
                <h1 tabindex="-1" id="title">{title}</h1>
                {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
            </div>
            {actions.map(|actions| view! { <div class="actions">{actions}</div> })}
        </header>
    }
    .drawn()
}
