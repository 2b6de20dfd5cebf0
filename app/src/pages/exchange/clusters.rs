//! Clusters of the vendor's speech products whose reports are carried from here.

use super::model::{ClusterRow, ClustersPage};
use super::tabs::Tabs;
use crate::components::{
    Card, Disabled, EmptyState, Field, FieldProblem, FormErrors, PageHeader, Tag, TextArea, described_by,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

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
fn Item(cluster: ClusterRow) -> impl IntoView {
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
