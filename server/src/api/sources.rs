//! Other license daemons: added, looked at, fed with texts, shown.

use axum::Json as Answer;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use engine::sources::{
    DEFAULT_EVERY_S, ListedSource, MOST_BYTES, NewSource, Source, SourceError, SourceFeature, SourceInput, SourceRead,
};
use licensing::permission::Permission::{ImportUsage, ManageSources, View};
use licensing::source::{HeldLicense, SourceKind, Unread};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{By, Json, Path};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_sources), May(View), &[])
        .add(routes!(add_source), May(ManageSources), &["source.add"])
        .add(routes!(show_source), May(View), &[])
        .add(routes!(remove_source), May(ManageSources), &["source.remove"])
        .add(routes!(push_source), May(ImportUsage), &["source.push"])
        .add(routes!(try_source), May(ImportUsage), &["source.try"])
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        let sentence = error.to_string();
        match error {
            SourceError::Sql(error) => error.into(),
            SourceError::Store(error) => engine::DatabaseError::from(error).into(),
            SourceError::Field { field, message } => Self::field(field, message),
            SourceError::Exists(_) | SourceError::TooMany => Self::new(StatusCode::CONFLICT, sentence),
            SourceError::Unknown(_) => Self::new(StatusCode::NOT_FOUND, sentence),
            SourceError::Fetch(_) => Self::new(StatusCode::FAILED_DEPENDENCY, sentence),
        }
    }
}

/// All sources.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceList {
    /// By tag.
    items: Vec<SourceSummary>,
    /// All fit on one page: always null.
    next: Option<String>,
}

/// A source.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceSummary {
    tag: String,
    /// `lmstat`, `flexnet-log`, `flexnet-license`, `rlmstat` or `rlm-log`.
    kind: String,
    /// `up`, `down`, or `waiting` before the first answer.
    state: String,
    /// The last look.
    tried_at: Option<Time>,
    /// The last good answer.
    last_good: Option<Time>,
    /// Why the last look told nothing.
    problem: Option<String>,
    /// The program, if it is read from one; its arguments only for those who may manage sources.
    command: Option<Vec<String>>,
    /// The file it is read from; only for those who may manage sources.
    file: Option<String>,
    /// How often it is looked at, seconds.
    every_seconds: u32,
    /// Time zone; empty for this machine's.
    zone: String,
    /// How many features it has.
    feature_count: u32,
    /// How many lines of the last text could not be read.
    unread_count: u32,
}

/// A source with what it tells.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceDetail {
    #[serde(flatten)]
    source: SourceSummary,
    /// Machines and vendors' daemons.
    daemons: Vec<SourceDaemon>,
    features: Vec<SourceFeatureShown>,
    /// The first lines that could not be read; only for those who may manage sources.
    unread: Vec<UnreadLine>,
}

/// A machine or a vendor's daemon.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceDaemon {
    name: String,
    /// `server` or `vendor`.
    kind: String,
    up: bool,
    version: Option<String>,
    /// What is printed about one that is down.
    problem: Option<String>,
}

/// A feature.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceFeatureShown {
    name: String,
    vendor: String,
    version: Option<String>,
    /// How many licenses there are; null for uncounted ones and where it is not told.
    issued: Option<u64>,
    /// How many the daemon counts as in use, with reservations that nobody has taken.
    in_use: Option<u64>,
    /// In somebody's hands.
    taken: u64,
    /// Kept for somebody, taken or not.
    reserved: u64,
    /// Requests that wait.
    queued: u64,
    /// The earliest end; null for permanent ones and where it is not told.
    expires: Option<Time>,
    /// What is wrong with it, as printed.
    problem: Option<String>,
    /// Denials since the log is read: for want of licenses.
    denied_shortage: u64,
    /// By a rule of the administrator.
    denied_policy: u64,
    /// What was asked for is not served, has expired, or has another version.
    denied_configuration: u64,
    checkouts: Vec<SourceCheckout>,
}

/// A license in somebody's hands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceCheckout {
    user: String,
    host: String,
    display: String,
    count: u64,
    since: Option<Time>,
}

/// A line that could not be read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UnreadLine {
    line: usize,
    text: String,
    reason: String,
}

impl From<Unread> for UnreadLine {
    fn from(Unread { line, text, reason }: Unread) -> Self {
        Self { line, text, reason }
    }
}

impl SourceSummary {
    /// Arguments and paths may tell secrets and places: they are for those who manage sources.
    fn of(source: ListedSource, manages: bool) -> Self {
        let state = source.state().to_owned();
        let most_words = if manages { usize::MAX } else { 1 };
        let (command, file) = match source.input {
            SourceInput::Command(words) => (Some(words.into_iter().take(most_words).collect()), None),
            SourceInput::File(path) => (None, manages.then_some(path)),
            SourceInput::Pushed => (None, None),
        };
        Self {
            tag: source.tag,
            kind: source.kind.to_string(),
            state,
            tried_at: source.tried_at.map(Time),
            last_good: source.last_good.map(Time),
            problem: source.problem,
            command,
            file,
            every_seconds: source.every_s,
            zone: source.zone,
            feature_count: source.features,
            unread_count: source.unread,
        }
    }
}

fn shown(SourceFeature { feature, denials }: &SourceFeature) -> SourceFeatureShown {
    let checkout = |held: &HeldLicense| SourceCheckout {
        user: held.user.clone(),
        host: held.host.clone(),
        display: held.display.clone(),
        count: held.count,
        since: held.since.map(Time),
    };
    SourceFeatureShown {
        name: feature.name.clone(),
        vendor: feature.vendor.clone(),
        version: feature.pools.first().and_then(|pool| pool.version.clone()),
        issued: feature.issued,
        in_use: feature.in_use,
        taken: feature.taken(),
        reserved: feature.reserved(),
        queued: feature.queued.iter().map(|queued| queued.count).sum(),
        expires: feature.expires().map(Time),
        problem: feature.problem.clone(),
        denied_shortage: denials.shortage,
        denied_policy: denials.policy,
        denied_configuration: denials.configuration,
        checkouts: feature.held.iter().map(checkout).collect(),
    }
}

impl SourceDetail {
    fn of(source: Source, manages: bool) -> Self {
        let daemon = |kind: &'static str| {
            move |daemon: &licensing::source::Daemon| SourceDaemon {
                name: daemon.name.clone(),
                kind: kind.to_owned(),
                up: daemon.up,
                version: daemon.version.clone(),
                problem: daemon.problem.clone(),
            }
        };
        let servers = source.picture.servers.iter().map(daemon("server"));
        let daemons = servers.chain(source.picture.vendors.iter().map(daemon("vendor"))).collect();
        let most_unread = if manages { 100 } else { 0 };
        Self {
            daemons,
            features: source.features.iter().map(shown).collect(),
            unread: source.unread.lines.iter().take(most_unread).cloned().map(UnreadLine::from).collect(),
            source: SourceSummary::of(source.into(), manages),
        }
    }
}

/// All sources by tag.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", responses(
    (status = 200, description = "All sources", body = SourceList)))]
async fn list_sources(State(Api { engine, .. }): State<Api>, by: By) -> Result<Answer<SourceList>, Problem> {
    let manages = by.may(ManageSources);
    let items = engine.listed_sources().await?.into_iter().map(|source| SourceSummary::of(source, manages)).collect();
    Ok(Answer(SourceList { items, next: None }))
}

/// A source to add.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tag": "eu_acme", "kind": "lmstat", "zone": "Europe/Berlin" }))]
struct AddSource {
    /// Its name: letters, digits, `_` and `-`.
    tag: String,
    /// `lmstat`, `flexnet-log`, `flexnet-license`, `rlmstat` or `rlm-log`.
    kind: String,
    /// The program, by its absolute path, and its arguments. No shell.
    #[serde(default)]
    command: Vec<String>,
    /// A file of this machine, by its absolute path.
    file: Option<String>,
    /// How often it is looked at, seconds.
    #[serde(default = "every")]
    #[schema(minimum = 10, maximum = 86400, default = 60)]
    every_seconds: u32,
    /// Time zone of the machine that prints it, such as Europe/Berlin; this machine's when left out.
    #[serde(default)]
    zone: String,
}

fn every() -> u32 {
    DEFAULT_EVERY_S
}

/// Adds a source. Without a program and a file it is read from what is pushed.
#[utoipa::path(post, path = "/api/v1/sources", tag = "sources", request_body = AddSource, responses(
    (status = 201, description = "Added", body = SourceDetail),
    (status = 409, description = "There is one of this name, or the maximum number exists")))]
async fn add_source(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(new): Json<AddSource>,
) -> Result<(StatusCode, Answer<SourceDetail>), Problem> {
    let kind = new.kind.parse().map_err(|_| {
        let known = SourceKind::words();
        Problem::field("kind", format!("“{}” is no kind of source. There are: {known}.", new.kind))
    })?;
    let input = match (new.command.is_empty(), new.file) {
        (true, None) => SourceInput::Pushed,
        (true, Some(path)) => SourceInput::File(path),
        (false, None) => SourceInput::Command(new.command),
        (false, Some(_)) => return Err(Problem::field("file", "Give a program or a file, not both.")),
    };
    let source = NewSource { tag: new.tag, kind, input, every_s: new.every_seconds, zone: new.zone };
    engine.add_source(&by.actor(), &source).await?;
    let added = engine.source(&source.tag).await?;
    Ok((StatusCode::CREATED, Answer(SourceDetail::of(added, by.may(ManageSources)))))
}

/// A source with what it tells.
#[utoipa::path(get, path = "/api/v1/sources/{tag}", tag = "sources",
    params(("tag" = String, Path, description = "Its name", example = "eu_acme")),
    responses(
        (status = 200, description = "The source", body = SourceDetail),
        (status = 404, description = "No such source")))]
async fn show_source(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(tag): Path<String>,
) -> Result<Answer<SourceDetail>, Problem> {
    Ok(Answer(SourceDetail::of(engine.source(&tag).await?, by.may(ManageSources))))
}

/// Removes a source. What was in use stays in the usage records.
#[utoipa::path(delete, path = "/api/v1/sources/{tag}", tag = "sources",
    params(("tag" = String, Path, description = "Its name", example = "eu_acme")),
    responses(
        (status = 200, description = "Removed", body = RemovedSource),
        (status = 404, description = "No such source")))]
async fn remove_source(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(tag): Path<String>,
) -> Result<Answer<RemovedSource>, Problem> {
    engine.remove_source(&by.actor(), &tag).await?;
    Ok(Answer(RemovedSource { tag }))
}

/// A source that was removed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RemovedSource {
    tag: String,
}

/// What a text told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceTextRead {
    read: SourceCounts,
    /// Check-outs and denials that are new in the usage records.
    recorded: u64,
    /// How many lines could not be read.
    unread_count: usize,
    /// The first of them; of what a program or a file tells only for those who may manage sources.
    unread: Vec<UnreadLine>,
}

/// How much a text told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceCounts {
    features: usize,
    checkouts: usize,
    denials: usize,
    reservations: usize,
    queued: usize,
}

impl From<SourceRead> for SourceTextRead {
    fn from(SourceRead { counts, unread, recorded, .. }: SourceRead) -> Self {
        let licensing::source::ReadCounts { features, checkouts, denials, reservations, queued } = counts;
        Self {
            read: SourceCounts { features, checkouts, denials, reservations, queued },
            recorded,
            unread_count: unread.count,
            unread: unread.lines.into_iter().map(UnreadLine::from).collect(),
        }
    }
}

/// Reads a text once as if it had come from the source. The same text twice counts once.
#[utoipa::path(post, path = "/api/v1/sources/{tag}/text", tag = "sources",
    params(("tag" = String, Path, description = "Its name", example = "eu_acme")),
    request_body(content = String, content_type = "text/plain", description = "The text, up to 64 MiB",
        example = "Users of router_pro:  (Total of 12 licenses issued;  Total of 0 licenses in use)"),
    responses(
        (status = 200, description = "What it told", body = SourceTextRead),
        (status = 422, description = "Nothing was sent"),
        (status = 404, description = "No such source"),
        (status = 413, description = "Too large")))]
async fn push_source(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(tag): Path<String>,
    body: Body,
) -> Result<Answer<SourceTextRead>, Problem> {
    let text = axum::body::to_bytes(body, MOST_BYTES).await.map_err(|_| {
        let detail =
            "The text is larger than 64 MiB, or was cut off. Nothing was read. Let a large log be read as a file.";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    if text.is_empty() {
        let detail = "There is nothing in the text. Nothing was read.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    Ok(Answer(engine.push_source(&by.actor(), &tag, text.to_vec()).await?.into()))
}

/// Looks at a source now.
#[utoipa::path(post, path = "/api/v1/sources/{tag}/try", tag = "sources",
    params(("tag" = String, Path, description = "Its name", example = "eu_acme")),
    responses(
        (status = 200, description = "What it told", body = SourceTextRead),
        (status = 404, description = "No such source"),
        (status = 424, description = "Its text can't be had")))]
async fn try_source(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(tag): Path<String>,
) -> Result<Answer<SourceTextRead>, Problem> {
    let mut read = engine.try_source(&by.actor(), &tag).await?;
    if !by.may(ManageSources) {
        read.unread.lines.clear();
    }
    Ok(Answer(read.into()))
}
