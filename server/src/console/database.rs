//! What the server stores, and its backups.

pub mod locked;

use std::time::Duration;

use app::drawn::Draw;
use app::pages::database::{DatabasePage, DatabaseView, LockedBlock, MonitorBlock};
use app::paths;
use app::request::FlashKind;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use engine::audit::{AuditOutcome, NewAuditEntry};
use engine::backup::BackupError;
use futures::stream;
use leptos::prelude::*;
use licensing::words::count;
use tokio::io::AsyncReadExt;

use super::{Console, Form, Page, PageError, attachment};

/// A backup that takes longer is followed on the page.
const WAIT: Duration = Duration::from_secs(5);
/// What a backup is read in for a download, bytes.
const BLOCK: usize = 256 * 1024;

/// `GET /database`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let engine = &console.engine;
    let settings = engine.backup_settings();
    let (backups, backups_problem) = match engine.backups().await {
        Ok(backups) => (backups, None),
        Err(BackupError::Sql(error)) => return Err(error.into()),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let data = DatabasePage {
        sizes: engine.database_sizes().await,
        check: engine.last_database_check().await?,
        checking_since: engine.database_check_since(),
        backups,
        backups_problem,
        backup_state: engine.backup_state(),
        folder: settings.folder.display().to_string(),
        due_ms: engine.next_backup().await?,
        keeping: (settings.keeping.count, settings.keeping.days),
        recipient: settings.recipient,
        retention: retention(),
        data: engine.folder().display().to_string(),
    };
    let (monitor, locked) = locked::models(&console).await?;
    Ok(Page::new("Database", || {
        let locked = view! { <MonitorBlock data=monitor /> <LockedBlock data=locked /> }.drawn();
        view! { <DatabaseView data=data locked=Some(locked) /> }.drawn()
    }))
}

/// What is kept, and how long.
fn retention() -> Vec<(String, String)> {
    let kept = engine::usage::Retention::default();
    let days = |days: i64| count(days, "day", "days");
    [
        ("Single check-outs", days(kept.files)),
        ("Usage by hour, and by user", days(kept.hours)),
        ("Usage by day", days(kept.days)),
        ("Denials", days(kept.denials)),
        ("Licenses, syncs, configuration history, audit log", "For good".to_owned()),
    ]
    .map(|(what, long)| (what.to_owned(), long))
    .into()
}

/// `POST /database/back-up`
pub async fn back_up(form: Form) -> Result<Page, PageError> {
    let console: Console = (*form).clone();
    let making = match form.engine.begin_backup(&form.actor()) {
        Ok(making) => making,
        Err(refused) => return form.refused(&refused, paths::DATABASE, page(console)).await,
    };
    match tokio::time::timeout(WAIT, making).await {
        Ok(Ok(Ok(made))) => {
            Ok(form.done(format!("Made and verified the backup {}.", made.name), paths::DATABASE_AT_BACKUPS).await)
        }
        Ok(Ok(Err(refused))) => form.refused(&refused, paths::DATABASE, page(console)).await,
        Ok(Err(_)) => Err(PageError::internal("a backup was aborted")),
        Err(_) => Ok(form.tell(FlashKind::Info, "A backup is being made.", paths::DATABASE_AT_BACKUPS).await),
    }
}

/// `POST /database/check`
pub async fn check(form: Form) -> Result<Page, PageError> {
    if form.engine.check_database() {
        let sentence = "Checked the database.".to_owned();
        form.engine.audit.note(&form.actor(), "database.check", sentence, AuditOutcome::Done).await?;
    }
    Ok(Page::to(paths::DATABASE))
}

/// `POST /database/download`: the file, after the password.
pub async fn download(form: Form) -> Result<Response, PageError> {
    if let Some(page) = form.ask_password(paths::DATABASE).await? {
        return Ok(page.into_response());
    }
    let console: Console = (*form).clone();
    let opened = match form.engine.backup_named(form.value("name")).await {
        Ok(backup) => tokio::fs::File::open(&backup.path)
            .await
            .map(|file| (backup.name, file))
            .map_err(|source| BackupError::Io { path: backup.path, source }),
        Err(error) => Err(error),
    };
    let (name, file) = match opened {
        Ok(opened) => opened,
        Err(refused) => return Ok(form.refused(&refused, paths::DATABASE, page(console)).await?.into_response()),
    };
    let actor = form.actor();
    let sentence = format!("Downloaded the backup {name}.");
    let entry = NewAuditEntry { actor: &actor, action: "backup.download", sentence, outcome: AuditOutcome::Done };
    form.engine.audit.record(entry).await?;
    let blocks = stream::try_unfold(file, |mut file| async move {
        let mut block = vec![0; BLOCK];
        let read = file.read(&mut block).await?;
        block.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(block), file)))
    });
    Ok(attachment("application/octet-stream", &name, Body::from_stream(blocks)))
}

/// `POST /database/delete`
pub async fn delete(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::DATABASE).await? {
        return Ok(page);
    }
    let console: Console = (*form).clone();
    let name = form.value("name").to_owned();
    match form.engine.delete_backup(&form.actor(), &name).await {
        Ok(()) => Ok(form.done(format!("Deleted the backup {name}."), paths::DATABASE_AT_BACKUPS).await),
        Err(refused) => form.refused(&refused, paths::DATABASE, page(console)).await,
    }
}
