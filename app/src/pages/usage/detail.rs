//! One product: its views as tabs, because each answers another question.

use super::model::{Detail, LISTED, Refusal, UsageFilter, UsagePage, UseBy};
use super::over_time::OverTime;
use crate::charts::Bar;
use crate::components::{Card, Cell, Column, EmptyState, LinkButton, Pager, ProductLinks, Table};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use leptos::prelude::*;
use licensing::words::{grouped, time_in_use};

/// The views: value in the address, and words.
const TABS: [(&str, &str); 4] =
    [("course", "Over time"), ("clients", "Clients"), ("users", "Users"), ("refused", "Denied")];

/// Name, tabs, and the view that was chosen.
#[component]
pub(super) fn ProductDetail(detail: Detail, data: UsagePage) -> impl IntoView {
    let product = detail.row.product.clone();
    let tab = TABS.iter().find(|(value, _)| *value == data.filter.tab).map_or("course", |(value, _)| value);
    let filter = data.filter.clone();
    let denied = detail.row.totals.denied;
    view! {
        <div class="detail-head" id="product">
            <h2><span class="vh">"Product "</span><code>{product.clone()}</code></h2>
            <nav class="tabs" aria-label="Views of the product">
                {TABS.into_iter().map(|(value, words)| {
                    let target = if value == "course" { "" } else { value };
                    let href = filter.at_tab(&product, target).href_at_product();
                    let count = (value == "refused" && denied > 0).then(|| format!(" ({})", grouped(denied)));
                    view! { <a href=href aria-current=(value == tab).then_some("page")>{words}{count}</a> }
                }).collect_view()}
            </nav>
        </div>
        <ProductLinks product=product here=paths::USAGE />
        {match tab {
            "clients" => view! { <ByClient detail=detail data=data /> }.drawn(),
            "users" => view! { <ByUser detail=detail data=data /> }.drawn(),
            "refused" => view! { <Refusals detail=detail data=data /> }.drawn(),
            _ => view! { <OverTime detail=detail data=data /> }.drawn(),
        }}
    }
    .drawn()
}

/// The same data as files.
#[component]
pub(super) fn Files(detail: Detail) -> impl IntoView {
    view! { <a href=detail.csv download="">"CSV"</a>" · "<a href=detail.json download="">"JSON"</a> }.drawn()
}

/// Links to the widths of a step; nothing when there is no choice.
#[component]
pub(super) fn Steps(detail: Detail, filter: UsageFilter) -> impl IntoView {
    let chosen = detail.step;
    (detail.steps.len() > 1)
        .then(|| {
            view! {
                <nav class="segments links steps" aria-label="One column for each">
                    {detail.steps.into_iter().map(|step| {
                        let target = UsageFilter { step: step.clone(), ..filter.clone() };
                        let words = super::over_time::step_words(&step).0;
                        view! { <a href=target.href_at_product() aria-current=(step == chosen).then_some("true")>{words}</a> }
                    }).collect_view()}
                </nav>
            }
        })
        .drawn()
}

/// Use by client, the longest first.
#[component]
pub(super) fn ByClient(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let (product, filter, more) = (detail.row.product, data.filter, detail.clients.len() > LISTED);
    let name = |row: &UseBy, cell: &mut Cell<'_>| {
        let href = UsageFilter { client: row.who.clone(), ..filter.at_tab(&product, "") }.href();
        cell.link(&href, &row.who);
    };
    let table = used_by(
        "clients",
        format!("Use of {product} by client"),
        &detail.clients,
        Column::row_header("Client", name),
        true,
    );
    view! {
        <Card title="By client" id="clients" aside=files>
            {if detail.clients.is_empty() {
                view! { <EmptyState title="No clients" why="No client used this product in this period." /> }.drawn()
            } else {
                view! {
                    {table}
                    <p class="fine">"Each client's own peak; peaks may fall at different times."</p>
                    <More more=more />
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// Use by user, the longest first.
#[component]
pub(super) fn ByUser(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let more = detail.users.len() > LISTED;
    let caption = format!("Use of {} by user, {}", detail.row.product, data.period.words);
    let name = Column::row_header("User", |row: &UseBy, cell| write_named(&row.who, cell));
    let table = used_by("users", caption, &detail.users, name, false);
    let all = UsageFilter { client: String::new(), ..data.filter.clone() }.href_at_product();
    let one_client = !data.filter.client.is_empty();
    view! {
        <Card title="By user" id="users" aside=files>
            {if one_client {
                view! {
                    <EmptyState title="Not by client" why="Leasehold doesn't record which client a user worked with.">
                        <LinkButton href=all>"Users of all clients"</LinkButton>
                    </EmptyState>
                }.drawn()
            } else if detail.users.is_empty() {
                view! { <EmptyState title="No users" why="No one used this product in this period, or applications did not name their users." /> }.drawn()
            } else {
                view! {
                    {table}
                    <p class="fine">"Usage by user is recorded by whole days, UTC."</p>
                    <More more=more />
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// Who used it, and how much. `card`: where it is; `peaks`: each one's own peak is known.
fn used_by(card: &'static str, caption: String, rows: &[UseBy], name: Column<'_, UseBy>, peaks: bool) -> Drawn {
    let longest = rows.iter().map(|row| row.totals.use_ms).max().unwrap_or(0);
    Table::new(caption)
        .labelled()
        .look("who")
        .sorts(card, "time", true)
        .most(LISTED)
        .column(name.sort_by("name", |row| row.who.to_lowercase()))
        .column(
            Column::number("Time in use", |row: &UseBy, cell| cell.text(&time_in_use(row.totals.use_ms)))
                .sort_by("time", |row| row.totals.use_ms),
        )
        .column(
            Column::text("Chart", |row: &UseBy, cell| {
                cell.view(view! { <Bar value=row.totals.use_ms of=longest /> });
            })
            .head_hidden()
            .class("bar-cell"),
        )
        .column(
            Column::number("Check-outs", |row: &UseBy, cell| cell.number(row.totals.taken))
                .sort_by("taken", |row| row.totals.taken),
        )
        .column_if(
            peaks,
            Column::number("Peak", |row: &UseBy, cell| cell.number(row.totals.peak))
                .sort_by("peak", |row| row.totals.peak),
        )
        .column(
            Column::number("Denied", |row: &UseBy, cell| cell.number(row.totals.denied))
                .sort_by("denied", |row| row.totals.denied),
        )
        .draw(rows)
}

/// A name; applications need not say it.
fn write_named(name: &str, cell: &mut Cell<'_>) {
    if name.is_empty() { cell.muted("unknown") } else { cell.text(name) }
}

#[component]
fn More(more: bool) -> impl IntoView {
    more.then(|| view! { <p class="fine">{format!("Only the first {LISTED} are listed. The file has all.")}</p> })
        .drawn()
}

/// The list, newest first.
#[component]
fn Refusals(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let newest = UsageFilter { before: String::new(), ..data.filter.clone() };
    let later = !data.filter.before.is_empty();
    let older = detail.older.clone().map(|before| UsageFilter { before, ..data.filter.clone() }.href_at_product());
    let product = detail.row.product.clone();
    let back = newest.href_at_product();
    // In another order than that of time the list has one page.
    let more = detail.refusals.len() > LISTED;
    let order = if data.filter.sorts_denials() { "" } else { ", newest first" };
    let table = Table::new(format!("Denied requests for {product}{order}"))
        .labelled()
        .look("refusals")
        .sorts("refused", "when", true)
        .most(LISTED)
        .column(
            Column::row_header("When", |row: &Refusal, cell| cell.text(&row.at.words))
                .sort_by("when", |row| row.at.at_ms),
        )
        .column(
            Column::text("User", |row: &Refusal, cell| write_named(&row.user, cell))
                .sort_by("user", |row| row.user.to_lowercase()),
        )
        .column(
            Column::text("Client", |row: &Refusal, cell| write_named(&row.client, cell))
                .sort_by("client", |row| row.client.to_lowercase()),
        )
        .column(
            Column::text("Host", |row: &Refusal, cell| write_named(&row.host, cell))
                .sort_by("host", |row| row.host.to_lowercase()),
        )
        .column(
            Column::number("Requests", |row: &Refusal, cell| cell.number(row.count))
                .sort_by("requests", |row| row.count),
        )
        .draw(&detail.refusals);
    view! {
        <Card title="Denied requests" id="refused" aside=files>
            {match (detail.refusals.is_empty(), later) {
                (true, true) => view! {
                    <EmptyState title="Nothing older" why="This period has no earlier denials.">
                        <LinkButton href=back.clone()>"Newest denials"</LinkButton>
                    </EmptyState>
                }.drawn(),
                (true, false) => view! {
                    <EmptyState title="None" why=format!("Every request for {product} was granted in this period.") />
                }.drawn(),
                (false, _) => view! {
                    {table}
                    <p class="fine">"Requests of one user at one client within a minute are one row."</p>
                    <More more=more />
                }.drawn(),
            }}
            <Pager newest=later.then(|| newest.href_at_product()) older=older />
        </Card>
    }
    .drawn()
}
