//! Locked records of use, and unlocking.

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use engine::locked::{Coverage, LockedFile, UnlockError, UnlockProgress, UnlockRequest};
use licensing::monitor::Violation;
use licensing::permission::Permission::{UnlockRecords, View};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa_axum::routes;

use super::request::{By, Json};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::{InputError, Problem};

/// How long a call waits for a short run to end.
const WAITS: Duration = Duration::from_secs(2);

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_locked), May(View), &[]).add(routes!(unlock), May(UnlockRecords), &["locked.unlock"]).add(
        routes!(unlocking),
        May(View),
        &[],
    )
}

impl From<UnlockError> for Problem {
    fn from(error: UnlockError) -> Self {
        let sentence = error.to_string();
        let field = |field: &str| {
            let error = InputError { field: field.to_owned(), message: sentence.clone() };
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence.clone()).with_errors(vec![error])
        };
        match error {
            UnlockError::Running => Self::new(StatusCode::CONFLICT, sentence),
            UnlockError::NoSuchFile(_) => field("files"),
            UnlockError::KeyFile(_) => field("key_file"),
            UnlockError::Database(error) => error.into(),
        }
    }
}

/// All files with records that are or were locked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LockedFiles {
    items: Vec<LockedFileItem>,
    /// All files fit on one page: always null.
    next: Option<String>,
}

/// A file with records that are or were locked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LockedFileItem {
    /// Its name, a UTC day.
    #[schema(example = "2026.05.14")]
    file: String,
    /// The time of the first locked record.
    from: Time,
    /// The time of the last one.
    to: Time,
    /// Records that are or were locked.
    records: u64,
    /// Of these, unlocked.
    unlocked: u64,
    /// Still locked.
    locked: u64,
    /// Why: `expired`, `unavailable` or `too-many-users`.
    violations: Vec<&'static str>,
    /// The highest index of a user among them.
    users: u64,
    /// Lines that did not open when it was last unlocked: changed, cut off, or from another file or server.
    damaged: u64,
    /// Lines that were gone when it was last unlocked.
    missing: u64,
    /// Whether the rest can be unlocked now: `covered`, `awaiting-keys` (the day keys come with the next sync), `partly`
    /// or `not-covered`.
    coverage: &'static str,
    /// How many users are licensed in that time, if only some of them are covered.
    licensed_users: Option<u64>,
    /// What is needed to unlock the rest, as a sentence.
    needs: Option<String>,
}

impl From<LockedFile> for LockedFileItem {
    fn from(of: LockedFile) -> Self {
        Self {
            locked: of.locked(),
            file: of.name,
            from: Time(of.from_ms),
            to: Time(of.to_ms),
            records: of.records,
            unlocked: of.opened,
            violations: of.violations.into_iter().map(Violation::word).collect(),
            users: of.users,
            damaged: of.damaged,
            missing: of.missing,
            coverage: of.coverage.word(),
            licensed_users: match of.coverage {
                Coverage::Partly { users } => Some(users),
                Coverage::Covered | Coverage::AwaitingKeys | Coverage::NotCovered => None,
            },
            needs: of.needs,
        }
    }
}

/// What to unlock.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "files": ["2026.05.*"], "dry_run": true }))]
struct Unlock {
    /// Names of files, with `*` and `?` for any characters and any one; empty: all.
    #[schema(example = json!(["2026.05.*"]))]
    files: Vec<String>,
    /// Only count what can be unlocked.
    dry_run: bool,
    /// The text of a monitor license file to use besides the licenses the server has.
    key_file: Option<String>,
}

/// How far unlocking is, or how it ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UnlockState {
    /// Whether it is going on.
    running: bool,
    dry_run: bool,
    /// Who started it.
    by: String,
    started: Time,
    ended: Option<Time>,
    /// Files to read.
    files: u64,
    files_done: u64,
    /// The file being read.
    file: Option<String>,
    /// Records locked in these files when it began.
    records: u64,
    /// Of these, looked at.
    read: u64,
    /// Unlocked; in a dry run, those that would be.
    unlocked: u64,
    /// Not covered by a license.
    not_covered: u64,
    /// Covered, but the day key is not here yet.
    without_key: u64,
    /// Lines that don't open.
    damaged: u64,
    /// Lines that are gone.
    missing: u64,
    /// Names and patterns that were given, of files without locked records.
    skipped: Vec<String>,
    /// The first 100 lines that don't open.
    damage: Vec<DamagedLineItem>,
    /// What is needed to unlock the rest, as a sentence.
    needs: Option<String>,
    /// Why it stopped before its end, as a sentence.
    problem: Option<String>,
}

/// A line that does not open.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DamagedLineItem {
    file: String,
    /// Its number in the file, from 1.
    line: u64,
    /// Why, as a clause.
    problem: String,
}

impl From<UnlockProgress> for UnlockState {
    fn from(of: UnlockProgress) -> Self {
        let line =
            |of: engine::locked::DamagedLine| DamagedLineItem { file: of.file, line: of.line, problem: of.problem };
        Self {
            running: of.ended_ms.is_none(),
            dry_run: of.dry_run,
            by: of.by,
            started: Time(of.started_ms),
            ended: of.ended_ms.map(Time),
            files: of.files,
            files_done: of.files_done,
            file: of.file,
            records: of.records,
            read: of.read,
            unlocked: of.unlocked,
            not_covered: of.not_covered,
            without_key: of.without_key,
            damaged: of.damaged,
            missing: of.missing,
            skipped: of.skipped,
            damage: of.damage.into_iter().map(line).collect(),
            needs: of.needs,
            problem: of.problem,
        }
    }
}

/// Files with locked records, oldest first.
#[utoipa::path(get, path = "/api/v1/locked", tag = "usage", responses(
    (status = 200, description = "All files", body = LockedFiles)))]
async fn list_locked(State(Api { engine, .. }): State<Api>) -> Result<Answer<LockedFiles>, Problem> {
    let items = engine.locked_files().await?.into_iter().map(Into::into).collect();
    Ok(Answer(LockedFiles { items, next: None }))
}

/// Unlocks records: decrypts and counts those that a license covers.
///
/// A short run is over when this answers; a long one goes on, and `GET /api/v1/locked/progress` tells how far it is.
#[utoipa::path(post, path = "/api/v1/locked/unlock", tag = "usage", request_body = Unlock, responses(
    (status = 200, description = "The counts, or how far it is", body = UnlockState),
    (status = 409, description = "Records are being unlocked already")))]
async fn unlock(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(asked): Json<Unlock>,
) -> Result<Answer<UnlockState>, Problem> {
    let Unlock { files, dry_run, key_file } = asked;
    let mut progress = engine.unlock(&by.actor(), UnlockRequest { files, dry_run, key_file }).await?;
    let is_over = |state: &Option<UnlockProgress>| state.as_ref().is_some_and(|state| state.ended_ms.is_some());
    let _ = tokio::time::timeout(WAITS, progress.wait_for(is_over)).await;
    Ok(Answer(state(&progress)))
}

fn state(progress: &watch::Receiver<Option<UnlockProgress>>) -> UnlockState {
    progress.borrow().clone().unwrap_or_default().into()
}

/// The unlocking under way, or the last one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LastUnlocking {
    /// Null if there was none since the start of this server.
    last: Option<UnlockState>,
}

/// How far unlocking is, or how it last ended.
#[utoipa::path(get, path = "/api/v1/locked/progress", tag = "usage", responses(
    (status = 200, description = "The unlocking under way, or the last one", body = LastUnlocking)))]
async fn unlocking(State(Api { engine, .. }): State<Api>) -> Answer<LastUnlocking> {
    Answer(LastUnlocking { last: engine.unlock_progress().map(Into::into) })
}
