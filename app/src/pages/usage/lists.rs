//! Who used it: by client, and by user.

use super::detail::Files;
use super::model::{ClientUse, Detail, Totals, UsageFilter, UsagePage, UserUse};
use crate::charts::Bar;
use crate::components::{Card, EmptyState, LinkButton};
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::{grouped, time_in_use};

/// Use by client, the longest first.
#[component]
pub(super) fn ByClient(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let most = longest(detail.clients.iter().map(|row| &row.totals));
    let (product, filter, more) = (detail.row.product, data.filter, detail.more);
    view! {
        <Card title="By client" id="clients" aside=files>
            {if detail.clients.is_empty() {
                view! { <EmptyState title="No clients" why="No client used this product in this period." /> }.drawn()
            } else {
                view! {
                    <table class="table who">
                        <caption class="vh">{format!("Use of {product} by client")}</caption>
                        <Head what="Client" peak=true />
                        <tbody>{detail.clients.into_iter().map(|row| view! { <ClientRow row=row filter=filter.clone() product=product.clone() most=most /> }).collect_view()}</tbody>
                    </table>
                    <p class="fine">"Each client's own peak; peaks may fall at different times."</p>
                    <More more=more />
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

#[component]
fn ClientRow(row: ClientUse, filter: UsageFilter, product: String, most: u64) -> impl IntoView {
    let href = UsageFilter { client: row.client.clone(), ..filter.at_tab(&product, "") }.href();
    view! {
        <tr>
            <th scope="row"><a href=href>{row.client}</a></th>
            <Numbers totals=row.totals most=most peak=true />
        </tr>
    }
    .drawn()
}

/// Use by user, the longest first.
#[component]
pub(super) fn ByUser(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let most = longest(detail.users.iter().map(|row| &row.totals));
    let more = detail.more;
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
                    <table class="table who">
                        <caption class="vh">{format!("Use of {} by user, {}", detail.row.product, data.period.words)}</caption>
                        <Head what="User" peak=false />
                        <tbody>{detail.users.into_iter().map(|row| view! { <UserRow row=row most=most /> }).collect_view()}</tbody>
                    </table>
                    <p class="fine">"Usage by user is recorded by whole days, UTC."</p>
                    <More more=more />
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

#[component]
fn UserRow(row: UserUse, most: u64) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{if row.user.is_empty() { view! { <span class="muted">"unknown"</span> }.drawn() } else { row.user.drawn() }}</th>
            <Numbers totals=row.totals most=most peak=false />
        </tr>
    }
    .drawn()
}

fn longest<'a>(totals: impl Iterator<Item = &'a Totals>) -> u64 {
    totals.map(|totals| totals.use_ms).max().unwrap_or(0)
}

#[component]
fn Head(what: &'static str, peak: bool) -> impl IntoView {
    view! {
        <thead><tr>
            <th scope="col">{what}</th>
            <th scope="col" class="num">"Time in use"</th>
            <th scope="col"><span class="vh">"Chart"</span></th>
            <th scope="col" class="num">"Check-outs"</th>
            {peak.then(|| view! { <th scope="col" class="num">"Peak"</th> })}
            <th scope="col" class="num">"Denied"</th>
        </tr></thead>
    }
    .drawn()
}

#[component]
fn Numbers(totals: Totals, most: u64, peak: bool) -> impl IntoView {
    view! {
        <td class="num" data-label="Time in use">{time_in_use(totals.use_ms)}</td>
        <td class="bar-cell"><Bar value=totals.use_ms of=most /></td>
        <td class="num" data-label="Check-outs">{grouped(totals.taken)}</td>
        {peak.then(|| view! { <td class="num" data-label="Peak">{grouped(totals.peak)}</td> })}
        <td class="num" data-label="Denied">{grouped(totals.denied)}</td>
    }
    .drawn()
}

#[component]
fn More(more: bool) -> impl IntoView {
    more.then(|| view! { <p class="fine">"Only the longest are listed. The file has all."</p> }).drawn()
}
