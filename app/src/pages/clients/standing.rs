//! How many are connected and what they hold, in a sentence; then what asks for attention.

use super::{ClientFilter, ClientsPage, STATES, in_state, words_and_tone};
use crate::charts::Bar;
use crate::components::{Pill, Statement};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use engine::leases::PoolView;
use leptos::prelude::*;
use licensing::words::{count, grouped};

/// One line per product, no more than `most`; the name leads to the clients that have it. Those that ask for attention come first
/// where not all are shown.
#[component]
pub(crate) fn Pools(pools: Vec<PoolView>, #[prop(default = usize::MAX)] most: usize) -> impl IntoView {
    let mut pools = pools;
    let others = pools.len().saturating_sub(most);
    if others > 0 {
        pools.sort_by_key(|pool| (!pool.over_committed, !is_full(pool), std::cmp::Reverse(pool.percent())));
        pools.truncate(most);
    }
    view! {
        <ul class="pools">{pools.into_iter().map(|pool| view! { <Line pool=pool /> }).collect_view()}</ul>
        {(others > 0).then(|| view! {
            <p class="fine">{format!("And {} more: see ", count(others, "product", "products"))}<a href=paths::LICENSES>"Licenses"</a>"."</p>
        })}
    }
    .drawn()
}

/// Products named in a sentence; the rest are counted.
const NAMED: usize = 5;

fn named(products: &[&str]) -> String {
    let first = products.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match products.len().saturating_sub(NAMED) {
        0 => first,
        others => format!("{first} and {others} more"),
    }
}

#[component]
fn Line(pool: PoolView) -> impl IntoView {
    let limit = pool.licensed.count();
    let most = limit.unwrap_or(0).max(pool.held).max(pool.counted);
    let look = match () {
        () if pool.over_committed => "over",
        () if is_full(&pool) => "full",
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
                <span class="muted">{match limit {
                    Some(limit) => format!(" of {} in use", grouped(limit.into())),
                    None => " in use, metered".to_owned(),
                }}</span>
            </span>
            <Bar value=pool.held.into() of=most.into() mark=limit.filter(|limit| most > *limit).map(u64::from) look=look />
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

/// Every license is in use.
fn is_full(pool: &PoolView) -> bool {
    pool.licensed.count().is_some_and(|licensed| licensed > 0 && pool.held >= licensed)
}

/// "12 clients are connected and hold 61 licenses."
fn sentence(data: &ClientsPage) -> String {
    let connected = data.counts.connected;
    let products: Vec<_> = data.pools.iter().filter(|pool| pool.held > 0).collect();
    let who = match connected {
        0 => return "No client is connected.".to_owned(),
        number => count(number, "client is", "clients are"),
    };
    match products.as_slice() {
        [] => format!("{who} connected; none holds a license."),
        // Products contain one another: only one can be named by its number.
        [only] => format!("{who} connected; {} of {} in use.", grouped(only.held.into()), only.product),
        several => format!("{who} connected; {} products are in use.", several.len()),
    }
}

/// What asks for attention, and how much.
fn troubles(data: &ClientsPage) -> (Tone, Vec<String>) {
    let mut tone = if data.counts.connected == 0 { Tone::Neutral } else { Tone::Success };
    let mut said = Vec::new();
    let over: Vec<&str> =
        data.pools.iter().filter(|pool| pool.over_committed).map(|pool| pool.product.as_str()).collect();
    if !over.is_empty() {
        tone = Tone::Danger;
        said.push(format!(
            "More of {} is reserved than is licensed. Licenses in use stay in use; Leasehold grants no more until the total fits again.",
            named(&over)
        ));
    }
    let full: Vec<&str> = data
        .pools
        .iter()
        .filter(|pool| !pool.over_committed && is_full(pool))
        .map(|pool| pool.product.as_str())
        .collect();
    if !full.is_empty() {
        tone = if tone == Tone::Danger { tone } else { Tone::Warning };
        said.push(format!(
            "Every license of {} is in use: further requests are denied until one is returned.",
            named(&full)
        ));
    }
    let silent = data.counts.silent;
    if silent > 0 {
        tone = if tone == Tone::Danger { tone } else { Tone::Warning };
        let who = count(silent, "client is", "clients are");
        said.push(format!(
            "{who} out of contact. Leasehold releases a client's licenses about 2 minutes after its last refresh."
        ));
    }
    (tone, said)
}

/// The sentence, and a link for each state there is.
#[component]
pub(super) fn Standing(data: ClientsPage) -> impl IntoView {
    let (tone, said) = troubles(&data);
    let links: Vec<_> = STATES
        .into_iter()
        .map(|state| (state.as_str(), words_and_tone(state).0, in_state(&data.counts, state)))
        .filter(|(.., count)| *count > 0)
        .collect();
    view! {
        <Statement tone=tone sentence=sentence(&data)>
            {said.into_iter().map(|words| view! { <p>{words}</p> }).collect_view()}
            {(links.len() > 1).then(|| view! {
                <nav aria-label="Clients by state"><ul class="counts-list">
                    {links.into_iter().map(|(state, words, count)| {
                        let href = ClientFilter { state: state.to_owned(), ..ClientFilter::default() }.href();
                        view! { <li><a href=href><b>{count}</b>" "{words}</a></li> }
                    }).collect_view()}
                </ul></nav>
            })}
        </Statement>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::leases::ClientCounts;
    use licensing::product::Licensed;

    fn page(connected: usize, silent: usize, pools: &[(&str, u32, u32, bool)]) -> ClientsPage {
        ClientsPage {
            counts: ClientCounts { connected, silent, ..ClientCounts::default() },
            pools: pools
                .iter()
                .map(|(product, held, licensed, over)| PoolView {
                    product: (*product).into(),
                    licensed: Licensed::Count(*licensed),
                    held: *held,
                    counted: *held,
                    wanted: *held,
                    clients: 1,
                    over_committed: *over,
                })
                .collect(),
            ..ClientsPage::default()
        }
    }

    #[test]
    fn the_sentence_counts_clients_and_never_adds_products() {
        for (data, words) in [
            (page(0, 0, &[]), "No client is connected."),
            (page(1, 0, &[("VAD", 0, 4, false)]), "1 client is connected; none holds a license."),
            (page(12, 0, &[("VAD", 4, 5, false)]), "12 clients are connected; 4 of VAD in use."),
            (
                page(2, 0, &[("VAD", 4, 5, false), ("TTS3", 4, 5, false)]),
                "2 clients are connected; 2 products are in use.",
            ),
        ] {
            assert_eq!(sentence(&data), words);
        }
    }

    #[test]
    fn what_is_worst_gives_the_tone_and_everything_is_said() {
        for (data, tone, said) in [
            (page(1, 0, &[("VAD", 1, 5, false)]), Tone::Success, 0),
            (page(1, 0, &[("VAD", 5, 5, false)]), Tone::Warning, 1),
            (page(1, 2, &[("VAD", 1, 5, false)]), Tone::Warning, 1),
            (page(1, 2, &[("VAD", 6, 5, true), ("TTS3", 5, 5, false)]), Tone::Danger, 3),
            (page(0, 0, &[]), Tone::Neutral, 0),
        ] {
            let found = troubles(&data);
            assert_eq!((found.0, found.1.len()), (tone, said));
        }
    }
}
