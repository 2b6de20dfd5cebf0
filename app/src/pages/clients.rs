//! Who takes licenses from this server, and what each has.

mod client;
mod filter;
mod model;
mod pools;
mod standing;
mod state;
mod table;

pub use client::ClientView;
pub use model::{ClientFilter, ClientPage, ClientRow, ClientsPage, Holding, PoolUse};
pub(crate) use pools::Pools;

use crate::components::{Card, EmptyState, LinkButton, PageHeader, ShowAsCurl};
use crate::drawn::Draw;
use crate::pages::exchange::{counted, curl};
use crate::pages::usage::ConnectCard;
use crate::paths;
use filter::{ClientFilters, Pace};
use leptos::prelude::*;
use standing::Standing;
use table::Table;

/// The page of `/clients`.
#[component]
pub fn ClientsView(data: ClientsPage) -> impl IntoView {
    let pace = (data.total > 0).then(|| view! { <Pace filter=data.filter.clone() /> }.drawn());
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
        <PageHeader title="Clients" lead="The applications that take licenses from this server.".drawn() actions=pace.unwrap_or_else(|| ().drawn()) />
        {body}
        <ShowAsCurl command=curl("GET", paths::API_CLIENTS, "") note="Put an API token in place of $TOKEN." />
    }
    .drawn()
}

/// No client is known.
#[component]
fn Nobody(data: ClientsPage) -> impl IntoView {
    view! {
        <Card title="No client yet" id="clients">
            <p class="muted">"No application is connected. Each shows up here within two seconds of its start, with what it holds."</p>
        </Card>
        <ConnectCard connect=data.connect />
    }
    .drawn()
}

#[component]
fn List(data: ClientsPage) -> impl IntoView {
    let shown = data.items.len();
    let some = (shown < data.total).then(|| format!("{shown} of {} shown · ", data.total));
    let csv = data.csv.clone();
    let clear = ClientFilter { every: data.filter.every.clone(), ..ClientFilter::default() }.href();
    view! {
        <div class="list-tools">
            <ClientFilters filter=data.filter.clone() products=data.products counts=data.counts />
            <p class="fine">{some}<a href=csv download="">"As CSV"</a></p>
        </div>
        <Card title="Clients" id="clients" aside=counted(shown, "client", "clients").drawn()>
            {if shown == 0 {
                view! {
                    <EmptyState title="No client matches" why="There are clients, but none fits these filters.">
                        <LinkButton href=clear>"Clear filters"</LinkButton>
                    </EmptyState>
                }.drawn()
            } else {
                view! { <Table items=data.items filter=data.filter /> }.drawn()
            }}
        </Card>
    }
    .drawn()
}

impl ClientFilter {
    /// The page with this filter.
    pub fn href(&self) -> String {
        paths::with_query(paths::CLIENTS, &self.pairs())
    }

    /// The same list as CSV.
    pub fn csv(&self) -> String {
        paths::with_query(paths::CLIENTS_CSV, &self.pairs()[..5])
    }

    fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("q", &self.q),
            ("product", &self.product),
            ("state", &self.state),
            ("sort", &self.sort),
            ("dir", if self.descending { "desc" } else { "" }),
            ("every", &self.every),
        ]
    }

    /// Whether it leaves anything out.
    fn filters(&self) -> bool {
        !(self.q.is_empty() && self.product.is_empty() && self.state.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_filter_order_and_pace() {
        let filter = ClientFilter {
            q: "a&b".into(),
            sort: "seen".into(),
            descending: true,
            every: "10".into(),
            ..ClientFilter::default()
        };
        assert_eq!(ClientFilter::default().href(), "/clients");
        assert_eq!(filter.href(), "/clients?q=a%26b&sort=seen&dir=desc&every=10");
        assert_eq!(filter.csv(), "/clients.csv?q=a%26b&sort=seen&dir=desc");
    }
}
