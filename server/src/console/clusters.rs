//! Clusters that are not this server, over their reporting API.

use app::drawn::Draw;
use app::pages::exchange::{ClusterPage, ClusterView, ClustersPage, ClustersView, ReportModel};
use app::paths;
use app::request::Tone;
use axum::http::StatusCode;
use engine::audit::{AuditOutcome, NewAuditEntry};
use engine::exchange::{Cluster, NewCluster};
use leptos::prelude::*;
use licensing::pasted::json_text;
use licensing::status_response::MAX_RESPONSE;
use reporting::client::{Address, CallerIdentity, ClientError, ReportingClient, TlsChoice};

use super::exchange::by_hand::{Report, report_model};
use super::form::{Form, wrong};
use super::{Console, Id, Page, PageError};

/// `GET /exchange/clusters`
pub async fn page(console: Console) -> Result<Page, PageError> {
    list(&console).await
}

async fn list(console: &Console) -> Result<Page, PageError> {
    let data = ClustersPage { items: console.engine.clusters().await? };
    Ok(Page::new("Other clusters", || view! { <ClustersView data=data /> }.drawn()))
}

/// `GET /exchange/clusters/{id}`
pub async fn one(console: Console, Id(id): Id) -> Result<Page, PageError> {
    let cluster = console.engine.cluster(id).await?.ok_or(PageError::NOWHERE)?;
    Ok(drawn(unasked(cluster)))
}

fn drawn(data: ClusterPage) -> Page {
    Page::new(data.cluster.name.clone(), || view! { <ClusterView data=data /> }.drawn())
}

/// `POST /exchange/clusters`
pub async fn add(form: Form) -> Result<Page, PageError> {
    let text = |name: &str| form.value(name).to_owned();
    let new = NewCluster {
        name: text("name"),
        uri: text("uri"),
        tls: form.value("tls") == "on",
        ca: text("ca"),
        deployment: text("deployment"),
        operator: text("operator"),
        auth: text("auth"),
        licensing_url: text("licensing_url"),
    };
    match form.engine.add_cluster(&form.actor(), &new).await {
        Ok(id) => Ok(form.done(format!("The cluster {} was added.", new.name.trim()), paths::cluster(id)).await),
        Err(refused) => form.refused(&refused, paths::EXCHANGE_CLUSTERS, list(&form)).await,
    }
}

/// `POST /exchange/clusters/{id}/remove`
pub async fn remove(Id(id): Id, form: Form) -> Result<Page, PageError> {
    if form.engine.remove_cluster(&form.actor(), id).await? {
        return Ok(form.done("The cluster was removed.", paths::EXCHANGE_CLUSTERS).await);
    }
    Ok(Page::to(paths::EXCHANGE_CLUSTERS))
}

/// What a form about a cluster needs.
struct Asked {
    cluster: Cluster,
    page: ClusterPage,
    who: CallerIdentity,
    client: Result<ReportingClient, ClientError>,
}

async fn asked(form: &Form, id: i64) -> Result<Asked, PageError> {
    let Some(cluster) = form.engine.cluster(id).await? else {
        return Err(PageError::gone("This cluster has been removed."));
    };
    let tls = match (cluster.tls, cluster.ca.clone()) {
        (true, ca) => TlsChoice::On { ca: ca.map(String::into_bytes) },
        (false, _) => TlsChoice::Off,
    };
    let ids = (cluster.deployment.parse(), cluster.operator.parse());
    let (Ok(address), (Ok(deployment), Ok(operator))) = (cluster.uri.parse::<Address>(), ids) else {
        return Err(PageError::Said(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Not usable".into(),
            "The saved data of this cluster can't be used. Remove it and add it again.".into(),
        ));
    };
    let client = ReportingClient::connect(address, tls).await;
    Ok(Asked { page: unasked(cluster.clone()), cluster, who: CallerIdentity { deployment, operator }, client })
}

fn show(form: &Form, page: ClusterPage, status: StatusCode) -> Page {
    let path = paths::cluster(page.cluster.id);
    drawn(page).at(path).status(status).with_form(form.state(Vec::new()))
}

/// The cluster did not do what it was asked.
fn failed(form: &Form, mut page: ClusterPage, why: impl std::fmt::Display) -> Page {
    page.result = Some((Tone::Danger, why.to_string()));
    show(form, page, StatusCode::BAD_GATEWAY)
}

async fn note(form: &Form, cluster: &Cluster, action: &str, sentence: String, outcome: AuditOutcome) {
    let actor = form.actor();
    let entry = NewAuditEntry { actor: &actor, action, sentence, outcome };
    if let Err(error) = form.engine.audit.record(entry.about(&cluster.name)).await {
        tracing::error!(%error, "could not record a cluster action in the audit log");
    }
}

/// `POST /exchange/clusters/{id}/report`: what it has counted.
pub async fn report(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let Asked { mut page, who, client, .. } = asked(&form, id).await?;
    let usage = match client {
        Ok(client) => client.usage_report(who, "").await,
        Err(error) => Err(error),
    };
    match usage {
        Ok(usage) => {
            let rows = usage.license_usage.into_iter().map(|(name, usage)| (name, usage.usage_count, usage.usage_ms));
            let mut rows: Vec<_> = rows.collect();
            rows.sort();
            page.usage = Some(rows);
            Ok(show(&form, page, StatusCode::OK))
        }
        Err(error) => Ok(failed(&form, page, error)),
    }
}

/// `POST /exchange/clusters/{id}/pull`: its report, to be carried.
pub async fn pull(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let Asked { cluster, mut page, who, client } = asked(&form, id).await?;
    let pulled = match client {
        Ok(client) => client.pull(who).await,
        Err(error) => Err(error),
    };
    match pulled {
        Ok(pulled) => {
            let auth = form.engine.cluster_auth(id).await.ok().flatten();
            let said = format!("Fetched a report of the cluster {}.", cluster.name);
            note(&form, &cluster, "cluster.pull", said, AuditOutcome::Done).await;
            let auth = auth.unwrap_or_default();
            let curl = reporting::curl::curl_command(&cluster.licensing_url, &auth, &pulled.report);
            let now = form.engine.now_ms();
            page.pulled = Some(pulled_model(&cluster, &pulled.status_id, &pulled.report, curl, now));
            Ok(show(&form, page, StatusCode::OK))
        }
        Err(error) => Ok(failed(&form, page, error)),
    }
}

/// `POST /exchange/clusters/{id}/push`: the answer to that report.
pub async fn push(Id(id): Id, form: Form) -> Result<Page, PageError> {
    let Asked { cluster, mut page, who, client } = asked(&form, id).await?;
    let pasted = form.value("response").trim().to_owned();
    let found = json_text(&pasted)
        .ok()
        .filter(|(_, response)| response.len() <= MAX_RESPONSE)
        .and_then(|(value, response)| Some((value["license-status-id"].as_str()?.to_owned(), response)));
    let Some((status_id, response)) = found else {
        let message =
            "This is not a licensing node's answer: it is not JSON, or has no license-status-id. Nothing was sent.";
        let errors = vec![wrong(Some("response"), message)];
        return form.refuse(paths::cluster(id), errors, async { Ok(drawn(page)) }).await;
    };
    let pushed = match client {
        Ok(client) => client.push(who, &status_id, &response).await,
        Err(error) => Err(error),
    };
    match pushed {
        Ok(()) => {
            let said = format!("Delivered to the cluster {} the answer to {status_id}.", cluster.name);
            note(&form, &cluster, "cluster.push", said, AuditOutcome::Done).await;
            page.result = Some((Tone::Success, "The cluster accepted the answer.".to_owned()));
            Ok(show(&form, page, StatusCode::OK))
        }
        Err(error) => {
            let said = format!("The cluster {} refused the answer to {status_id}: {error}", cluster.name);
            note(&form, &cluster, "cluster.push", said, AuditOutcome::Refused).await;
            Ok(failed(&form, page, error))
        }
    }
}

fn unasked(cluster: Cluster) -> ClusterPage {
    ClusterPage { cluster, usage: None, pulled: None, result: None }
}

/// A report a cluster made, with the command that sends it there.
fn pulled_model(cluster: &Cluster, status_id: &str, json: &str, curl: String, now_ms: i64) -> ReportModel {
    ReportModel {
        opened_ms: now_ms,
        opened_by: cluster.name.clone(),
        curl,
        ..report_model(&Report { status_id, json, state: "open" }, &cluster.licensing_url)
    }
}
