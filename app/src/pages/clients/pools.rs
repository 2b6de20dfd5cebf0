//! How much of each product is in use now: held by applications, and promised to them.

use super::model::PoolUse;
use crate::charts::Bar;
use crate::components::Pill;
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::words::{count, grouped};

/// One line per product; the name leads to the clients that have it.
#[component]
pub(crate) fn Pools(pools: Vec<PoolUse>) -> impl IntoView {
    view! {
        <ul class="pools">{pools.into_iter().map(|pool| view! { <Line pool=pool /> }).collect_view()}</ul>
    }
    .drawn()
}

#[component]
fn Line(pool: PoolUse) -> impl IntoView {
    let limit = if pool.metered { 0 } else { pool.licensed };
    let most = limit.max(pool.held).max(pool.counted);
    let look = match () {
        () if pool.over_committed => "over",
        () if limit > 0 && pool.held >= limit => "full",
        () => "",
    };
    let word = match look {
        "over" => Some((Tone::Danger, "Over-committed")),
        "full" => Some((Tone::Warning, "All in use")),
        _ => None,
    };
    let spare = pool.counted.saturating_sub(pool.held);
    view! {
        <li>
            <a href=paths::clients_of(&pool.product)><code>{pool.product.clone()}</code></a>
            <span class="pool-numbers">
                <b>{grouped(pool.held.into())}</b>
                <span class="muted">{if pool.metered { " in use, metered".to_owned() } else { format!(" of {} in use", grouped(pool.licensed.into())) }}</span>
            </span>
            <Bar value=pool.held.into() of=most.into() mark=(!pool.metered && most > limit).then_some(limit.into()) look=look />
            <span class="pool-more">
                {word.map(|(tone, words)| view! { <Pill tone=tone text=words /> })}
                <span class="muted">{count(pool.clients, "client", "clients")}</span>
                {(spare > 0).then(|| view! { <span class="muted">{format!("{} more reserved", grouped(spare.into()))}</span> })}
                {(pool.wanted > pool.counted).then(|| view! { <span class="muted">{format!("{} requested", grouped(pool.wanted.into()))}</span> })}
            </span>
        </li>
    }
    .drawn()
}
