//! What would void the license, before it happens.

use super::model::{ComponentRow, MachineLicense};
use crate::components::Tag;
use crate::drawn::Draw;
use leptos::prelude::*;

#[component]
pub(super) fn WhatVoids(data: MachineLicense) -> impl IntoView {
    let differs = data.components.iter().any(|row| row.differs && row.voids);
    view! {
        <details class="disclosure" open=differs>
            <summary>"Changes that void it, and changes it tolerates"</summary>
            <div class="stack wide">
            <table class="table">
                <caption class="vh">"This machine compared with the license"</caption>
                <thead><tr>
                    <th scope="col">"Component"</th>
                    <th scope="col">"Now"</th>
                    <th scope="col">"In the license"</th>
                    <th scope="col">"When it would change"</th>
                </tr></thead>
                <tbody>{data.components.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}</tbody>
            </table>
            <p class="fine">"For ids, only the first digits of the SHA-256 are shown."</p>
            <div class="columns">
                <div>
                    <h3>"Changes that void it"</h3>
                    <ul class="plain-list">{data.voids.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                </div>
                <div>
                    <h3>"Changes it tolerates"</h3>
                    <ul class="plain-list">{data.allowed.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                </div>
            </div>
            </div>
        </details>
    }
    .drawn()
}

#[component]
fn Row(row: ComponentRow) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{row.label}</th>
            <td data-label="Now">{row.now}{row.differs.then(|| view! { " "<Tag text="changed" look="set" /> })}</td>
            <td data-label="In the license">{row.licensed.unwrap_or_else(|| "not bound".to_owned())}</td>
            <td data-label="When it would change" class="muted">{row.when}</td>
        </tr>
    }
    .drawn()
}
