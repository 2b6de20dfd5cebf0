//! Applications that take licenses, and the licenses of each.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::leases::{ClientState, ClientView, PoolView, ProductView, ReleaseError};
use licensing::permission::Permission::{Exchange, View};
use licensing::product::Licensed;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{By, Path, Query, word};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_clients), May(View), &[]).add(routes!(release_client), May(Exchange), &["client.release"])
}

/// Clients on one page.
const PAGE: usize = 500;

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum StateFilter {
    Connected,
    Moved,
    Silent,
    Gone,
}

impl From<StateFilter> for ClientState {
    fn from(of: StateFilter) -> Self {
        match of {
            StateFilter::Connected => Self::Connected,
            StateFilter::Moved => Self::Moved,
            StateFilter::Silent => Self::Silent,
            StateFilter::Gone => Self::Gone,
        }
    }
}

/// Which clients.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct Filter {
    /// Part of the name, host, address, software or id.
    #[serde(default)]
    #[param(example = "call")]
    q: String,
    /// Only clients that use or request this product.
    #[serde(default)]
    product: String,
    /// `connected`, `moved`, `silent` or `gone`.
    #[serde(default, deserialize_with = "word")]
    #[param(inline)]
    state: Option<StateFilter>,
    /// Only clients before this one: `next` of the previous page.
    before: Option<i64>,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Clients {
    items: Vec<Client>,
    next: Option<i64>,
    /// How much of each product is in use.
    pools: Vec<Pool>,
}

/// One client: one run of an application.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Client {
    id: i64,
    /// Its own id.
    client: String,
    name: String,
    host: String,
    software: String,
    address: String,
    /// `connected`, `moved`, `silent` or `gone`.
    state: String,
    since: Time,
    /// Its last refresh.
    seen: Time,
    /// When the licenses of a silent client are released.
    counted_until: Option<Time>,
    /// It reported more in use than its limit.
    over_limit: bool,
    /// When another application last wanted to use the same client id, within 10 minutes: give each its own.
    contested: Option<Time>,
    /// The address that other application came from.
    contested_by: Option<String>,
    /// Check-outs dated outside its run: not kept.
    misdated: u64,
    products: Vec<ClientProduct>,
}

/// A client's licenses for a product.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClientProduct {
    product: String,
    /// In use.
    held: u32,
    /// Limit: what it may use.
    limit: u32,
    /// Reserved for it by the server.
    counted: u32,
    /// Requested.
    wanted: u32,
    /// Check-outs in this run.
    usage_count: u64,
    /// Time in use in this run, milliseconds.
    usage_ms: u64,
    /// Denials in this run.
    denied: u64,
    /// Check-outs it claims beyond what its grants allow: not counted.
    beyond_count: u64,
    /// Time in use it claims beyond its grants, milliseconds: not counted.
    beyond_ms: u64,
    /// After a release: until when it gets no new licenses.
    released_until: Option<Time>,
}

/// How much of a product is in use.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Pool {
    product: String,
    /// Licensed; null for a metered product, which has no limit.
    licensed: Option<u32>,
    /// Use is counted, not limited.
    metered: bool,
    /// In use.
    held: u32,
    /// Reserved for clients, in use or not.
    counted: u32,
    wanted: u32,
    /// Clients with this product.
    clients: usize,
    /// More is reserved than is licensed now.
    over_committed: bool,
}

/// The applications that take licenses from this server, and the licenses of each.
#[utoipa::path(get, path = "/api/v1/clients", tag = "clients", params(Filter), responses(
    (status = 200, description = "One page, newest first", body = Clients)))]
async fn list_clients(State(Api { engine, .. }): State<Api>, Query(filter): Query<Filter>) -> Json<Clients> {
    let state = filter.state.map(Into::into);
    let mut found: Vec<ClientView> = engine
        .clients()
        .into_iter()
        .filter(|client| filter.before.is_none_or(|before| client.id < before))
        .filter(|client| client.matches(&filter.q, &filter.product, state))
        .collect();
    found.sort_by_key(|client| std::cmp::Reverse(client.id));
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    Json(Clients {
        next: found.last().filter(|_| more).map(|client| client.id),
        items: found.into_iter().map(client).collect(),
        pools: engine.pools().into_iter().filter(PoolView::is_of_interest).map(pool).collect(),
    })
}

fn client(of: ClientView) -> Client {
    Client {
        state: of.state.as_str().to_owned(),
        id: of.id,
        client: of.client,
        name: of.name,
        host: of.host,
        software: of.software,
        address: of.address,
        since: Time(of.since_ms),
        seen: Time(of.seen_ms),
        counted_until: of.counted_until_ms.map(Time),
        over_limit: of.over_limit,
        contested: of.contest.as_ref().map(|contest| Time(contest.at_ms)),
        contested_by: of.contest.map(|contest| contest.address),
        misdated: of.misdated,
        products: of.products.into_iter().map(product).collect(),
    }
}

fn product(of: ProductView) -> ClientProduct {
    ClientProduct {
        product: of.product,
        held: of.held,
        limit: of.limit,
        counted: of.counted,
        wanted: of.want,
        usage_count: of.usage_count,
        usage_ms: of.usage_ms,
        denied: of.denied,
        beyond_count: of.beyond_count,
        beyond_ms: of.beyond_ms,
        released_until: of.released_until_ms.map(Time),
    }
}

fn pool(of: PoolView) -> Pool {
    Pool {
        product: of.product,
        licensed: of.licensed.count(),
        metered: of.licensed == Licensed::Metered,
        held: of.held,
        counted: of.counted,
        wanted: of.wanted,
        clients: of.clients,
        over_committed: of.over_committed,
    }
}

/// What is released.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Released {
    /// Reserved but unused licenses, by product.
    products: BTreeMap<String, u32>,
    /// They stay reserved for the client until then at the latest.
    reserved_until: Time,
}

/// Releases the licenses that are reserved for a client but not in use.
#[utoipa::path(post, path = "/api/v1/clients/{id}/release", tag = "clients",
    params(("id" = i64, Path, description = "Its number in the list", example = 1)),
    responses(
        (status = 200, description = "Takes effect with the client's next refresh", body = Released),
        (status = 404, description = "No such client"),
        (status = 409, description = "The client has no licenses to release")))]
async fn release_client(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(id): Path<i64>,
) -> Result<Json<Released>, Problem> {
    let released = engine.release_client(&by.actor(), id).await.map_err(|error| match error {
        ReleaseError::Sql(error) => error.into(),
        ReleaseError::Unknown => Problem::new(StatusCode::NOT_FOUND, error.to_string()),
        ReleaseError::Nothing(_) => Problem::new(StatusCode::CONFLICT, error.to_string()),
    })?;
    let products = released.products.into_iter().collect();
    Ok(Json(Released { products, reserved_until: Time(released.counted_until_ms) }))
}
