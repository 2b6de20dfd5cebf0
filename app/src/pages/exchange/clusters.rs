//! Clusters of the vendor's speech products whose reports are carried from here: their usage, their reports, the vendor's answers
//! for them.

use super::Tabs;
use super::carry::{Contents, LaneTitle, Measure, ReportModel, Ways};
use crate::components::{
    Banner, Card, Column, Copyable, Disabled, EmptyState, Field, FieldProblem, FormErrors, PageHeader, Removal, Submit,
    Table, Tag, TextArea, described_by,
};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::Cluster;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{grouped, time_in_use};

/// The clusters that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClustersPage {
    pub items: Vec<Cluster>,
}

/// One cluster, and what it last answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterPage {
    pub cluster: Cluster,
    /// Name, count, milliseconds.
    pub usage: Option<Vec<(String, u64, u64)>>,
    /// The report just fetched.
    pub pulled: Option<ReportModel>,
    /// What the last action led to.
    pub result: Option<(Tone, String)>,
}

/// The page of `/exchange/clusters`.
#[component]
pub fn ClustersView(data: ClustersPage) -> impl IntoView {
    let body = if data.items.is_empty() {
        view! {
            <EmptyState title="No other clusters" why="When a cluster cannot reach the vendor itself, add it below. Leasehold fetches its report over its reporting API and delivers the vendor's answer." />
        }
        .drawn()
    } else {
        view! {
            <ul class="clusters">
                {data.items.into_iter().map(|cluster| view! { <Item cluster=cluster /> }).collect_view()}
            </ul>
        }
        .drawn()
    };
    view! {
        <PageHeader title="Other clusters" lead=view! { "Fetch their usage and reports, and deliver the vendor's answers." }.drawn() />
        <Tabs />
        <FormErrors />
        <Card title="Clusters" id="clusters">{body}</Card>
        <Add />
    }
    .drawn()
}

#[component]
fn Item(cluster: Cluster) -> impl IntoView {
    view! {
        <li>
            <div class="event-text">
                <p><a class="strong" href=paths::cluster(cluster.id)>{cluster.name}</a></p>
                <p class="fine"><code>{cluster.uri}</code>{if cluster.tls { ", over TLS" } else { ", without TLS" }}</p>
            </div>
            <div class="cluster-id"><Tag text="Deployment" /><code>{cluster.deployment}</code></div>
        </li>
    }
    .drawn()
}

/// The form for another one.
#[component]
fn Add() -> impl IntoView {
    let context = request();
    let why_not = context.why_not(Permission::EditConfiguration);
    let disabled = why_not.is_some();
    let typed_before = context.form.is_some();
    let tls = !typed_before || context.typed("tls", "") == "on";
    let ca = context.typed("ca", "");
    let wrong_ca = context.error("ca");
    let open = !ca.is_empty() || wrong_ca.is_some();
    view! {
        <Card title="Add a cluster" id="add">
            <form method="post" action=paths::EXCHANGE_CLUSTERS class="pairs">
                <Field name="name" label="Name" hint="Its name in this console." disabled=disabled required=true />
                <Field name="uri" label="Address of its reporting API" hint="Host and port, such as reporting-api.example:443." mono=true disabled=disabled required=true />
                <Field name="deployment" label="Deployment id" hint="A UUID from the vendor's documents." mono=true disabled=disabled required=true />
                <Field name="operator" label="Operator id" hint="A UUID that identifies the requester." mono=true disabled=disabled required=true />
                <Field name="auth" kind="password" label="Auth string" autocomplete="new-password" hint="For the command that sends the report. Never shown again." mono=true disabled=disabled />
                <Field name="licensing_url" label="Where its reports are sent" hint="https:// and the vendor's licensing address." mono=true disabled=disabled required=true />
                <div class="check full">
                    <input type="checkbox" id="tls" name="tls" value="on" checked=tls disabled=disabled aria-describedby="tls-hint" />
                    <label for="tls">"Use TLS"</label>
                    <p class="hint" id="tls-hint">"Without TLS, anyone on the network path can read the traffic."</p>
                </div>
                <details class="disclosure full" open=open>
                    <summary>"Its certificate is from a private authority"</summary>
                    <div class="field">
                        <label for="ca">"Certificate of the authority"</label>
                        <p class="hint" id="ca-hint">"PEM: from BEGIN CERTIFICATE to END CERTIFICATE, these lines included."</p>
                        <TextArea name="ca" id="ca" text=ca rows=6 described_by=described_by("ca", true, wrong_ca.is_some()).unwrap_or_default() invalid=wrong_ca.is_some() disabled=disabled autofocus=context.focuses("ca") look="input mono" />
                        {wrong_ca.map(|sentence| view! { <FieldProblem name="ca".to_owned() sentence=sentence /> })}
                    </div>
                </details>
                <div class="actions full">
                    <button type="submit" class="button primary" disabled=disabled>"Add the cluster"</button>
                    {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                </div>
            </form>
        </Card>
    }
    .drawn()
}

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
                    None => view! { <p class="muted">"Fetch the report first. Then carry it to a machine that reaches "<code>{data.cluster.licensing_url.clone()}</code>"."</p> }.drawn(),
                }}
                {(!data.cluster.has_auth).then(|| view! { <p class="fine">"No auth string is saved for this cluster. Add it to the command yourself."</p> })}
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

/// Name, count, milliseconds.
fn used(rows: &[(String, u64, u64)]) -> Drawn {
    Table::new("Usage of the cluster")
        .labelled()
        .look("usage")
        .sorts("usage", "name", false)
        .column(
            Column::row_header("Name", |(name, ..): &(String, u64, u64), cell| cell.code(name))
                .sort_by("name", |(name, ..)| name.clone()),
        )
        .column(
            Column::number("Count", |(_, count, _): &(String, u64, u64), cell| cell.number(*count))
                .unlabelled()
                .sort_by("count", |(_, count, _)| *count),
        )
        .column(
            Column::number("Time", |(.., ms): &(String, u64, u64), cell| {
                cell.titled(&format!("{} ms", grouped(*ms)), &time_in_use(*ms));
            })
            .unlabelled()
            .sort_by("time", |(.., ms)| *ms),
        )
        .draw(rows)
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
            {used(&rows)}
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
                <div><dt>"Operator id"</dt><dd><Copyable value=data.cluster.operator what="the operator id" /></dd></div>
                <div><dt>"Reports are sent to"</dt><dd><code class="path">{data.cluster.licensing_url}</code></dd></div>
                <div><dt>"Auth string"</dt><dd>{if data.cluster.has_auth { "Saved, not shown" } else { "Not saved" }}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}

/// Removal, behind one more step.
#[component]
fn Remove(id: i64, name: String) -> impl IntoView {
    view! {
        <Removal verb=format!("Remove {name}") action=paths::cluster_action(id, "remove")>
            {format!("Leasehold deletes the address, the ids and the auth string of {name}. The cluster keeps running and keeps its licenses.")}
        </Removal>
    }
}
