//! What the license permits, product by product.

use super::model::VeProduct;
use crate::components::{Copyable, Date};
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::grouped;

#[component]
pub(super) fn Products(products: Vec<VeProduct>) -> impl IntoView {
    let secrets: Vec<(String, String)> =
        products.iter().filter_map(|product| Some((product.name.clone(), product.passphrase.clone()?))).collect();
    view! {
        <table class="table">
            <caption class="vh">"Products of this license"</caption>
            <thead><tr>
                <th scope="col">"Product"</th>
                <th scope="col">"Up to version"</th>
                <th scope="col" class="num">"Instances"</th>
                <th scope="col" class="num">"CPUs each"</th>
                <th scope="col" class="num">"Memory each"</th>
            </tr></thead>
            <tbody>{products.into_iter().map(|product| view! { <Row product=product /> }).collect_view()}</tbody>
        </table>
        {(!secrets.is_empty()).then(|| view! {
            <details class="disclosure">
                <summary>"Passphrases"</summary>
                <div class="stack wide">
                <p class="fine">"Anyone who knows a passphrase can check out licenses of its product. Clients put it in their address: VE://host:port/passphrase."</p>
                <dl class="facts">
                    {secrets.into_iter().map(|(name, passphrase)| view! {
                        <div><dt>{name}</dt><dd><Copyable value=passphrase what="the passphrase" /></dd></div>
                    }).collect_view()}
                </dl>
                </div>
            </details>
        })}
    }
    .drawn()
}

#[component]
fn Row(product: VeProduct) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><code class="product">{product.name}</code>
                {(!product.codes.is_empty()).then(|| view! { <span class="sub">{product.codes}</span> })}
                {product.until_ms.map(|at| view! { <span class="sub">"until "<Date at_ms=at /></span> })}
            </th>
            <td data-label="Up to version">{product.version}</td>
            <td class="num" data-label="Instances">{grouped(product.instances.into())}</td>
            <td class="num" data-label="CPUs each">{grouped(product.cpus.into())}</td>
            <td class="num" data-label="Memory each">{format!("{} MB", grouped(product.memory_mb))}</td>
        </tr>
    }
    .drawn()
}
