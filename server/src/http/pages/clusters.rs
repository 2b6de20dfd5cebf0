//! Clusters that are not this server, over their reporting API.

use app::answer::Answer;
use app::load::exchange as load;
use app::pages::exchange::ClusterPage;
use app::paths;
use app::request::{FlashKind, Tone};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::audit::Outcome;
use engine::exchange::{Cluster, ClusterError, NewCluster};
use licensing::status_response::MAX_RESPONSE;
use reporting::client::{Address, Client, ClientError, Identity, TlsChoice};
use serde_json::Value;

use super::form::{Form, wrong};
use super::render::{Drawing, draw};
use super::{error, flash};
use crate::http::state::App;

/// `POST /exchange/clusters`
pub async fn add(State(app): State<App>, form: Form) -> Response {
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
    match app.engine.add_cluster(&form.caller().actor(Origin::Console), &new).await {
        Ok(id) => {
            flash::leave(&form.session(), FlashKind::Success, format!("The cluster {} was added.", new.name.trim()))
                .await;
            Redirect::to(&paths::cluster(id)).into_response()
        }
        Err(ClusterError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(ClusterError::Field { field, message }) => {
            let errors = vec![wrong(Some(field), message)];
            form.refuse(&app, paths::EXCHANGE_CLUSTERS, StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
    }
}

/// `POST /exchange/clusters/{id}/remove`
pub async fn remove(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    match app.engine.remove_cluster(&form.caller().actor(Origin::Console), id).await {
        Ok(removed) => {
            if removed {
                flash::leave(&form.session(), FlashKind::Success, "The cluster was removed.").await;
            }
            Redirect::to(paths::EXCHANGE_CLUSTERS).into_response()
        }
        Err(failed) => error::internal(&app, &form.parts, &failed).await,
    }
}

/// What a form about a cluster needs.
struct Asked {
    cluster: Cluster,
    page: ClusterPage,
    who: Identity,
    client: Result<Client, ClientError>,
}

async fn asked(app: &App, form: &Form, id: i64) -> Result<Asked, Response> {
    let found = match app.engine.cluster(id).await {
        Ok(found) => found.zip(load::cluster(&app.engine, id).await.ok().flatten()),
        Err(failed) => return Err(error::internal(app, &form.parts, &failed).await),
    };
    let Some((cluster, page)) = found else {
        let sentence = "There is no such cluster any more.";
        return Err(error::answer(app, &form.parts, StatusCode::NOT_FOUND, "Nothing is here", sentence).await);
    };
    let tls = match (cluster.tls, cluster.ca.clone()) {
        (true, ca) => TlsChoice::On { ca: ca.map(String::into_bytes) },
        (false, _) => TlsChoice::Off,
    };
    let ids = (cluster.deployment.parse(), cluster.operator.parse());
    let (Ok(address), (Ok(deployment), Ok(operator))) = (cluster.uri.parse::<Address>(), ids) else {
        let sentence = "What is kept of this cluster cannot be used. Remove it and add it again.";
        return Err(error::answer(app, &form.parts, StatusCode::UNPROCESSABLE_ENTITY, "Not usable", sentence).await);
    };
    let client = Client::connect(address, tls).await;
    Ok(Asked { cluster, page, who: Identity { deployment, operator }, client })
}

async fn show(app: &App, form: &Form, page: ClusterPage, status: StatusCode) -> Response {
    let path = Some(paths::cluster(page.cluster.id));
    let drawing = Drawing {
        answer: Some(Answer::Cluster(Box::new(page))),
        form: Some(form.state(Vec::new())),
        path,
        status: Some(status),
    };
    draw(app, &form.parts, drawing).await
}

/// The cluster did not do what it was asked.
async fn failed(app: &App, form: &Form, mut page: ClusterPage, why: impl std::fmt::Display) -> Response {
    page.result = Some((Tone::Danger, why.to_string()));
    show(app, form, page, StatusCode::BAD_GATEWAY).await
}

async fn note(app: &App, form: &Form, action: &str, sentence: String, outcome: Outcome) {
    let actor = form.caller().actor(Origin::Console);
    if let Err(error) = app.engine.audit.note(&actor, action, sentence, outcome).await {
        tracing::error!(%error, "what was done with a cluster could not be noted in the audit log");
    }
}

/// `POST /exchange/clusters/{id}/report`: what it has counted.
pub async fn report(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    let Asked { mut page, who, client, .. } = match asked(&app, &form, id).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
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
            show(&app, &form, page, StatusCode::OK).await
        }
        Err(error) => failed(&app, &form, page, error).await,
    }
}

/// `POST /exchange/clusters/{id}/pull`: its report, to be carried.
pub async fn pull(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    let Asked { cluster, mut page, who, client } = match asked(&app, &form, id).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let pulled = match client {
        Ok(client) => client.pull(who).await,
        Err(error) => Err(error),
    };
    match pulled {
        Ok(pulled) => {
            let auth = app.engine.cluster_auth(id).await.ok().flatten();
            note(
                &app,
                &form,
                "cluster.pull",
                format!("Fetched a report of the cluster {}.", cluster.name),
                Outcome::Done,
            )
            .await;
            let auth = auth.unwrap_or_default();
            let curl = reporting::curl::curl_command(&cluster.licensing_url, &auth, &pulled.report);
            let now = app.engine.now_ms();
            page.pulled = Some(load::pulled_model(&cluster, &pulled.status_id, &pulled.report, curl, now));
            show(&app, &form, page, StatusCode::OK).await
        }
        Err(error) => failed(&app, &form, page, error).await,
    }
}

/// `POST /exchange/clusters/{id}/push`: the answer to that report.
pub async fn push(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    let Asked { cluster, mut page, who, client } = match asked(&app, &form, id).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let response = form.value("response").trim().to_owned();
    let status_id = serde_json::from_str::<Value>(&response)
        .ok()
        .filter(|_| response.len() <= MAX_RESPONSE)
        .and_then(|value| value["license-status-id"].as_str().map(str::to_owned));
    let Some(status_id) = status_id else {
        let message = "This is not a response of a licensing node: it is not JSON, or names no license-status-id. Nothing was sent.";
        let drawing = Drawing {
            form: Some(form.state(vec![wrong(Some("response"), message)])),
            path: Some(paths::cluster(id)),
            status: Some(StatusCode::UNPROCESSABLE_ENTITY),
            answer: Some(Answer::Cluster(Box::new(page))),
        };
        return draw(&app, &form.parts, drawing).await;
    };
    let pushed = match client {
        Ok(client) => client.push(who, &status_id, &response).await,
        Err(error) => Err(error),
    };
    match pushed {
        Ok(()) => {
            let said = format!("Gave the cluster {} the answer to {status_id}.", cluster.name);
            note(&app, &form, "cluster.push", said, Outcome::Done).await;
            page.result = Some((Tone::Success, "The cluster checked the answer and took it in.".to_owned()));
            show(&app, &form, page, StatusCode::OK).await
        }
        Err(error) => {
            let said = format!("The cluster {} did not take the answer to {status_id}: {error}", cluster.name);
            note(&app, &form, "cluster.push", said, Outcome::Refused).await;
            failed(&app, &form, page, error).await
        }
    }
}
