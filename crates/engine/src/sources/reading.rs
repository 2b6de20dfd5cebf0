//! Reading the text of a source and keeping what it tells.

use licensing::source::{Picture, Reading, SourceWatch};
use serde::{Deserialize, Serialize};

use super::fetch::{self, LogPlace};
use super::list::SourceRow;
use super::{SourceError, SourceInput, SourceRead, zone};
use crate::Engine;

/// What is kept between two texts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeptState {
    pub watch: SourceWatch,
    place: LogPlace,
    pub unread: licensing::source::UnreadLines,
}

impl Engine {
    /// Fetches the text of a source and reads it.
    pub(super) async fn look_at(&self, tag: &str) -> Result<SourceRead, SourceError> {
        let turn = self.sources.turn(tag);
        let _turn = turn.lock().await;
        let row = self.source_row(tag).await?;
        let looked = self.fetch_and_read(&row).await;
        if let Err(error) = &looked {
            let now = self.clock.now_ms();
            sqlx::query("UPDATE sources SET tried_at = ?2, problem = ?3 WHERE tag = ?1")
                .bind(tag)
                .bind(now)
                .bind(error.to_string())
                .execute(&mut *self.store.write().await?)
                .await?;
        }
        looked
    }

    async fn fetch_and_read(&self, row: &SourceRow) -> Result<SourceRead, SourceError> {
        match &row.input {
            SourceInput::Command(words) => {
                let text = fetch::of_command(words).await?;
                self.read_picture(row, text).await
            }
            SourceInput::File(path) if row.kind.is_log() => self.read_on(row, path.clone()).await,
            SourceInput::File(path) => {
                let path = path.clone();
                let text = blocking(move || fetch::of_file(&path)).await?;
                self.read_picture(row, text).await
            }
            SourceInput::Pushed => {
                Err(SourceError::Fetch("This source has neither a program nor a file: push a text.".to_owned()))
            }
        }
    }

    /// Reads a text that was pushed. A log is read from its beginning, apart from what is followed.
    pub(super) async fn read_text(&self, tag: &str, text: Vec<u8>) -> Result<SourceRead, SourceError> {
        let turn = self.sources.turn(tag);
        let _turn = turn.lock().await;
        let mut row = self.source_row(tag).await?;
        if !row.kind.is_log() {
            return self.read_picture(&row, text).await;
        }
        let zone = zone(&row.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let (kind, name) = (row.kind, row.tag.clone());
        let (watch, reading) = blocking(move || {
            let mut watch = SourceWatch::default();
            let reading = watch.log(kind, &name, &text, &zone, true);
            Ok((watch, reading))
        })
        .await?;
        // A log that is followed goes on with what it knew.
        let followed = matches!(row.input, SourceInput::File(_)).then(|| std::mem::take(&mut row.state.watch));
        let watch = followed.unwrap_or(watch);
        let state = KeptState { watch, place: row.state.place.clone(), unread: reading.unread.clone() };
        self.keep(&row, reading, state).await
    }

    async fn read_picture(&self, row: &SourceRow, text: Vec<u8>) -> Result<SourceRead, SourceError> {
        let zone = zone(&row.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let (kind, name, now) = (row.kind, row.tag.clone(), self.clock.now_ms());
        let mut state = self.source_row(&row.tag).await?.state;
        let (state, reading) = blocking(move || {
            let reading = state.watch.picture(kind, &name, &text, &zone, now);
            state.unread = reading.unread.clone();
            Ok((state, reading))
        })
        .await?;
        self.keep(row, reading, state).await
    }

    /// Reads what a log has got since, in parts.
    async fn read_on(&self, row: &SourceRow, path: String) -> Result<SourceRead, SourceError> {
        let zone = zone(&row.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let mut all: Option<SourceRead> = None;
        loop {
            let mut state = self.source_row(&row.tag).await?.state;
            let (kind, name, path, zone) = (row.kind, row.tag.clone(), path.clone(), zone.clone());
            let (state, reading, more) = blocking(move || {
                let part = fetch::of_log(&path, &state.place)?;
                if part.is_new {
                    state.watch.turn_over();
                }
                let mut reading = state.watch.log(kind, &name, &part.bytes, &zone, false);
                state.place = part.place;
                state.unread.count += reading.unread.count;
                state.unread.lines.append(&mut reading.unread.lines);
                state.unread.lines.truncate(licensing::source::MOST_UNREAD);
                Ok((state, reading, part.more))
            })
            .await?;
            let read = self.keep(row, reading, state).await?;
            let counts = all.take().map_or(read.counts, |before| licensing::source::ReadCounts {
                checkouts: before.counts.checkouts + read.counts.checkouts,
                denials: before.counts.denials + read.counts.denials,
                ..read.counts
            });
            let read = SourceRead { counts, ..read };
            if !more {
                return Ok(read);
            }
            all = Some(read);
        }
    }

    /// First the usage records, which know what they have; then the state. After a crash in between the text is read
    /// again, and adds nothing.
    async fn keep(&self, row: &SourceRow, reading: Reading, state: KeptState) -> Result<SourceRead, SourceError> {
        let Reading { counts, picture, lines, unread } = reading;
        let mut recorded = 0;
        if !lines.is_empty() {
            let mut file = self.usage.import_file().await.map_err(SourceError::Store)?;
            file.push(lines.as_bytes()).await.map_err(SourceError::Store)?;
            let (told, outcome) = self.usage.import(file, self.now_ms()).await;
            outcome?;
            recorded = told.imported;
            for refused in told.reasons {
                tracing::warn!(source = row.tag, reason = refused.reason, "a check-out of a source is not recorded");
            }
        }
        let (picture, now) = (Picture { unread: Default::default(), ..picture }, self.clock.now_ms());
        let text = |value: Result<String, serde_json::Error>| value.map_err(|error| sqlx::Error::Encode(error.into()));
        let mut tx = self.store.write().await?;
        sqlx::query(
            "UPDATE sources SET tried_at = ?2, last_good = CASE WHEN ?3 IS NULL THEN ?2 ELSE last_good END,
             problem = ?3, picture = CASE WHEN ?3 IS NULL THEN ?4 ELSE picture END, state = ?5 WHERE tag = ?1",
        )
        .bind(&row.tag)
        .bind(now)
        .bind(picture.problem.as_deref())
        .bind(text(serde_json::to_string(&picture))?)
        .bind(text(serde_json::to_string(&state))?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(SourceRead { counts, unread, recorded, picture })
    }
}

/// Work on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|crashed| Err(SourceError::Fetch(format!("Reading the text failed: {crashed}."))))
}
