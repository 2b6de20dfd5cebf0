//! One client: what it has, how it is doing, and taking its licenses back.

use super::model::{ClientPage, Holding};
use super::state::{clock_words, state, write_state};
use crate::components::{
    Card, Cell, Column, Confirm, Copyable, Fact, Facts, PageHeader, Statement, Table, TimeAgo, TimeStamp, TimeUntil,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::usage::UsageFilter;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{count, grouped, list, time_in_use};

/// The page of `/clients/{id}`.
#[component]
pub fn ClientView(data: ClientPage) -> impl IntoView {
    let crumbs = vec![("Clients".to_owned(), paths::CLIENTS.to_owned())];
    let row = data.row.clone();
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

/// "It is connected and holds 12 of TTS3."
fn sentence(data: &ClientPage) -> String {
    let held: Vec<String> = data
        .row
        .holdings
        .iter()
        .filter(|holding| holding.held > 0)
        .map(|holding| format!("{} of {}", grouped(holding.held.into()), holding.product))
        .collect();
    let holds = match held.as_slice() {
        [] => "holds no license".to_owned(),
        [only] => format!("holds {only}"),
        [first, second] => format!("holds {first} and {second}"),
        [first, second, third] => format!("holds {first}, {second} and {third}"),
        several => format!("holds licenses of {} products", several.len()),
    };
    match data.row.state.as_str() {
        "silent" => format!("It has fallen silent; when last heard it {}.", holds.replacen("holds", "held", 1)),
        "gone" => "It is gone, and has nothing any more.".to_owned(),
        _ => format!("It is connected and {holds}."),
    }
}

#[component]
fn Opening(data: ClientPage) -> impl IntoView {
    let row = data.row.clone();
    let tone = if row.over_limit { Tone::Danger } else { state(&row.state).1 };
    view! {
        <Statement tone=tone sentence=sentence(&data)>
            <p>"Its last refresh was "<TimeAgo at_ms=row.seen_ms />"."</p>
            {row.counted_until_ms.map(|at| view! {
                <p>"What it had stays counted, because it may still be used: free again "<b><TimeUntil at_ms=at /></b>"."</p>
            })}
            {row.over_limit.then(|| view! {
                <p>"It reports more in use than it was given. Its use is counted in full, others keep what they were given, and it gets no more while that lasts. A changed or faulty client library does this: look at that application first."</p>
            })}
            {row.clock_off_ms.map(|off| view! {
                <p>{format!("Its clock is {}. Times of its check-outs are put right by that; set the clock of that machine.", clock_words(off))}</p>
            })}
        </Statement>
    }
    .drawn()
}

#[component]
fn Products(data: ClientPage) -> impl IntoView {
    let usage = UsageFilter { client: data.row.name.clone(), ..UsageFilter::default() }.href();
    let aside = view! { <a href=usage>"Its use over time"</a> }.drawn();
    view! {
        <Card title="Products" id="products" aside=aside>
            {if data.row.holdings.is_empty() {
                view! { <p class="muted">"It has not asked for any product yet."</p> }.drawn()
            } else {
                view! {
                    {holdings(&data.row.holdings)}
                    <p class="fine">"Reserved: held for this client. Check-outs, time and denials: since this run began."</p>
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

fn holdings(rows: &[Holding]) -> Drawn {
    Table::new("What it holds and has used in this run")
        .look("holds")
        .column(Column::row_header("Product", |row: &Holding, cell| {
            cell.code(&row.product);
            if let Some(at) = row.released_until_ms {
                cell.sub(|cell| {
                    cell.text("released, gets none until ");
                    cell.until(at);
                });
            }
        }))
        .column(Column::number("In use", |row: &Holding, cell| {
            cell.strong(&grouped(row.held.into()));
            if row.held > row.limit {
                cell.sub(|cell| cell.text("over its limit"));
            }
        }))
        .column(Column::number("Limit", |row: &Holding, cell| cell.number(row.limit)))
        .column(Column::number("Requested", |row: &Holding, cell| cell.number(row.want)))
        .column(Column::number("Reserved", |row: &Holding, cell| cell.number(row.counted)))
        .column(Column::number("Check-outs", |row: &Holding, cell| cell.number(row.usage_count)))
        .column(Column::number("Time in use", |row: &Holding, cell| cell.text(&time_in_use(row.usage_ms))))
        .column(Column::number("Denied", |row: &Holding, cell| cell.number(row.denied)))
        .draw(rows)
}

#[component]
fn About(data: ClientPage) -> impl IntoView {
    let row = data.row;
    let state = Cell::alone(|cell| write_state(&row, cell));
    let software = if row.software.is_empty() { "not named".to_owned() } else { row.software };
    let deployment = Cell::alone(|cell| match data.deployment.as_str() {
        "" => cell.muted("none"),
        deployment => cell.code(deployment),
    });
    let dropped = match data.dropped {
        0 => "No check-out was lost.".to_owned(),
        1 => "1 check-out: the client had no room to keep it. Totals are complete.".to_owned(),
        number => format!("{} check-outs: the client had no room to keep them. Totals are complete.", grouped(number)),
    };
    view! {
        <Card title="About it" id="about">
            <Facts>
                <Fact label="State">{state}</Fact>
                <Fact label="Client id"><Copyable value=row.client what="the client id" /></Fact>
                <Fact label="Run">{grouped(data.epoch)}" "<span class="muted">{if data.epoch == 1 { "its first" } else { "counted from its first" }}</span></Fact>
                <Fact label="Connected"><TimeStamp at_ms=row.since_ms /></Fact>
                <Fact label="Software">{software}</Fact>
                <Fact label="Deployment">{deployment}</Fact>
                {data.records.map(|records| view! { <Fact label="Check-outs">{format!("{} stored", grouped(records))}</Fact> })}
                <Fact label="Dropped">{dropped}</Fact>
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
fn consequence(holdings: &[Holding]) -> (String, String) {
    let spare = |holding: &Holding| holding.counted.saturating_sub(holding.held);
    (
        listed(holdings.iter().map(|holding| (holding.product.clone(), spare(holding)))),
        listed(holdings.iter().map(|holding| (holding.product.clone(), holding.held))),
    )
}

#[component]
fn Release(data: ClientPage) -> impl IntoView {
    // Whoever keeps the server running may do this.
    let why_not = request()
        .why_not(Permission::Exchange)
        .map(|_| "Releasing licenses needs the role operator or administrator.".to_owned());
    let (spare, used) = consequence(&data.row.holdings);
    let name = data.row.name.clone();
    let by = data.released_by_ms;
    let silent = data.row.state == "silent";
    let body = if data.row.state == "gone" || (spare.is_empty() && used.is_empty()) {
        view! { <p class="muted">"It has no license, so there is nothing to release."</p> }.drawn()
    } else {
        view! {
            <p>"Stops this client from taking more, so that what it keeps becomes free for others. Do this when an application hangs or takes too much."</p>
            <div class="actions">
                <Confirm id="release-licenses" title=format!("Release the licenses of {name}?") verb="Release its licenses" action=paths::client_release(data.row.id) why_not=why_not>
                    <ul class="plain-list consequences">
                        {(!spare.is_empty()).then(|| view! {
                            <li>{format!("{spare}, kept by {name} and not in use, go back to the pool as soon as the client agrees, at the latest ")}<TimeUntil at_ms=by />"."</li>
                        })}
                        {(!used.is_empty()).then(|| view! {
                            <li>{format!("{used} in use now: nothing is torn away. Each goes back when the application returns it.")}</li>
                        })}
                        {silent.then(|| view! { <li>"The client is silent and cannot be told: what it had is free when it is no longer counted."</li> })}
                        <li>"For one minute it gets no new license, and its requests are refused. Then it may ask again like every other client."</li>
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
    use crate::pages::clients::ClientRow;

    fn holding(product: &str, held: u32, counted: u32) -> Holding {
        Holding { product: product.into(), held, counted, ..Holding::default() }
    }

    #[test]
    fn the_sentence_names_what_is_held() {
        let page = |state: &str, holdings: &[Holding]| ClientPage {
            row: ClientRow { state: state.into(), holdings: holdings.to_vec(), ..ClientRow::default() },
            ..ClientPage::default()
        };
        let (one, two, none) = (holding("VAD", 3, 3), holding("TTS3", 1, 2), holding("X", 0, 1));
        for (page, words) in [
            (page("connected", &[one.clone(), none.clone()]), "It is connected and holds 3 of VAD."),
            (page("connected", &[one.clone(), two.clone()]), "It is connected and holds 3 of VAD and 1 of TTS3."),
            (page("connected", &[none]), "It is connected and holds no license."),
            (page("silent", &[one]), "It has fallen silent; when last heard it held 3 of VAD."),
            (page("gone", &[two]), "It is gone, and has nothing any more."),
        ] {
            assert_eq!(sentence(&page), words);
        }
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
