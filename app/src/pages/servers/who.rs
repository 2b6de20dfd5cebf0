//! Who serves whom.

use super::model::ServerCard;
use super::span_words;
use crate::components::{Card, Hidden, Pill, Submit, Tag, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

#[component]
pub(super) fn Who(servers: Vec<ServerCard>) -> impl IntoView {
    view! {
        <Card title="Who serves whom" id="who">
            <ul class="server-cards">{servers.into_iter().map(|server| view! { <Server server=server /> }).collect_view()}</ul>
        </Card>
    }
    .drawn()
}

#[component]
fn Server(server: ServerCard) -> impl IntoView {
    let clients = server.clients.map(|count| match (server.own, count) {
        (true, 1..) => view! { <a href=paths::CLIENTS>{count}</a> }.drawn(),
        _ => count.drawn(),
    });
    let why_not = request().why_not(Permission::ManageServers).map(str::to_owned);
    let name = server.name.clone();
    view! {
        <li class=format!("server-card {}", server.tone.class())>
            <header>
                <b>{server.name.clone()}</b>
                {server.own.then(|| view! { <Tag text="this one" /> })}
                <Pill tone=server.tone text=server.state />
            </header>
            <dl class="facts">
                <div><dt>"Role"</dt><dd>{server.role}</dd></div>
                {server.since_ms.map(|at| view! { <div><dt>"Since"</dt><dd><TimeAgo at_ms=at /></dd></div> })}
                {clients.map(|clients| view! { <div><dt>"Clients"</dt><dd>{clients}</dd></div> })}
                {server.hours.map(|hours| view! {
                    <div><dt>"Hours left"</dt><dd>{span_words(hours.left_ms)}{hours.told_ms_ago.filter(|ago| *ago > 10_000).map(|ago| format!(", as told {} ago", span_words(ago)))}</dd></div>
                })}
                {(!server.own).then(|| server.seen_ms.map(|at| view! { <div><dt>"Last heard"</dt><dd><TimeAgo at_ms=at /></dd></div> }))}
                {server.clock.map(|words| view! { <div><dt>"Its clock"</dt><dd>{words}</dd></div> })}
                {(!server.version.is_empty()).then(|| view! { <div><dt>"Version"</dt><dd>{server.version}</dd></div> })}
                {server.url.map(|url| {
                    let shown = url.clone();
                    view! { <div><dt>"Console"</dt><dd><a href=url rel="noreferrer">{shown}</a></dd></div> }
                })}
            </dl>
            {server.removable.then(|| view! {
                <details class="disclosure remove">
                    <summary>{format!("Remove {name}")}</summary>
                    <p>{format!("{name} leaves the installation: the servers stop watching one another. Its licenses and clients stay as they are.")}</p>
                    <form method="post" action=paths::SERVERS_REMOVE>
                        <Hidden name="name" value=name.clone() />
                        <Submit look="danger" why_not=why_not>{format!("Remove {name}")}</Submit>
                    </form>
                </details>
            })}
        </li>
    }
    .drawn()
}
