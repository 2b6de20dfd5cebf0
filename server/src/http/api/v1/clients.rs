use crate::console::clients as load;
use app::pages::clients::{ClientFilter, ClientRow, Holding};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::json::Query;
use crate::http::problem::Problem;
use crate::http::state::App;
use crate::time::rfc3339;

/// Clients on one page.
const PAGE: usize = 500;

/// Which clients.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
pub struct Filter {
    /// Part of the name, host, address, software or id.
    #[serde(default)]
    q: String,
    /// Only those that have or want this product.
    #[serde(default)]
    product: String,
    /// `connected`, `silent` or `gone`.
    #[serde(default)]
    state: String,
    /// Older than this client: the `next` of the page before.
    before: Option<i64>,
}

/// One page, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Clients {
    items: Vec<Client>,
    next: Option<i64>,
    /// How much of each product is in use.
    pools: Vec<Pool>,
}

/// One client: one run of an application.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Client {
    id: i64,
    /// Its own id.
    client: String,
    name: String,
    host: String,
    software: String,
    address: String,
    /// `connected`, `silent` or `gone`.
    state: String,
    since: String,
    /// Its last refresh.
    seen: String,
    /// Until when what a silent client had is counted.
    counted_until: Option<String>,
    /// It reported more in use than it was given.
    over_limit: bool,
    products: Vec<Product>,
}

/// What a client has of a product.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Product {
    product: String,
    /// In use.
    held: u32,
    /// What it may use.
    limit: u32,
    /// What the server counts for it.
    counted: u32,
    /// What it would like to have.
    wanted: u32,
    /// Taken in this run.
    usage_count: u64,
    /// Time in use in this run, milliseconds.
    usage_ms: u64,
    /// Refused in this run.
    denied: u64,
    /// After a release: until when it gets nothing new.
    released_until: Option<String>,
}

/// How much of a product is in use.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Pool {
    product: String,
    licensed: u32,
    /// In use.
    held: u32,
    /// Promised to clients, in use or not.
    counted: u32,
    wanted: u32,
    /// Clients that have some.
    clients: usize,
    /// More is promised than is licensed now.
    over_committed: bool,
}

/// Who takes licenses from this server, and what each has.
#[utoipa::path(get, path = "/api/v1/clients", tag = "clients", params(Filter), responses(
    (status = 200, description = "One page, the newest first", body = Clients),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>, Query(filter): Query<Filter>) -> Json<Clients> {
    let wanted = ClientFilter { q: filter.q, product: filter.product, state: filter.state, ..ClientFilter::default() };
    let mut rows = load::rows(&app.engine, &wanted);
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows.retain(|row| filter.before.is_none_or(|before| row.id < before));
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let pools = load::pools(&app.engine)
        .into_iter()
        .map(|of| Pool {
            product: of.product,
            licensed: of.licensed,
            held: of.held,
            counted: of.counted,
            wanted: of.wanted,
            clients: of.clients,
            over_committed: of.over_committed,
        })
        .collect();
    Json(Clients {
        next: rows.last().filter(|_| more).map(|row| row.id),
        items: rows.into_iter().map(client).collect(),
        pools,
    })
}

fn client(row: ClientRow) -> Client {
    Client {
        id: row.id,
        client: row.client,
        name: row.name,
        host: row.host,
        software: row.software,
        address: row.address,
        state: row.state,
        since: rfc3339(row.since_ms),
        seen: rfc3339(row.seen_ms),
        counted_until: row.counted_until_ms.map(rfc3339),
        over_limit: row.over_limit,
        products: row.holdings.into_iter().map(product).collect(),
    }
}

fn product(of: Holding) -> Product {
    Product {
        product: of.product,
        held: of.held,
        limit: of.limit,
        counted: of.counted,
        wanted: of.want,
        usage_count: of.usage_count,
        usage_ms: of.usage_ms,
        denied: of.denied,
        released_until: of.released_until_ms.map(rfc3339),
    }
}
