//! One other cluster: its usage, its report, the vendor's answer for it.

use super::carry::{Contents, Measure, Ways};
use super::hand::LaneTitle;
use super::model::{ClusterPage, ReportModel};
use crate::components::{
    Banner, Card, Copyable, Disabled, EmptyState, FieldProblem, FormErrors, PageHeader, Submit, TextArea, described_by,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{grouped, time_in_use};

/// The page of `/exchange/clusters/{id}`.
#[component]
pub fn ClusterView(data: ClusterPage) -> impl IntoView {
    let id = data.cluster.id;
    let crumbs = vec![
        ("Exchange".to_owned(), paths::EXCHANGE.to_owned()),
        ("Other clusters".to_owned(), paths::EXCHANGE_CLUSTERS.to_owned()),
    ];
    let why_not = request().why_not(Permission::Exchange).map(str::to_owned);
    let (uri, tls) = (data.cluster.uri.clone(), data.cluster.tls);
    view! {
        <PageHeader
            title=data.cluster.name.clone()
            crumbs=crumbs
            lead=view! { <code class="path">{uri}</code> <span class="sep">{if tls { "over TLS" } else { "without TLS" }}</span> }.drawn()
        />
        <FormErrors />
        {data.result.clone().map(|(tone, text)| view! { <Banner tone=tone text=text /> })}
        <div class="lanes">
            <Fetch id=id report=data.pulled.clone() why_not=why_not.clone() />
            <section class="card lane" id="carry" aria-labelledby="carry-title">
                <LaneTitle number=2 id="carry-title" title="Carry" />
                {match data.pulled.clone() {
                    Some(report) => view! { <Ways report=report download=None /> }.drawn(),
                    None => view! { <p class="muted">"Fetch the report first. Then carry it to a machine that reaches "<code>{data.licensing_url.clone()}</code>"."</p> }.drawn(),
                }}
                {(!data.has_auth).then(|| view! { <p class="fine">"No auth string is saved for this cluster. Add it to the command yourself."</p> })}
            </section>
            <Push id=id why_not=why_not.clone() />
        </div>
        {data.pulled.clone().map(|report| view! { <Contents title="Report contents" lead="Written by the cluster and passed on unchanged." report=report /> })}
        <div class="columns">
            <div><Usage id=id usage=data.usage.clone() why_not=why_not /></div>
            <div>
                <About data=data.clone() />
                <Remove id=id name=data.cluster.name />
            </div>
        </div>
    }
    .drawn()
}

/// Fetches the report.
#[component]
fn Fetch(id: i64, report: Option<ReportModel>, why_not: Option<String>) -> impl IntoView {
    let look = if report.is_some() { "" } else { "primary" };
    view! {
        <section class="card lane" id="fetch" aria-labelledby="fetch-title">
            <LaneTitle number=1 id="fetch-title" title="Fetch" />
            <p>"The cluster creates a usage report and waits for its answer."</p>
            <form method="post" action=paths::cluster_action(id, "pull") class="actions">
                <Submit look=look why_not=why_not>"Fetch the report"</Submit>
            </form>
            {report.map(|report| view! {
                <dl class="facts stacked">
                    <div><dt>"Report"</dt><dd><Copyable value=report.status_id.clone() what="the id of the report" /></dd></div>
                    <Measure report=report />
                </dl>
            })}
        </section>
    }
    .drawn()
}

/// Hands the answer to the cluster.
#[component]
fn Push(id: i64, why_not: Option<String>) -> impl IntoView {
    let context = request();
    let wrong = context.error("response");
    let disabled = why_not.is_some();
    view! {
        <section class="card lane" id="push" aria-labelledby="push-title">
            <LaneTitle number=3 id="push-title" title="Deliver" />
            <p>"Send the vendor's answer to the cluster. The cluster checks it and accepts or refuses it."</p>
            <form method="post" action=paths::cluster_action(id, "push") class="upload">
                <div class="field">
                    <label for="response">"The answer"</label>
                    <p class="hint" id="response-hint">"Paste all of it, from the first { to the last }."</p>
                    <TextArea name="response" id="response" text=context.typed("response", "") rows=7 described_by=described_by("response", true, wrong.is_some()).unwrap_or_default() invalid=wrong.is_some() disabled=disabled autofocus=context.focuses("response") look="input mono" />
                    {wrong.map(|sentence| view! { <FieldProblem name="response".to_owned() sentence=sentence /> })}
                </div>
                <div class="actions">
                    <button type="submit" class="button primary" disabled=disabled>"Deliver the answer"</button>
                    {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                </div>
            </form>
        </section>
    }
    .drawn()
}

/// What the cluster counted.
#[component]
fn Usage(id: i64, usage: Option<Vec<(String, u64, u64)>>, why_not: Option<String>) -> impl IntoView {
    let body = match usage {
        None => view! { <p class="muted">"Not fetched yet. Fetching changes nothing on the cluster."</p> }.drawn(),
        Some(rows) if rows.is_empty() => {
            view! { <EmptyState title="No usage" why="The cluster reported no usage for this deployment." /> }.drawn()
        }
        Some(rows) => view! {
            <table class="table usage">
                <caption class="vh">"Usage of the cluster"</caption>
                <thead><tr><th scope="col">"Name"</th><th scope="col" class="num">"Count"</th><th scope="col" class="num">"Time"</th></tr></thead>
                <tbody>
                    {rows.into_iter().map(|(name, count, ms)| view! {
                        <tr>
                            <th scope="row"><code>{name}</code></th>
                            <td class="num">{grouped(count)}</td>
                            <td class="num" title=format!("{} ms", grouped(ms))>{time_in_use(ms)}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
            <p class="fine">"Names overlap, so there is no total."</p>
        }
        .drawn(),
    };
    view! {
        <Card title="Usage" id="usage">
            {body}
            <form method="post" action=paths::cluster_action(id, "report") class="actions">
                <Submit why_not=why_not>"Fetch usage"</Submit>
            </form>
        </Card>
    }
    .drawn()
}

#[component]
fn About(data: ClusterPage) -> impl IntoView {
    view! {
        <Card title="Details" id="about">
            <dl class="facts stacked">
                <div><dt>"Deployment id"</dt><dd><Copyable value=data.cluster.deployment what="the deployment id" /></dd></div>
                <div><dt>"Operator id"</dt><dd><Copyable value=data.operator what="the operator id" /></dd></div>
                <div><dt>"Reports are sent to"</dt><dd><code class="path">{data.licensing_url}</code></dd></div>
                <div><dt>"Auth string"</dt><dd>{if data.has_auth { "Saved, not shown" } else { "Not saved" }}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}

/// Removal, behind one more step.
#[component]
fn Remove(id: i64, name: String) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    view! {
        <details class="disclosure danger-zone">
            <summary>{format!("Remove {name}")}</summary>
            <p>{format!("Leasehold deletes the address, the ids and the auth string of {name}. The cluster keeps running and keeps its licenses.")}</p>
            <form method="post" action=paths::cluster_action(id, "remove") class="actions">
                <Submit look="danger" why_not=why_not>{format!("Remove {name}")}</Submit>
            </form>
        </details>
    }
    .drawn()
}
