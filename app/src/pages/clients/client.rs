//! One client: what it has, how it is doing, and taking its licenses back.

use super::{clock_words, why_no_release, words_and_tone, write_state};
use crate::components::{
    Card, Cell, Column, Confirm, Copyable, Fact, Facts, PageHeader, Statement, Table, TimeAgo, TimeStamp, TimeUntil,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::usage::UsageFilter;
use crate::paths;
use crate::request::Tone;
use engine::leases::{ClientState, ClientView, ProductView};
use leptos::prelude::*;
use licensing::words::{count, grouped, list, time_in_use};

/// One client in detail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientPage {
    pub client: ClientView,
    /// The last record that is stored.
    pub records: Option<u64>,
    /// Until when, at the latest, its licenses are back after a release now.
    pub released_by_ms: i64,
}

/// The page of `/clients/{id}`.
#[component]
pub fn ClientDetailView(data: ClientPage) -> impl IntoView {
    let crumbs = vec![("Clients".to_owned(), paths::CLIENTS.to_owned())];
    let row = data.client.clone();
    let lead = view! {
        {row.host.clone()}
        <span class="sep"><code>{row.address.clone()}</code></span>
        {(!row.software.is_empty()).then(|| view! { <span class="sep">{row.software.clone()}</span> })}
    };
    view! {
        <PageHeader title=row.name.clone() crumbs=crumbs lead=lead.drawn() />
        <Opening data=data.clone() />
        <Products data=data.clone() />
        <div class="columns">
            <div><About data=data.clone() /></div>
            <div><Release data=data /></div>
        </div>
    }
    .drawn()
}

/// "This client is connected and holds 12 of TTS3."
fn sentence(data: &ClientPage) -> String {
    let held: Vec<String> = data
        .client
        .products
        .iter()
        .filter(|holding| holding.held > 0)
        .map(|holding| format!("{} of {}", grouped(holding.held.into()), holding.product))
        .collect();
    let holds = match held.as_slice() {
        [] => "holds no licenses".to_owned(),
        [only] => format!("holds {only}"),
        [first, second] => format!("holds {first} and {second}"),
        [first, second, third] => format!("holds {first}, {second} and {third}"),
        several => format!("holds licenses of {} products", several.len()),
    };
    match data.client.state {
        ClientState::Silent => {
            format!("No contact with this client. At its last refresh it {}.", holds.replacen("holds", "held", 1))
        }
        ClientState::Moved => "A drain sent this client to another server, which serves it now.".to_owned(),
        ClientState::Gone => "This client has disconnected and holds no licenses.".to_owned(),
        ClientState::Connected => format!("This client is connected and {holds}."),
    }
}

#[component]
fn Opening(data: ClientPage) -> impl IntoView {
    let row = data.client.clone();
    let tone = if row.over_limit || row.contest.is_some() { Tone::Danger } else { words_and_tone(row.state).1 };
    view! {
        <Statement tone=tone sentence=sentence(&data)>
            <p>"Its last refresh was "<TimeAgo at_ms=row.seen_ms />"."</p>
            {row.counted_until_ms.map(|at| view! {
                <p>"Its licenses stay reserved, because it may still use them. Released "<b><TimeUntil at_ms=at /></b>"."</p>
            })}
            {row.over_limit.then(|| view! {
                <p>"It reports more in use than its limit. Leasehold leaves other clients' licenses alone, and grants this client no more until it is within its limit. A modified or faulty client library can cause this: check that application first."</p>
            })}
            {row.contest.clone().map(|contest| view! {
                <p>"Two applications use this client id. The other one, at "<code>{contest.address}</code>", was refused "<TimeAgo at_ms=contest.at_ms />". Give each application a client id of its own."</p>
            })}
            {clock_words(&row).map(|words| view! {
                <p>{format!("Its clock is {}. Leasehold corrects its check-out times; set that machine's clock.", words)}</p>
            })}
        </Statement>
    }
    .drawn()
}

#[component]
fn Products(data: ClientPage) -> impl IntoView {
    let usage = UsageFilter { client: data.client.name.clone(), ..UsageFilter::default() }.href();
    let aside = view! { <a href=usage>"Usage over time"</a> }.drawn();
    view! {
        <Card title="Products" id="products" aside=aside>
            {if data.client.products.is_empty() {
                view! { <p class="muted">"It has not requested any product yet."</p> }.drawn()
            } else {
                view! {
                    {holdings(&data.client.products)}
                    <p class="fine">"Reserved: held for this client. Check-outs, time and denials: since this run started."</p>
                    {beyond(&data.client.products).map(|words| view! {
                        <p>{format!("It claims more use than its grants allow: {words}. This is kept apart and not part of usage or reports.")}</p>
                    })}
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// "2 h and 300 check-outs of TTS3": what it claims beyond its grants.
fn beyond(products: &[ProductView]) -> Option<String> {
    let words = |of: &ProductView| {
        let time = (of.beyond_ms > 0).then(|| time_in_use(of.beyond_ms));
        let taken = (of.beyond_count > 0).then(|| format!("{} check-outs", grouped(of.beyond_count)));
        let both: Vec<String> = time.into_iter().chain(taken).collect();
        (!both.is_empty()).then(|| format!("{} of {}", both.join(" and "), of.product))
    };
    let all = list(products.iter().filter_map(words));
    (!all.is_empty()).then_some(all)
}

fn holdings(rows: &[ProductView]) -> Drawn {
    Table::new("Licenses held and used in this run")
        .look("holds")
        .sorts("products", "product", false)
        .column(
            Column::row_header("Product", |row: &ProductView, cell| {
                cell.code(&row.product);
                if let Some(at) = row.released_until_ms {
                    cell.sub(|cell| {
                        cell.text("released, may request again ");
                        cell.until(at);
                    });
                }
            })
            .sort_by("product", |row| row.product.clone()),
        )
        .column(
            Column::number("In use", |row: &ProductView, cell| {
                cell.strong(&grouped(row.held.into()));
                if row.held > row.limit {
                    cell.sub(|cell| cell.text("over limit"));
                }
            })
            .sort_by("held", |row| row.held),
        )
        .column(
            Column::number("Limit", |row: &ProductView, cell| cell.number(row.limit)).sort_by("limit", |row| row.limit),
        )
        .column(
            Column::number("Requested", |row: &ProductView, cell| cell.number(row.want))
                .sort_by("want", |row| row.want),
        )
        .column(
            Column::number("Reserved", |row: &ProductView, cell| cell.number(row.counted))
                .sort_by("counted", |row| row.counted),
        )
        .column(
            Column::number("Check-outs", |row: &ProductView, cell| cell.number(row.usage_count))
                .sort_by("taken", |row| row.usage_count),
        )
        .column(
            Column::number("Time in use", |row: &ProductView, cell| cell.text(&time_in_use(row.usage_ms)))
                .sort_by("time", |row| row.usage_ms),
        )
        .column(
            Column::number("Denied", |row: &ProductView, cell| cell.number(row.denied))
                .sort_by("denied", |row| row.denied),
        )
        .draw(rows)
}

#[component]
fn About(data: ClientPage) -> impl IntoView {
    let row = data.client;
    let state = Cell::alone(|cell| write_state(&row, cell));
    let software = if row.software.is_empty() { "unknown".to_owned() } else { row.software.clone() };
    let deployment = Cell::alone(|cell| match row.deployment.as_str() {
        "" => cell.muted("none"),
        deployment => cell.code(deployment),
    });
    let dropped = match row.dropped {
        0 => "No check-out was lost.".to_owned(),
        1 => "1 check-out: the client had no space to store it. Totals are complete.".to_owned(),
        number => {
            format!("{} check-outs: the client had no space to store them. Totals are complete.", grouped(number))
        }
    };
    view! {
        <Card title="Details" id="about">
            <Facts>
                <Fact label="State">{state}</Fact>
                <Fact label="Client id"><Copyable value=row.client what="the client id" /></Fact>
                <Fact label="Run">{grouped(row.epoch)}" "<span class="muted">{if row.epoch == 1 { "its first" } else { "counted from its first" }}</span></Fact>
                <Fact label="Connected"><TimeStamp at_ms=row.since_ms /></Fact>
                <Fact label="Software">{software}</Fact>
                <Fact label="Deployment">{deployment}</Fact>
                {data.records.map(|records| view! { <Fact label="Check-outs">{format!("{} stored", grouped(records))}</Fact> })}
                <Fact label="Dropped">{dropped}</Fact>
                {(row.misdated > 0).then(|| view! {
                    <Fact label="Dated outside">{format!("{} check-outs lie outside this run and are not kept. Check that machine's clock.", grouped(row.misdated))}</Fact>
                })}
            </Facts>
        </Card>
    }
    .drawn()
}

/// "3 licenses of A and 1 license of B": the counts that are not zero; empty when there is none.
fn listed(counts: impl Iterator<Item = (String, u32)>) -> String {
    let counts = counts.filter(|(_, number)| *number > 0);
    list(counts.map(|(product, number)| format!("{} of {product}", count(number, "license", "licenses"))))
}

/// What goes back at once, and what is in use and goes back when it is returned.
pub(super) fn consequence(holdings: &[ProductView]) -> (String, String) {
    let spare = |holding: &ProductView| holding.counted.saturating_sub(holding.held);
    (
        listed(holdings.iter().map(|holding| (holding.product.clone(), spare(holding)))),
        listed(holdings.iter().map(|holding| (holding.product.clone(), holding.held))),
    )
}

#[component]
fn Release(data: ClientPage) -> impl IntoView {
    // Anyone who keeps the server running may do this.
    let why_not = why_no_release();
    let (spare, used) = consequence(&data.client.products);
    let name = data.client.name.clone();
    let by = data.released_by_ms;
    let silent = data.client.state == ClientState::Silent;
    let body = if data.client.state == ClientState::Gone || (spare.is_empty() && used.is_empty()) {
        view! { <p class="muted">"It holds no licenses, so there is nothing to release."</p> }.drawn()
    } else {
        view! {
            <p>"Stops this client from checking out more, so its spare licenses become free for others. Use it when an application hangs or takes too many."</p>
            <div class="actions">
                <Confirm id="release-licenses" title=format!("Release the licenses of {name}?") verb="Release its licenses" action=paths::client_release(data.client.id) why_not=why_not>
                    <ul class="plain-list consequences">
                        {(!spare.is_empty()).then(|| view! {
                            <li>{format!("{spare}, reserved by {name} and not in use: released as soon as the client agrees, at the latest ")}<TimeUntil at_ms=by />"."</li>
                        })}
                        {(!used.is_empty()).then(|| view! {
                            <li>{format!("{used} in use. Licenses in use stay in use; each is released when the application returns it.")}</li>
                        })}
                        {silent.then(|| view! { <li>"There is no contact with this client. Its licenses are released when their hold expires."</li> })}
                        <li>"For 1 minute its requests are denied. After that it can request licenses like any other client."</li>
                    </ul>
                </Confirm>
            </div>
        }
        .drawn()
    };
    view! { <Card title="Release" id="release">{body}</Card> }.drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(product: &str, held: u32, counted: u32) -> ProductView {
        ProductView { product: product.into(), held, counted, ..ProductView::default() }
    }

    #[test]
    fn the_sentence_names_what_is_held() {
        let page = |state, holdings: &[ProductView]| ClientPage {
            client: ClientView { state, products: holdings.to_vec(), ..ClientView::default() },
            ..ClientPage::default()
        };
        let (one, two, none) = (holding("VAD", 3, 3), holding("TTS3", 1, 2), holding("X", 0, 1));
        for (page, words) in [
            (
                page(ClientState::Connected, &[one.clone(), none.clone()]),
                "This client is connected and holds 3 of VAD.",
            ),
            (
                page(ClientState::Connected, &[one.clone(), two.clone()]),
                "This client is connected and holds 3 of VAD and 1 of TTS3.",
            ),
            (page(ClientState::Connected, &[none]), "This client is connected and holds no licenses."),
            (page(ClientState::Silent, &[one]), "No contact with this client. At its last refresh it held 3 of VAD."),
            (page(ClientState::Gone, &[two]), "This client has disconnected and holds no licenses."),
        ] {
            assert_eq!(sentence(&page), words);
        }
    }

    #[test]
    fn what_is_claimed_beyond_the_grants_is_named_by_product() {
        let liar = ProductView { beyond_ms: 7_200_000, beyond_count: 3, ..holding("TTS3", 0, 0) };
        let words = beyond(&[holding("VAD", 1, 1), liar]).unwrap();
        assert!(words.ends_with("and 3 check-outs of TTS3") && !words.contains("VAD"), "{words}");
        assert_eq!(beyond(&[holding("VAD", 1, 1)]), None);
    }

    #[test]
    fn the_consequence_tells_what_goes_back_at_once_from_what_is_in_use() {
        for (holdings, spare, used) in [
            (vec![holding("A", 0, 0)], "", ""),
            (vec![holding("A", 0, 1)], "1 license of A", ""),
            (vec![holding("A", 2, 2)], "", "2 licenses of A"),
            (
                vec![holding("A", 2, 3), holding("B", 0, 2), holding("C", 1, 5)],
                "1 license of A, 2 licenses of B and 4 licenses of C",
                "2 licenses of A and 1 license of C",
            ),
        ] {
            assert_eq!(consequence(&holdings), (spare.to_owned(), used.to_owned()));
        }
    }
}
