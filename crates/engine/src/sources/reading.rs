//! Reading the text of a source and keeping what it tells.

use std::time::Duration;

use licensing::source::{Picture, Reading, SourceWatch};
use serde::{Deserialize, Serialize};

use super::fetch::{self, LogPlace};
use super::list::SourceRow;
use super::{SourceError, SourceInput, SourceRead, zone};
use crate::Engine;

/// A file that takes longer is not waited for.
const LONGEST_READ: Duration = Duration::from_secs(90);

/// What is kept between two texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeptState {
    pub watch: SourceWatch,
    place: LogPlace,
    pub unread: licensing::source::UnreadLines,
}

impl Engine {
    /// Fetches the text of a source and reads it.
    pub(super) async fn look_at(&self, tag: &str) -> Result<SourceRead, SourceError> {
        let _turn = self.source_turn(tag).await?;
        let mut row = self.source_row(tag).await?;
        let looked = self.fetch_and_read(&mut row).await;
        if let Err(error) = &looked {
            let mut tx = self.store.write().await?;
            sqlx::query("UPDATE sources SET tried_at = ?2, problem = ?3 WHERE tag = ?1")
                .bind(tag)
                .bind(self.clock.now_ms())
                .bind(error.to_string())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
        looked
    }

    async fn fetch_and_read(&self, row: &mut SourceRow) -> Result<SourceRead, SourceError> {
        match row.input.clone() {
            SourceInput::Command(words) => {
                let fetch::Text { bytes, large: _large } = fetch::of_command(&words).await?;
                self.read_picture(row, bytes).await
            }
            SourceInput::File(path) if row.kind.is_log() => self.read_on(row, &path).await,
            SourceInput::File(path) => {
                let (folder, handle) = (self.folder.clone(), tokio::runtime::Handle::current());
                let read = self.read_from_disk(&row.tag, move || fetch::of_file(&path, &folder, &handle));
                let fetch::Text { bytes, large: _large } = read.await?;
                self.read_picture(row, bytes).await
            }
            SourceInput::Pushed => {
                Err(SourceError::Fetch("This source has neither a program nor a file: push a text.".to_owned()))
            }
        }
    }

    /// Reads a text that was pushed. A log is read from its beginning, apart from what is followed.
    pub(super) async fn read_text(&self, tag: &str, text: Vec<u8>) -> Result<SourceRead, SourceError> {
        let _turn = self.source_turn(tag).await?;
        let mut row = self.source_row(tag).await?;
        if !row.kind.is_log() {
            return self.read_picture(&mut row, text).await;
        }
        let zone = zone(&row.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let (kind, name) = (row.kind, row.tag.clone());
        let (watch, reading) = blocking(move || {
            let mut watch = SourceWatch::default();
            let reading = watch.log(kind, &name, &text, &zone, true);
            Ok((watch, reading))
        })
        .await?;
        if matches!(row.input, SourceInput::File(_)) {
            // A log that is followed goes on with what it knew, and shows that.
            let recorded = self.record(&row.tag, &reading.lines).await?;
            let Reading { counts, picture, unread, .. } = reading;
            return Ok(SourceRead { counts, unread, recorded, picture });
        }
        let state = KeptState { watch, unread: reading.unread.clone(), ..KeptState::default() };
        self.keep(&mut row, reading, state).await
    }

    async fn read_picture(&self, row: &mut SourceRow, text: Vec<u8>) -> Result<SourceRead, SourceError> {
        let zone = zone(&row.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let (kind, name, now) = (row.kind, row.tag.clone(), self.clock.now_ms());
        let mut state = row.state.clone();
        let (state, reading) = blocking(move || {
            let reading = state.watch.picture(kind, &name, &text, &zone, now);
            state.unread = reading.unread.clone();
            Ok((state, reading))
        })
        .await?;
        self.keep(row, reading, state).await
    }

    /// Reads what a log has got since, in parts.
    async fn read_on(&self, row: &mut SourceRow, path: &str) -> Result<SourceRead, SourceError> {
        let zone = zone(&row.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let mut all: Option<SourceRead> = None;
        loop {
            let (path, place, folder) = (path.to_owned(), row.state.place.clone(), self.folder.clone());
            let part = self.read_from_disk(&row.tag, move || fetch::of_log(&path, &place, &folder)).await?;
            let more = part.more;
            let (kind, name, zone, mut state) = (row.kind, row.tag.clone(), zone.clone(), row.state.clone());
            let (state, reading) = blocking(move || {
                if part.is_new {
                    state.watch.turn_over();
                }
                let reading = state.watch.log(kind, &name, &part.bytes, &zone, false);
                state.place = part.place;
                state.unread.append(reading.unread.clone());
                Ok((state, reading))
            })
            .await?;
            let mut read = self.keep(row, reading, state).await?;
            if let Some(mut before) = all.take() {
                read.counts.checkouts += before.counts.checkouts;
                read.counts.denials += before.counts.denials;
                read.recorded += before.recorded;
                before.unread.append(read.unread);
                read.unread = before.unread;
            }
            if !more {
                return Ok(read);
            }
            all = Some(read);
        }
    }

    /// Brings check-outs and denials into the usage records, which know what they have; tells how many are new.
    async fn record(&self, tag: &str, lines: &str) -> Result<u64, SourceError> {
        if lines.is_empty() {
            return Ok(0);
        }
        let mut file = self.usage.import_file().await.map_err(SourceError::Store)?;
        file.push(lines.as_bytes()).await.map_err(SourceError::Store)?;
        let (told, outcome) = self.usage.import_observed(file, self.now_ms()).await;
        outcome?;
        for refused in told.reasons {
            tracing::warn!(source = tag, reason = refused.reason, "a check-out of a source is not recorded");
        }
        Ok(told.imported)
    }

    /// First the usage records; then the state. After a crash in between the text is read again, and adds nothing. What
    /// is large is written only when it is another.
    async fn keep(
        &self,
        row: &mut SourceRow,
        reading: Reading,
        mut state: KeptState,
    ) -> Result<SourceRead, SourceError> {
        let Reading { counts, picture, lines, unread } = reading;
        let recorded = self.record(&row.tag, &lines).await?;
        let mut picture = Picture { unread: Default::default(), ..picture };
        let text = |value: Result<String, serde_json::Error>| value.map_err(|error| sqlx::Error::Encode(error.into()));
        // The times are columns of their own.
        let (picture_at, seen_at) = (picture.at.take(), state.watch.seen.take());
        (row.picture.at, row.state.watch.seen) = (None, None);
        let mut tx = self.store.write().await?;
        if picture.problem.is_none() && picture != row.picture {
            sqlx::query("UPDATE sources SET picture = ?2, feature_count = ?3 WHERE tag = ?1")
                .bind(&row.tag)
                .bind(text(serde_json::to_string(&picture))?)
                .bind(u32::try_from(picture.features.len()).unwrap_or(u32::MAX))
                .execute(&mut *tx)
                .await?;
        }
        if state != row.state {
            sqlx::query("UPDATE sources SET state = ?2, unread_count = ?3 WHERE tag = ?1")
                .bind(&row.tag)
                .bind(text(serde_json::to_string(&state))?)
                .bind(u32::try_from(state.unread.count).unwrap_or(u32::MAX))
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(
            "UPDATE sources SET tried_at = ?2, problem = ?3, seen_at = ?5,
             last_good = CASE WHEN ?3 IS NULL THEN ?2 ELSE last_good END,
             picture_at = CASE WHEN ?3 IS NULL THEN ?4 ELSE picture_at END WHERE tag = ?1",
        )
        .bind(&row.tag)
        .bind(self.clock.now_ms())
        .bind(picture.problem.as_deref())
        .bind(picture_at)
        .bind(seen_at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        (picture.at, state.watch.seen) = (picture_at, seen_at);
        if picture.problem.is_none() {
            row.picture = picture.clone();
        }
        row.state = state;
        Ok(SourceRead { counts, unread, recorded, picture })
    }

    /// Reads from a file on a thread of its own. One on a disk that does not answer is left behind; no other is begun
    /// for the source while it is there.
    async fn read_from_disk<T: Send + 'static>(
        &self,
        tag: &str,
        work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let failed = |sentence: String| SourceError::Fetch(sentence);
        let Some(read) = self.sources.begin_read(tag) else {
            return Err(failed("The disk of the file does not answer: an earlier read has not ended yet.".to_owned()));
        };
        let (send, receive) = tokio::sync::oneshot::channel();
        let thread = move || {
            let done = {
                let _read = read;
                work()
            };
            // Nobody may wait any more.
            let _ = send.send(done);
        };
        let started = std::thread::Builder::new().name("source".to_owned()).spawn(thread);
        started.map_err(|error| failed(format!("Can't start a thread to read the file: {error}.")))?;
        match tokio::time::timeout(LONGEST_READ, receive).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(failed("Reading the file failed.".to_owned())),
            Err(_) => Err(failed(format!("The file could not be read within {} s.", LONGEST_READ.as_secs()))),
        }
    }
}

/// Work on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|crashed| Err(SourceError::Fetch(format!("Reading the text failed: {crashed}."))))
}
