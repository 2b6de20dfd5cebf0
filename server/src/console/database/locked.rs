//! The monitor license and locked records: what the page Database says of them, and unlocking.

use std::time::Duration;

use app::pages::database::{LockedModel, MonitorModel};
use app::paths;
use engine::locked::{Coverage, LockedFile, UnlockProgress, UnlockRequest};
use licensing::monitor::needed;

use super::page;
use crate::console::{Console, Form, Page, PageError};

/// The page waits this long for unlocking to end: what is done at once needs no look at its progress.
const WAITS: Duration = Duration::from_secs(1);

/// What the page says of them.
///
/// # Errors
/// [`PageError`] when the database does not respond.
pub async fn models(console: &Console) -> Result<(MonitorModel, LockedModel), PageError> {
    let engine = &console.engine;
    let view = engine.monitor();
    let monitor = MonitorModel {
        counted_from: view.window.begins(console.now_ms),
        first_observed: engine.first_observed().await.map_err(PageError::internal)?,
        view,
    };
    let mut files = engine.locked_files().await.map_err(PageError::internal)?;
    files.retain(|file| file.locked() > 0);
    let locked = LockedModel {
        needs: needs(&files),
        run: engine.unlock_progress(),
        page: console.query("page").parse().ok(),
        files,
    };
    Ok((monitor, locked))
}

/// The one license that would unlock all that is not covered, as a sentence.
fn needs(files: &[LockedFile]) -> Option<String> {
    let lacks = |file: &&LockedFile| matches!(file.coverage, Coverage::Partly { .. } | Coverage::NotCovered);
    let lacking = || files.iter().filter(lacks);
    let (from, to) = (lacking().map(|file| file.from_ms).min()?, lacking().map(|file| file.to_ms).max()?);
    Some(needed(from, to, lacking().map(|file| file.users).max()?))
}

/// `POST /database/locked/check`: a dry run.
pub async fn check(form: Form) -> Result<Page, PageError> {
    start(&form, true).await
}

/// `POST /database/locked/unlock`
pub async fn unlock(form: Form) -> Result<Page, PageError> {
    start(&form, false).await
}

async fn start(form: &Form, dry_run: bool) -> Result<Page, PageError> {
    let request = UnlockRequest { dry_run, ..UnlockRequest::default() };
    match form.engine.unlock(&form.actor(), request).await {
        Ok(mut progress) => {
            let has_ended = |run: &Option<UnlockProgress>| run.as_ref().is_none_or(|run| run.ended_ms.is_some());
            // It goes on by itself; the page shows how far it is.
            let _ = tokio::time::timeout(WAITS, progress.wait_for(has_ended)).await;
            Ok(Page::to(paths::DATABASE_AT_LOCKED))
        }
        Err(refused) => form.refused(&refused, paths::DATABASE, page((**form).clone())).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::contact::DAY;

    fn file(day: i64, users: u64, coverage: Coverage) -> LockedFile {
        LockedFile {
            day,
            name: String::new(),
            from_ms: day * DAY,
            to_ms: (day + 1) * DAY - 1,
            records: 1,
            opened: 0,
            violations: Vec::new(),
            users,
            damaged: 0,
            missing: 0,
            settled: 0,
            coverage,
            needs: None,
        }
    }

    #[test]
    fn one_license_is_named_that_unlocks_all_that_is_not_covered() {
        let (may_14, july_2) = (20_587, 20_636);
        let files = [
            file(may_14 - 9, 90, Coverage::Covered),
            file(may_14, 3, Coverage::NotCovered),
            file(july_2, 56, Coverage::Partly { users: 50 }),
            file(july_2 + 9, 99, Coverage::AwaitingKeys),
        ];
        assert_eq!(
            needs(&files).unwrap(),
            "A monitor license that starts on or before 2026-05-14, ends on or after 2026-07-02 and is for at least 56 users."
        );
        assert_eq!(needs(&files[..1]), None);
    }
}
