//! Backups, and the database they are of.

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::audit::AuditOutcome;
use engine::backup::{BackupError, BackupKind};
use licensing::permission::Permission::{ManageBackups, View};
use serde::Serialize;
use utoipa_axum::routes;

use super::request::By;
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

/// A backup that takes longer is waited for with another call.
const WAIT: Duration = Duration::from_secs(20);

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_backups), May(View), &[])
        .add(routes!(back_up), May(ManageBackups), &["backup.create"])
        .add(routes!(get_database), May(View), &[])
        .add(routes!(check_database), May(ManageBackups), &["database.check"])
}

/// The backups of this server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Backups {
    /// Newest first.
    items: Vec<Backup>,
    /// All backups fit on one page: always null.
    next: Option<i64>,
    /// Where they are kept.
    folder: String,
    /// Since when one is being made.
    running_since: Option<Time>,
    /// When the next one is due; null without a schedule.
    due_at: Option<Time>,
    /// Why the last attempt failed.
    problem: Option<String>,
}

/// A backup.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ServerBackup)]
struct Backup {
    name: String,
    path: String,
    /// `full`, or `before_update`: the database alone, as it was before an update changed its schema.
    kind: String,
    /// The machine it is of.
    host: String,
    made_at: Time,
    /// Bytes.
    size: u64,
    /// Of the file, as it was written; null if this server didn't make it.
    sha256: Option<String>,
    /// It needs an age identity to be opened.
    encrypted: bool,
    /// It was read back when it was made, and has the same size since.
    verified: bool,
    /// Paths of the data folder that are not in it, such as links; listed in the answer to making one.
    left_out: Vec<String>,
}

impl From<engine::backup::Backup> for Backup {
    fn from(of: engine::backup::Backup) -> Self {
        let kind = match of.kind {
            BackupKind::Full => "full",
            BackupKind::BeforeUpdate => "before_update",
        };
        Self {
            name: of.name,
            path: of.path.display().to_string(),
            kind: kind.to_owned(),
            host: of.host,
            made_at: Time(of.at),
            size: of.size,
            sha256: of.sha256,
            encrypted: of.encrypted,
            verified: of.verified,
            left_out: of.left_out,
        }
    }
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Sql(error) => error.into(),
            BackupError::Running | BackupError::Exists(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            BackupError::Unknown(_) => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            BackupError::NoRoom { .. } => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
            other => Self::internal(&other),
        }
    }
}

async fn all(engine: &Engine) -> Result<Backups, Problem> {
    let state = engine.backup_state();
    Ok(Backups {
        items: engine.backups().await?.into_iter().map(Into::into).collect(),
        next: None,
        folder: engine.backup_settings().folder.display().to_string(),
        running_since: state.running_since.map(Time),
        due_at: engine.next_backup().await?.map(Time),
        problem: state.problem,
    })
}

/// All backups, newest first, and whether one is being made.
#[utoipa::path(get, path = "/api/v1/backups", tag = "backups", responses(
    (status = 200, description = "The backups", body = Backups)))]
async fn list_backups(State(Api { engine, .. }): State<Api>) -> Result<Answer<Backups>, Problem> {
    Ok(Answer(all(&engine).await?))
}

/// Makes a backup and verifies it. One that takes longer than 20 s goes on: `GET /api/v1/backups` says when it is there.
#[utoipa::path(post, path = "/api/v1/backups", tag = "backups", responses(
    (status = 201, description = "The backup", body = Backup),
    (status = 202, description = "It is being made", body = Backups),
    (status = 409, description = "One is being made already"),
    (status = 507, description = "The disk has too little room")))]
async fn back_up(State(Api { engine, .. }): State<Api>, by: By) -> Result<Response, Problem> {
    let making = engine.begin_backup(&by.actor())?;
    match tokio::time::timeout(WAIT, making).await {
        Ok(Ok(made)) => Ok((StatusCode::CREATED, Answer(Backup::from(made?))).into_response()),
        Ok(Err(_)) => Err(Problem::internal(&"the backup was aborted")),
        Err(_) => Ok((StatusCode::ACCEPTED, Answer(all(&engine).await?)).into_response()),
    }
}

/// The database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Database {
    /// Bytes of its file.
    size: Option<u64>,
    /// Bytes of its write-ahead log.
    log_size: Option<u64>,
    /// Bytes of the data files of check-outs.
    checkouts_size: Option<u64>,
    /// How many those are.
    checkout_files: usize,
    /// Bytes that are free where the data folder is.
    free: Option<u64>,
    /// Since when it is being checked.
    checking_since: Option<Time>,
    /// When the last check began; null before the first.
    checked_at: Option<Time>,
    /// What the last check found wrong.
    problem: Option<String>,
    /// As of the last check, largest first.
    tables: Vec<DatabaseTable>,
}

/// A table.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DatabaseTable {
    name: String,
    rows: u64,
    /// With its indexes.
    bytes: u64,
}

async fn database(engine: &Engine) -> Result<Database, Problem> {
    let sizes = engine.database_sizes().await;
    let last = engine.last_database_check().await?;
    Ok(Database {
        size: sizes.database,
        log_size: sizes.log,
        checkouts_size: sizes.checkouts,
        checkout_files: sizes.checkout_files,
        free: sizes.free,
        checking_since: engine.database_check_since().map(Time),
        checked_at: last.as_ref().map(|last| Time(last.at)),
        problem: last.as_ref().and_then(|last| last.problem.clone()),
        tables: last
            .into_iter()
            .flat_map(|last| last.tables)
            .map(|table| DatabaseTable { name: table.name, rows: table.rows, bytes: table.bytes })
            .collect(),
    })
}

/// What the database takes, and what its last check found.
#[utoipa::path(get, path = "/api/v1/database", tag = "backups", responses(
    (status = 200, description = "The database", body = Database)))]
async fn get_database(State(Api { engine, .. }): State<Api>) -> Result<Answer<Database>, Problem> {
    Ok(Answer(database(&engine).await?))
}

/// Begins a check of all pages of the database; `GET /api/v1/database` has its result.
#[utoipa::path(post, path = "/api/v1/database/check", tag = "backups", responses(
    (status = 202, description = "It is being checked", body = Database)))]
async fn check_database(
    State(Api { engine, .. }): State<Api>,
    by: By,
) -> Result<(StatusCode, Answer<Database>), Problem> {
    if engine.check_database() {
        let sentence = "Checked the database.".to_owned();
        engine.audit.note(&by.actor(), "database.check", sentence, AuditOutcome::Done).await?;
    }
    Ok((StatusCode::ACCEPTED, Answer(database(&engine).await?)))
}
