//! Who takes licenses from this server, and what each has.

mod client;
mod model;
mod pools;
mod standing;
mod state;
mod table;

pub use client::ClientView;
pub use model::{ClientFilter, ClientPage, ClientRow, ClientsPage, Holding, PoolUse};
pub(crate) use pools::Pools;

use crate::components::{Card, FilterBar, NothingMatches, PageHeader, ShowAsCurl, plain_options};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::pages::usage::ConnectCard;
use crate::paths;
use leptos::prelude::*;
use licensing::words::count;
use standing::Standing;
use state::STATES;
use table::table;

/// The page of `/clients`.
#[component]
pub fn ClientsView(data: ClientsPage) -> impl IntoView {
    let body = if data.total == 0 {
        view! { <Nobody data=data /> }.drawn()
    } else {
        let pools = data.pools.clone();
        view! {
            <Standing data=data.clone() />
            {(!pools.is_empty()).then(|| view! {
                <Card title="In use by product" id="pools"><Pools pools=pools /></Card>
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

#[component]
fn List(data: ClientsPage) -> impl IntoView {
    let shown = data.items.len();
    let some = (shown < data.total).then(|| format!("{shown} of {} shown · ", data.total));
    let states = STATES.map(|(state, words, _)| {
        let count = data.counts.iter().find(|(counted, _)| counted == state).map_or(0, |(_, count)| *count);
        (state, words, Some(count))
    });
    let bar = FilterBar::new(paths::CLIENTS, "Filter the clients", &data.filter)
        .search("Name, host or address")
        .choice("product", "Product", "All products", plain_options(data.products))
        .choice("state", "State", "All states", states);
    let clear = bar.clear().unwrap_or_else(|| paths::CLIENTS.to_owned());
    let nothing = view! { <NothingMatches title="No clients match" clear=clear /> }.drawn();
    view! {
        <div class="list-tools">
            {bar.draw()}
            <p class="fine">{some}<a href=data.csv download="">"Download CSV"</a></p>
        </div>
        <Card title="Clients" id="clients" aside=count(shown, "client", "clients").drawn()>
            {table(&data.items, &data.filter, nothing)}
        </Card>
    }
    .drawn()
}

impl ClientFilter {
    /// The page with this filter.
    pub fn href(&self) -> String {
        paths::with(paths::CLIENTS, self)
    }

    /// The same list as CSV.
    pub fn csv(&self) -> String {
        paths::with(paths::CLIENTS_CSV, self)
    }
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
}
