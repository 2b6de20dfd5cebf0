//! What is in use now, the most pressing first.

use crate::components::{Card, LinkButton};
use crate::drawn::Draw;
use crate::pages::clients::{PoolUse, Pools};
use crate::paths;
use leptos::prelude::*;
use licensing::words::count;

/// Products that are shown; the page of the clients has all.
const SHOWN: usize = 5;

/// The products nearest to their limit, the over-committed before all.
fn pressing(mut pools: Vec<PoolUse>) -> Vec<PoolUse> {
    let nearness = |pool: &PoolUse| f64::from(pool.held) / f64::from(pool.licensed.max(1));
    pools.sort_by(|a, b| {
        b.over_committed
            .cmp(&a.over_committed)
            .then(nearness(b).total_cmp(&nearness(a)))
            .then_with(|| a.product.cmp(&b.product))
    });
    pools
}

/// Use by product, or how to begin.
#[component]
pub(super) fn InUse(pools: Vec<PoolUse>, clients: usize) -> impl IntoView {
    let aside = view! { <a href=paths::CLIENTS>"Clients"</a>" · "<a href=paths::USAGE>"Usage"</a> };
    let idle = clients == 0 && pools.iter().all(|pool| pool.counted == 0 && pool.held == 0);
    let rest = pools.len().saturating_sub(SHOWN);
    let shown: Vec<PoolUse> = pressing(pools).into_iter().take(SHOWN).collect();
    view! {
        <Card title="In use now" id="in-use" aside=aside.drawn()>
            {if idle {
                view! {
                    <p class="muted">"No applications are connected."</p>
                    <div class="actions"><LinkButton href=paths::CLIENTS>"Connect an application"</LinkButton></div>
                }.drawn()
            } else {
                view! {
                    <Pools pools=shown />
                    {(rest > 0).then(|| view! { <p class="fine">{format!("{} more.", count(rest, "product", "products"))}</p> })}
                }.drawn()
            }}
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearest_to_its_limit_comes_first() {
        let pool = |product: &str, held, licensed, over_committed| PoolUse {
            product: product.into(),
            held,
            licensed,
            over_committed,
            ..PoolUse::default()
        };
        let sorted = pressing(vec![
            pool("half", 5, 10, false),
            pool("over", 1, 9, true),
            pool("full", 3, 3, false),
            pool("none", 0, 0, false),
        ]);
        let names: Vec<_> = sorted.iter().map(|pool| pool.product.as_str()).collect();
        assert_eq!(names, ["over", "full", "half", "none"]);
    }
}
