//! Who takes licenses from this server, and what each has.

mod client;
mod release;
mod standing;

pub use client::{ClientDetailView, ClientPage};
pub use release::{ReleasePage, ReleaseView};
pub(crate) use standing::Pools;

use crate::components::{
    Card, Cell, Column, FilterBar, NothingMatches, PageHeader, PagePart, Pages, ProductLinks, ShowAsCurl, Submit,
    Table, dir, lenient, plain_options, trimmed,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::curl;
use crate::pages::usage::{Connect, ConnectCard};
use crate::paths;
use crate::request::{Tone, request};
use engine::leases::{ClientCounts, ClientState, ClientView, PoolView, ProductView};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{about, count};
use serde::{Deserialize, Serialize};
use standing::Standing;

/// The applications that take licenses from this server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientsPage {
    /// Filtered and sorted.
    pub items: Vec<ClientView>,
    pub filter: ClientFilter,
    /// Without the filter.
    pub counts: ClientCounts,
    /// Products to filter by.
    pub products: Vec<String>,
    /// How much of each product is in use.
    pub pools: Vec<PoolView>,
    /// Address of the same list as CSV.
    pub csv: String,
    pub connect: Connect,
}

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientFilter {
    #[serde(deserialize_with = "trimmed")]
    pub q: String,
    pub product: String,
    /// `connected`, `silent` or `gone`.
    pub state: String,
    /// `name`, `host`, `since`, `seen`, `held` or `state`.
    pub sort: String,
    #[serde(rename = "dir", with = "dir")]
    pub descending: bool,
    /// From 1.
    #[serde(deserialize_with = "lenient")]
    pub page: Option<usize>,
}

/// The page of `/clients`.
#[component]
pub fn ClientsView(data: ClientsPage) -> impl IntoView {
    let body = if total(&data.counts) == 0 {
        view! { <Nobody data=data /> }.drawn()
    } else {
        let pools = data.pools.clone();
        view! {
            <Standing data=data.clone() />
            {(!pools.is_empty()).then(|| view! {
                <Card title="In use by product" id="pools"><Pools pools=pools most=MOST_POOLS /></Card>
            })}
            <List data=data />
        }
        .drawn()
    };
    view! {
        <PageHeader title="Clients" lead="Applications that check out licenses from this server.".drawn() />
        {body}
        <ShowAsCurl command=curl("GET", paths::API_CLIENTS, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

/// No client is known.
#[component]
fn Nobody(data: ClientsPage) -> impl IntoView {
    view! {
        <Card title="No clients yet" id="clients">
            <p class="muted">"No applications are connected. Each appears here within 2 seconds of starting, with the licenses it holds."</p>
        </Card>
        <ConnectCard connect=data.connect />
    }
    .drawn()
}

/// Products whose use is shown here.
const MOST_POOLS: usize = 12;

/// Products that are offered here; the others are found by their name on the page of the licenses.
const MOST_PRODUCTS: usize = 40;

/// The products to filter by: the first, and the one that is chosen.
fn offered(products: Vec<String>, chosen: &str) -> Vec<String> {
    let is_late = products.iter().skip(MOST_PRODUCTS).any(|product| product == chosen);
    let late = is_late.then(|| chosen.to_owned());
    products.into_iter().take(MOST_PRODUCTS).chain(late).collect()
}

#[component]
fn List(data: ClientsPage) -> impl IntoView {
    let (shown, total) = (data.items.len(), total(&data.counts));
    let some = (shown < total).then(|| format!("{shown} of {total} shown · "));
    let states = STATES.map(|state| (state.as_str(), words_and_tone(state).0, Some(in_state(&data.counts, state))));
    let bar = FilterBar::new(paths::CLIENTS, "Filter the clients", &data.filter)
        .search("Name, host or address")
        .choice("product", "Product", "All products", plain_options(offered(data.products, &data.filter.product)))
        .choice("state", "State", "All states", states);
    let clear = bar.clear().unwrap_or_else(|| paths::CLIENTS.to_owned());
    let nothing = view! { <NothingMatches title="No clients match" clear=clear /> }.drawn();
    let product = Some(data.filter.product.clone()).filter(|product| !product.is_empty());
    let part = PagePart::new(data.filter.page, shown);
    let items = &data.items[part.range()];
    let any = items.iter().any(holds_any);
    let rows = table(items, &data.filter, nothing);
    let filter = data.filter.clone();
    let at = Box::new(move |page| ClientFilter { page, ..filter.clone() }.href());
    view! {
        <div class="list-tools">
            {bar.draw()}
            <p class="fine">{some}<a href=data.csv download="">"Download CSV"</a></p>
        </div>
        {product.map(|product| view! { <ProductLinks product=product here=paths::CLIENTS /> })}
        <Card title="Clients" id="clients" aside=count(shown, "client", "clients").drawn()>
            {rows}
            <Pages part=part href=at />
            {any.then(|| view! { <ReleaseSelected /> })}
        </Card>
    }
    .drawn()
}

/// Id of the form that the boxes of the rows belong to. It stands apart from the table, so that the rows stay live while some are selected.
const SELECTED: &str = "selected-clients";

/// Leads to the page that says what a release would do.
#[component]
fn ReleaseSelected() -> impl IntoView {
    let why_not = why_no_release();
    view! {
        <form method="get" action=paths::CLIENTS_RELEASE id=SELECTED class="actions">
            <Submit why_not=why_not>"Release licenses of selected clients"</Submit>
        </form>
    }
    .drawn()
}

/// Why the viewer may not release licenses.
fn why_no_release() -> Option<String> {
    let refused = request().why_not(Permission::Exchange);
    refused.map(|_| "Releasing licenses needs the role operator or administrator.".to_owned())
}

/// Something could be released.
fn holds_any(client: &ClientView) -> bool {
    client.state != ClientState::Gone && client.products.iter().any(|product| product.counted > 0)
}

impl ClientFilter {
    /// The page with this filter.
    pub fn href(&self) -> String {
        paths::with(paths::CLIENTS, self)
    }

    /// The same list as CSV.
    pub fn csv(&self) -> String {
        paths::with(paths::CLIENTS_CSV, &ClientFilter { page: None, ..self.clone() })
    }
}

/// The states, in the order they are offered.
const STATES: [ClientState; 4] = [ClientState::Connected, ClientState::Moved, ClientState::Silent, ClientState::Gone];

fn words_and_tone(state: ClientState) -> (&'static str, Tone) {
    match state {
        ClientState::Connected => ("Connected", Tone::Success),
        ClientState::Moved => ("Moved", Tone::Info),
        ClientState::Silent => ("No contact", Tone::Warning),
        ClientState::Gone => ("Disconnected", Tone::Neutral),
    }
}

fn in_state(counts: &ClientCounts, state: ClientState) -> usize {
    match state {
        ClientState::Connected => counts.connected,
        ClientState::Moved => counts.moved,
        ClientState::Silent => counts.silent,
        ClientState::Gone => counts.gone,
    }
}

fn total(counts: &ClientCounts) -> usize {
    STATES.into_iter().map(|state| in_state(counts, state)).sum()
}

/// A clock that is off by less is nothing to act on, milliseconds.
const CLOCK_WORTH_SAYING: i64 = 30_000;

/// "3 min ahead", "40 s behind"; none when that is not worth saying.
fn clock_words(client: &ClientView) -> Option<String> {
    let off = client.clock_off_ms.saturating_abs();
    let way = if client.clock_off_ms > 0 { "ahead" } else { "behind" };
    (off >= CLOCK_WORTH_SAYING).then(|| format!("{} {way}", about(off)))
}

/// The state as a pill, and what else is worth knowing as lines under it.
fn write_state(row: &ClientView, cell: &mut Cell<'_>) {
    let (words, tone) = words_and_tone(row.state);
    cell.pill(tone, words);
    if row.over_limit {
        cell.markup(" ");
        cell.pill(Tone::Danger, "Over limit");
    }
    if row.contest.is_some() {
        cell.markup(" ");
        cell.pill(Tone::Danger, "Id used twice");
    }
    if let Some(contest) = &row.contest {
        cell.sub(|cell| {
            cell.text("another application was refused at ");
            cell.code(&contest.address);
        });
    }
    if let Some(at) = row.counted_until_ms {
        cell.sub(|cell| {
            cell.text("licenses released ");
            cell.until(at);
        });
    }
    if let Some(at) = row.products.iter().filter_map(|of| of.released_until_ms).max() {
        cell.sub(|cell| {
            cell.text("released, may request again ");
            cell.until(at);
        });
    }
    if let Some(words) = clock_words(row) {
        cell.sub(|cell| cell.text(&format!("clock {words}")));
    }
}

/// The clients and what each holds, or `empty` when there are none.
fn table(items: &[ClientView], filter: &ClientFilter, empty: Drawn) -> Drawn {
    let sorted_by = |sort, descending| ClientFilter { sort, descending, page: None, ..filter.clone() }.href();
    Table::new("Clients and the licenses they hold")
        .look("clients")
        .sorted("name", &filter.sort, filter.descending, sorted_by)
        .row_class(|row: &ClientView| if row.state == ClientState::Gone { "gone" } else { "" })
        .column(Column::row_header("Client", write_name).by("name"))
        .column(
            Column::text("Host", |row: &ClientView, cell| {
                cell.text(&row.host);
                cell.sub(|cell| cell.code(&row.address));
            })
            .by("host")
            .whole_line(),
        )
        .column(Column::text("Holds", write_holdings).by("held").whole_line())
        .column(Column::time("Connected", |row: &ClientView, cell| cell.ago(row.since_ms)).by("since"))
        .column(Column::time("Last refresh", |row: &ClientView, cell| cell.ago(row.seen_ms)).by("seen"))
        .column(Column::state("State", write_state).by("state"))
        .empty(empty)
        .draw(items)
}

fn write_name(row: &ClientView, cell: &mut Cell<'_>) {
    if holds_any(row) {
        cell.select(SELECTED, "id", row.id, &row.name);
    }
    cell.link(&paths::client(row.id), &row.name);
    if !row.software.is_empty() {
        cell.sub(|cell| cell.text(&row.software));
    }
}

/// "TTS3 12 of 14" for each product; what is wanted beyond it is said.
fn write_holdings(row: &ClientView, cell: &mut Cell<'_>) {
    let has = |of: &&ProductView| of.held > 0 || of.counted > 0 || of.want > 0;
    if !row.products.iter().any(|of| has(&of)) {
        return cell.muted("nothing");
    }
    cell.markup("<ul class=\"holdings\">");
    for of in row.products.iter().filter(has) {
        cell.markup("<li>");
        cell.code(&of.product);
        cell.markup(" <b>");
        cell.number(of.held);
        cell.markup("</b><span class=\"muted\"> of ");
        cell.number(of.limit);
        let short = of.want.saturating_sub(of.limit.max(of.held));
        if short > 0 {
            cell.markup(", requested ");
            cell.number(short);
            cell.markup(" more");
        }
        cell.markup("</span></li>");
    }
    cell.markup("</ul>");
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn the_address_holds_filter_and_order() {
        let filter = ClientFilter { q: "a&b".into(), sort: "seen".into(), descending: true, ..ClientFilter::default() };
        assert_eq!(ClientFilter::default().href(), "/clients");
        assert_eq!(filter.href(), "/clients?q=a%26b&sort=seen&dir=desc");
        assert_eq!(filter.csv(), "/clients.csv?q=a%26b&sort=seen&dir=desc");
    }

    #[test]
    fn sorting_keeps_the_filter_and_begins_with_the_first_page() {
        let filter =
            ClientFilter { product: "TTS3".into(), sort: "seen".into(), page: Some(3), ..ClientFilter::default() };
        let html = table(&[ClientView::default()], &filter, ().drawn()).to_html();
        for address in ["/clients?product=TTS3&amp;sort=name\"", "/clients?product=TTS3&amp;sort=seen&amp;dir=desc\""] {
            assert!(html.contains(address), "{html}");
        }
    }
}
