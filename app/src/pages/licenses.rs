//! The licenses this server may hand out, and those it may not, with the reason.

mod standing;
mod ve;

pub use ve::{ComponentRow, LICENSE_FILE, LICENSE_KEY, LICENSE_TEXT, MachineLicense, VeLicense};

use crate::components::{
    Card, Cell, Column, EmptyState, FilterBar, LinkButton, NothingMatches, PageHeader, PagePart, Pages, ProductLinks,
    ShowAsCurl, Table, TimeAgo, ago, dir, lenient, trimmed,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::{ChangeList, ContactModel, NotReady, curl};
use crate::paths;
use crate::request::Tone;
use engine::exchange::{LicenseItem, Readiness};
use leptos::prelude::*;
use licensing::bundle::{LicenseChanges, LicenseKind, LicenseStatus};
use licensing::words::{count, grouped};
use serde::{Deserialize, Serialize};
use standing::{never_synced, standing};
use std::collections::BTreeMap;
use ve::MachineBlock;

/// The licenses of the installed bundle, filtered and sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct LicensesPage {
    pub items: Vec<LicenseItem>,
    /// Without the filter.
    pub total: usize,
    pub filter: LicenseFilter,
    pub contact: ContactModel,
    pub readiness: Readiness,
    /// The context of this server.
    pub context: Option<String>,
    /// Of the installed bundle; none before the first exchange.
    pub serial: Option<u64>,
    pub installed_ms: Option<i64>,
    /// What the last exchange changed, and when it was.
    pub last_changes: Option<(i64, LicenseChanges)>,
    /// Address of the same list as CSV.
    pub csv: String,
    /// State and number of licenses in it, for the links.
    pub counts: Vec<(LicenseStatus, usize)>,
    /// The license of this machine.
    pub machine: MachineLicense,
    /// Until when each product was used, to the hour.
    pub last_used: BTreeMap<String, i64>,
}

/// What is shown, in which order: the query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LicenseFilter {
    #[serde(deserialize_with = "trimmed")]
    pub q: String,
    pub state: String,
    pub kind: String,
    /// One of product, kind, licensed, in_use, last_used, expires, maintenance, context, state.
    pub sort: String,
    #[serde(rename = "dir", with = "dir")]
    pub descending: bool,
    /// From 1.
    #[serde(deserialize_with = "lenient")]
    pub page: Option<usize>,
}

impl LicenseFilter {
    /// The page with this filter.
    pub fn href(&self) -> String {
        paths::with(paths::LICENSES, self)
    }
}

/// The page of `/licenses`.
#[component]
pub fn LicensesView(data: LicensesPage) -> impl IntoView {
    let ready = data.readiness == Readiness::Ready;
    let never = data.serial.is_none();
    let lead = (!never).then(|| bundle(&data));
    let has_any = data.total > 0;
    // The license of this machine needs no registration: then that one is optional, and comes last.
    let only_machine = data.machine.license.is_some() && data.readiness == Readiness::Unregistered && never;
    let opening = match (ready, never) {
        (false, true) if only_machine => ().drawn(),
        (false, true) => view! { <NotReady readiness=data.readiness.clone() /> }.drawn(),
        (true, true) => never_synced(&data.contact),
        (ready, false) => view! {
            {(!ready).then(|| view! { <NotReady readiness=data.readiness.clone() /> })}
            {standing(&data)}
        }
        .drawn(),
    };
    let LicensesPage { items, total, filter, csv, counts, machine, last_changes, readiness, last_used, .. } = data;
    view! {
        <PageHeader
            title="Licenses"
            lead=lead.unwrap_or_else(|| "The licenses this server can grant.".drawn())
        />
        {opening}
        {match (has_any, never) {
            (true, _) => view! { <Lists items=items total=total filter=filter csv=csv counts=counts last_used=last_used /> }.drawn(),
            (false, false) => view! {
                <Card title="Licenses" id="loaded">
                    <EmptyState title="No licenses" why="The vendor's last answer had none for this server. If you expect some, ask the vendor; the next sync brings them.">
                        <LinkButton href=paths::EXCHANGE>"Go to Exchange"</LinkButton>
                    </EmptyState>
                </Card>
            }.drawn(),
            (false, true) => ().drawn(),
        }}
        <MachineBlock data=machine folded=has_any />
        {only_machine.then(|| view! { <NotReady readiness=readiness /> })}
        {last_changes.map(|(at, changes)| view! { <LastChanges at_ms=at changes=changes /> })}
        <ShowAsCurl command=curl("GET", paths::API_LICENSES, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

/// Where the licenses come from.
fn bundle(data: &LicensesPage) -> Drawn {
    view! {
        {data.context.as_ref().map(|context| format!("Context {context}"))}
        {data.serial.map(|serial| view! { <span class="sep">{format!("serial {serial}")}</span> })}
        {data.installed_ms.map(|at| view! { <span class="sep">"installed " <TimeAgo at_ms=at /></span> })}
    }
    .drawn()
}

/// Filter and tables.
#[component]
fn Lists(
    items: Vec<LicenseItem>,
    total: usize,
    filter: LicenseFilter,
    csv: String,
    counts: Vec<(LicenseStatus, usize)>,
    last_used: BTreeMap<String, i64>,
) -> impl IntoView {
    let shown = items.len();
    // One product was looked for: its other pages are one step away.
    let product = items.first().map(|item| item.license.product.to_string()).filter(|product| *product == filter.q);
    let (active, off): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.verdict.standing == LicenseStatus::Active);
    // What is loaded comes first, also over the pages.
    let numbers = (active.len(), off.len());
    let part = PagePart::new(filter.page, shown);
    let rows = part.range();
    let active = &active[rows.start.min(numbers.0)..rows.end.min(numbers.0)];
    let off = &off[rows.start.saturating_sub(numbers.0)..rows.end.saturating_sub(numbers.0)];
    let some = (shown < total).then(|| format!("{shown} of {total} shown · "));
    let states = counts.into_iter().map(|(state, count)| (state.as_str(), state.label(), Some(count)));
    let kinds = LicenseKind::ALL.map(|kind| (kind.as_str(), kind_words(kind)));
    let bar = FilterBar::new(paths::LICENSES, "Filter the licenses", &filter)
        .search("Product or id")
        .choice("state", "State", "All states", states)
        .choice("kind", "Kind", "All kinds", kinds);
    let loaded = (!active.is_empty()).then(|| (numbers.0, loaded(active, &filter, &last_used)));
    let not_loaded = (!off.is_empty()).then(|| (numbers.1, not_loaded(off, &filter)));
    let of_page = filter.clone();
    let at = Box::new(move |page| LicenseFilter { page, ..of_page.clone() }.href());
    let clear = bar.clear().unwrap_or_else(|| paths::LICENSES.to_owned());
    view! {
        <div class="list-tools">
            {bar.draw()}
            <p class="fine">{some}<a href=csv download="">"Download CSV"</a></p>
        </div>
        {product.map(|product| view! { <ProductLinks product=product here=paths::LICENSES /> })}
        {(shown == 0).then(|| view! {
            <Card title="Licenses" id="loaded"><NothingMatches title="No licenses match" clear=clear /></Card>
        })}
        {loaded.map(|(number, table)| view! {
            <Card title="Loaded" id="loaded" aside=count(number, "license", "licenses").drawn()>
                {table}
                <p class="fine"><a href=paths::USAGE>"Use over time"</a>" shows how close each product gets to its limit."</p>
            </Card>
        })}
        {not_loaded.map(|(number, table)| view! {
            <Card title="Not loaded" id="not-loaded" aside=count(number, "license", "licenses").drawn()>
                <p class="muted">"Applications can't check these out. Each row says why and what to do."</p>
                {table}
            </Card>
        })}
        <Pages part=part href=at />
    }
    .drawn()
}

/// So many changes of one kind are listed here; the ledger has them all.
const MOST_CHANGES: usize = 12;

/// What the last exchange brought.
#[component]
fn LastChanges(at_ms: i64, changes: LicenseChanges) -> impl IntoView {
    let aside = view! { <a href=paths::EXCHANGE_LEDGER>"Ledger"</a> }.drawn();
    view! {
        <Card title="Changes from the last sync" id="changes" aside=aside>
            <p class="muted"><TimeAgo at_ms=at_ms /></p>
            <ChangeList changes=changes most=MOST_CHANGES />
        </Card>
    }
    .drawn()
}

/// The states, in the order they are linked.
const STATES: [LicenseStatus; 7] = [
    LicenseStatus::Active,
    LicenseStatus::Expired,
    LicenseStatus::Lapsed,
    LicenseStatus::NotCharged,
    LicenseStatus::WrongContext,
    LicenseStatus::OtherServer,
    LicenseStatus::NotYetServed,
];

fn kind_words(kind: LicenseKind) -> &'static str {
    match kind {
        LicenseKind::Concurrent => "Concurrent",
        LicenseKind::Countdown => "Countdown",
        LicenseKind::Metered => "Metered",
    }
}

/// A license that ends within this time is marked, milliseconds: 30 days.
const SOON_MS: i64 = 30 * licensing::contact::DAY;

/// The licenses that applications can take. All of them are active, so no column says it.
fn loaded(items: &[LicenseItem], filter: &LicenseFilter, last_used: &BTreeMap<String, i64>) -> Drawn {
    let sorted_by = |sort, descending| LicenseFilter { sort, descending, page: None, ..filter.clone() }.href();
    Table::new("Loaded licenses")
        .look("licenses")
        .sorted("product", &filter.sort, filter.descending, sorted_by)
        .column(Column::row_header("Product", write_product).by("product"))
        .column(Column::text("Kind", write_kind).by("kind"))
        .column(Column::number("Licensed", write_licensed).by("licensed"))
        .column(Column::number("In use", write_in_use).by("in_use"))
        .column(
            Column::time("Last used", |row: &LicenseItem, cell| write_last_used(row, last_used, cell)).by("last_used"),
        )
        .column(Column::time("Expires", write_expires).by("expires"))
        .column(Column::time("Maintenance", write_maintenance).by("maintenance"))
        .draw(items)
}

/// The licenses that are kept, and why they do not count.
fn not_loaded(items: &[LicenseItem], filter: &LicenseFilter) -> Drawn {
    let sorted_by = |sort, descending| LicenseFilter { sort, descending, page: None, ..filter.clone() }.href();
    Table::new("Licenses that are not loaded")
        .look("licenses off")
        .sorted("product", &filter.sort, filter.descending, sorted_by)
        .column(Column::row_header("Product", write_product).by("product"))
        .column(Column::text("Kind", write_kind).by("kind"))
        .column(Column::number("Licensed", write_licensed).by("licensed"))
        .column(
            Column::text("Context", |row: &LicenseItem, cell| cell.text(row.license.context.as_str())).by("context"),
        )
        .column(
            Column::state("State", |row: &LicenseItem, cell| {
                let standing = row.verdict.standing;
                let tone = match standing {
                    LicenseStatus::Active => Tone::Success,
                    LicenseStatus::Expired | LicenseStatus::Lapsed => Tone::Danger,
                    _ => Tone::Warning,
                };
                cell.pill(tone, standing.label());
                if let Some(at) = row.license.expires.filter(|_| standing == LicenseStatus::Expired) {
                    cell.sub(|cell| {
                        cell.text("since ");
                        cell.date_of(at);
                    });
                }
            })
            .by("state"),
        )
        .column(
            Column::text("Reason", |row: &LicenseItem, cell| {
                cell.text(row.verdict.reason.as_deref().unwrap_or_default());
            })
            .whole_line(),
        )
        .draw(items)
}

/// How many there are. A metered license sets no limit; it says how many uses it includes.
fn write_licensed(row: &LicenseItem, cell: &mut Cell<'_>) {
    let count = row.license.count;
    if row.license.kind == LicenseKind::Metered {
        cell.text("metered");
        cell.sub(|cell| cell.text(&format!("{} included", grouped(count))));
    } else {
        cell.number(count);
    }
}

/// The product, with the version it is good for and the id of the license.
fn write_product(row: &LicenseItem, cell: &mut Cell<'_>) {
    cell.code(row.license.product.as_str());
    cell.sub(|cell| {
        if let Some(version) = &row.license.version {
            cell.text(&format!("up to version {version} · "));
        }
        cell.text(&row.license.id);
    });
}

fn write_kind(row: &LicenseItem, cell: &mut Cell<'_>) {
    cell.text(kind_words(row.license.kind));
    if let Some(hours) = row.license.hours {
        cell.sub(|cell| {
            cell.number(hours);
            cell.text(" h");
        });
    }
}

/// How many are in use; the number leads to the clients that have them.
fn write_in_use(row: &LicenseItem, cell: &mut Cell<'_>) {
    // Nobody who has none is worth a way there.
    match row.in_use {
        0 => cell.text("0"),
        some => cell.link(&paths::clients_of(row.license.product.as_str()), &grouped(some)),
    }
    if row.over_committed {
        cell.sub(|cell| cell.pill(Tone::Danger, "Over-committed"));
    }
}

/// When the product was last in use.
fn write_last_used(row: &LicenseItem, last_used: &BTreeMap<String, i64>, cell: &mut Cell<'_>) {
    let words = match last_used.get(row.license.product.as_str()) {
        _ if row.in_use > 0 => "Now".to_owned(),
        // The hour is not over.
        Some(at) if *at > cell.now_ms() => "This hour".to_owned(),
        Some(at) => ago(*at, cell.now_ms()),
        None => "Never".to_owned(),
    };
    cell.text(&words);
}

/// The day, and how long that is where it is near.
fn write_expires(row: &LicenseItem, cell: &mut Cell<'_>) {
    match row.license.expires {
        Some(at) if at > cell.now_ms() && at - cell.now_ms() <= SOON_MS => {
            cell.date(at);
            cell.markup(" ");
            cell.pill_until(Tone::Warning, at);
        }
        Some(at) => cell.date(at),
        None => cell.text("Never"),
    }
}

fn write_maintenance(row: &LicenseItem, cell: &mut Cell<'_>) {
    let Some(at) = row.license.maintenance_expires else { return cell.text("No end") };
    cell.date(at);
    if at <= cell.now_ms() {
        cell.markup(" ");
        cell.tag("off", "over");
    }
}
