use crate::console::alerts::state;
use axum::Json;
use axum::extract::State;
use engine::alerts::AlertRule;
use licensing::alert::Standing;
use serde::Serialize;

use crate::http::problem::Problem;
use crate::http::state::App;
use crate::time::rfc3339;

/// All rules, with how they stand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Alerts {
    items: Vec<Alert>,
    next: Option<i64>,
}

/// One rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Alert {
    id: i64,
    /// The kind of condition: `hours_left`, `peer_down` and so on.
    condition: String,
    /// Its number: hours, seconds or days.
    threshold: Option<u32>,
    /// The same as a sentence.
    sentence: String,
    /// It fires once the condition has lasted this long, seconds.
    wait_seconds: i64,
    /// Pause between reminders, seconds; 0: none.
    remind_seconds: i64,
    enabled: bool,
    /// `ok`, `pending`, `firing`, `unknown` or `off`.
    state: String,
    /// Since when what it watches is not known.
    unknown_since: Option<String>,
    last_fired: Option<String>,
    /// What is not well.
    subjects: Vec<Subject>,
    /// Names of the channels it tells.
    channels: Vec<String>,
}

/// One thing that is not well.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Subject {
    /// A peer, a client, a product; empty for the server itself.
    name: String,
    /// `pending` or `firing`.
    state: String,
    since: String,
    /// What was found last.
    sentence: String,
}

/// What is watched, and what fires.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", responses(
    (status = 200, description = "All rules with how they stand", body = Alerts),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>) -> Result<Json<Alerts>, Problem> {
    let failed = |error: engine::DatabaseError| Problem::internal(&error);
    let channels = app.engine.alert_channels().await.map_err(failed)?;
    let name = |id: &i64| channels.iter().find(|channel| channel.id == *id).map(|channel| channel.name.clone());
    let rules = app.engine.alert_rules().await.map_err(failed)?;
    let now = app.engine.now_ms();
    let items = rules.into_iter().map(|rule| {
        let names = rule.channels.iter().filter_map(name).collect();
        alert(rule, names, now)
    });
    Ok(Json(Alerts { items: items.collect(), next: None }))
}

fn alert(of: AlertRule, channels: Vec<String>, now: i64) -> Alert {
    let subject = |(name, subject): (&String, &licensing::alert::SubjectState)| {
        let (state, since) = match subject.standing {
            Standing::Pending { since } => ("pending", since),
            Standing::Firing { since, .. } => ("firing", since),
            Standing::Resolved { .. } => return None,
        };
        let sentence = of.rule.condition.kind().found(name, subject.evidence, now);
        Some(Subject { name: name.clone(), state: state.to_owned(), since: rfc3339(since), sentence })
    };
    Alert {
        id: of.id,
        condition: of.rule.condition.kind().as_str().to_owned(),
        threshold: of.rule.condition.number(),
        sentence: of.rule.condition.sentence(),
        wait_seconds: of.rule.wait_ms / 1_000,
        remind_seconds: of.rule.remind_ms / 1_000,
        enabled: of.enabled,
        state: state(&of).0.to_owned(),
        unknown_since: of.state.unknown_since.filter(|_| of.enabled).map(rfc3339),
        last_fired: of.last_fired.map(rfc3339),
        subjects: of.state.subjects.iter().filter_map(subject).collect(),
        channels,
    }
}
