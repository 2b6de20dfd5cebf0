//! Writing a group: each table with one statement, its rows as JSON and their blobs one after another in one parameter.

use std::fmt::Write;

use sqlx::{Sqlite, Transaction};

use super::count::GroupChanges;
use super::open_days::{LevelChunk, OpenDay};
use super::state::{RollUpProgress, Writer};

/// Rows of one table.
#[derive(Debug, Default)]
struct Table {
    json: String,
    blobs: Vec<u8>,
    rows: usize,
}

impl Table {
    fn row(&mut self) -> Row<'_> {
        self.json.push(if self.rows == 0 { '[' } else { ',' });
        self.json.push('[');
        self.rows += 1;
        Row { table: self, empty: true }
    }

    /// Runs a statement whose first parameter is the rows and whose second the blobs, when there are rows.
    async fn run(mut self, tx: &mut Transaction<'static, Sqlite>, sql: &'static str) -> Result<(), sqlx::Error> {
        if self.rows == 0 {
            return Ok(());
        }
        self.json.push(']');
        sqlx::query(sql).bind(self.json).bind(self.blobs).execute(&mut **tx).await?;
        Ok(())
    }
}

/// A row being written; it ends when it is dropped.
struct Row<'a> {
    table: &'a mut Table,
    empty: bool,
}

impl Row<'_> {
    fn comma(&mut self) {
        if !self.empty {
            self.table.json.push(',');
        }
        self.empty = false;
    }

    fn number(mut self, number: impl TryInto<i64>) -> Self {
        self.comma();
        let _ = write!(self.table.json, "{}", number.try_into().unwrap_or(i64::MAX));
        self
    }

    fn text(mut self, text: &str) -> Self {
        self.comma();
        self.table.json.push_str(&serde_json::Value::from(text).to_string());
        self
    }

    /// Two columns: where the blob begins, counted from 1, and its length; −1 for none.
    fn blob(self, blob: Option<&[u8]>) -> Self {
        let begins = self.table.blobs.len() + 1;
        let Some(blob) = blob else { return self.number(begins as i64).number(-1) };
        self.table.blobs.extend_from_slice(blob);
        self.number(begins as i64).number(blob.len() as i64)
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.table.json.push(']');
    }
}

/// All that a group writes.
#[derive(Debug, Default)]
pub(super) struct GroupRows {
    series: Table,
    names: Table,
    days: Table,
    whole: Table,
    chunks: Table,
    users: Table,
    denials: Table,
    streams: Table,
    opened: Table,
    ended: Table,
    files: Table,
    rolled: Table,
    observed: Table,
    window: Table,
    salt: Table,
    headers: Table,
    locked: Table,
    ended_locked: Table,
    bits: Table,
    unlocked: Table,
}

impl GroupRows {
    /// Everything except the days.
    pub fn of(writer: &mut Writer, changes: &GroupChanges, lengths: &[(i64, u64)], before: RollUpProgress) -> Self {
        let mut rows = Self::default();
        for (id, whose) in std::mem::take(&mut writer.series.fresh) {
            let row = rows.series.row().number(id).text(&whose.context).text(&whose.deployment);
            row.text(&whose.product).text(&whose.client);
        }
        for (id, name) in std::mem::take(&mut writer.series.fresh_users) {
            rows.names.row().number(id).text(&name);
        }
        for ((minute, series, user), denied) in &changes.denials {
            let row = rows.denials.row().number(*minute).number(*series).number(*user);
            row.number(denied.at).number(denied.last).text(&denied.host).number(denied.count);
        }
        for session in &changes.sessions {
            let stream = writer.streams.get(session).copied().unwrap_or_default();
            rows.streams.row().number(*session).number(stream.acknowledged).number(stream.dropped);
        }
        for key in &changes.opened {
            // One that ended within the same group was never stored.
            let Some(out) = writer.out.get(key) else { continue };
            let row = rows.opened.row().number(key.0).number(key.1).number(out.taken).number(out.ids.client);
            let row = row.text(&out.user).text(&out.host);
            row.number(out.lost_at.unwrap_or(-1));
        }
        for key in &changes.ended {
            rows.ended.row().number(key.0).number(key.1);
        }
        for (day, length) in lengths {
            rows.files.row().number(*day).number(*length);
        }
        if let Some((span, window)) = writer.observed.window {
            let span: &str = span.into();
            for (user, number, first_at) in std::mem::take(&mut writer.observed.fresh) {
                if number == 1 {
                    rows.window.row().text(span).number(window);
                    rows.salt.row().text(span).number(window).blob(Some(&writer.observed.salt));
                }
                rows.observed.row().text(span).number(window).blob(Some(&user)).number(number).number(first_at);
            }
        }
        for day in &changes.locked.days {
            let Some((header, records, users)) = writer.locked.header(*day) else { continue };
            let row = rows.headers.row().text(&header.id).number(*day).text(&header.vendor_key_id.to_string());
            row.text(&header.sealed).number(users).number(records);
        }
        for ((day, violation), sums) in &changes.locked.files {
            let row = rows.locked.row().number(*day).text(violation.word()).number(sums.from).number(sums.to);
            row.number(sums.records).number(sums.least).number(sums.users);
        }
        for key in &changes.locked.ended {
            rows.ended_locked.row().number(key.0).number(key.1);
        }
        for ((header, chunk), bits) in &changes.unlocked.bits {
            rows.bits.row().text(header).number(*chunk).blob(Some(bits));
        }
        for (header, opened) in &changes.unlocked.opened {
            rows.unlocked.row().text(header).number(*opened);
        }
        if writer.rolled != before {
            rows.rolled.row().number(writer.rolled.at).number(writer.rolled.seen);
        }
        rows
    }

    /// A day of a series, settled.
    pub fn day(&mut self, series: i64, day: i64, hot: &OpenDay, chunk: Option<LevelChunk>, is_total: bool) {
        let (total, peak_at) = hot.total(day);
        let hours = hot.coarse.is_none().then(|| hot.day.encode_hours());
        let levels = is_total.then(|| hot.day.levels().encode());
        let row = self.days.row().number(series).number(day).number(total.taken).number(total.use_ms);
        let row = row.number(total.denied).number(total.peak).number(peak_at).number(hot.day.before);
        row.blob(hours.as_deref()).blob(levels.as_deref());
        match chunk {
            None => {}
            Some(LevelChunk::Next(number, edges)) => {
                self.chunks.row().number(day).number(series).number(number).blob(Some(&edges));
            }
            Some(LevelChunk::Whole(edges)) => {
                self.whole.row().number(day).number(series);
                self.chunks.row().number(day).number(series).number(0).blob(Some(&edges));
            }
        }
        if hot.users != licensing::usage::Users::default() {
            self.users.row().number(series).number(day).blob(Some(&hot.users.encode()));
        }
    }

    /// Writes them.
    pub async fn write(self, tx: &mut Transaction<'static, Sqlite>) -> Result<(), sqlx::Error> {
        const SERIES: &str = "INSERT INTO usage_series (id, context, deployment, product, client)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE ?2 IS NOT NULL";
        const NAMES: &str = "INSERT INTO usage_names (id, name)
             SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE ?2 IS NOT NULL";
        const DAYS: &str =
            "INSERT OR REPLACE INTO usage_days (series, day, taken, use_ms, denied, peak, peak_at, before, hours, levels)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
             CASE WHEN value ->> 9 >= 0 THEN substr(?2, value ->> 8, value ->> 9) END,
             CASE WHEN value ->> 11 >= 0 THEN substr(?2, value ->> 10, value ->> 11) END FROM json_each(?1)";
        const WHOLE: &str = "DELETE FROM usage_edges WHERE ?2 IS NOT NULL AND chunk > 0
             AND (day, series) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
        // A part of nothing is no bytes, not NULL: changes may have cancelled each other out.
        const CHUNKS: &str = "INSERT OR REPLACE INTO usage_edges (day, series, chunk, edges)
             SELECT value ->> 0, value ->> 1, value ->> 2, coalesce(substr(?2, value ->> 3, value ->> 4), x'') FROM json_each(?1)";
        const USERS: &str = "INSERT OR REPLACE INTO usage_users (series, day, users)
             SELECT value ->> 0, value ->> 1, substr(?2, value ->> 2, value ->> 3) FROM json_each(?1)";
        const DENIALS: &str = "INSERT INTO usage_denials (minute, series, user, at, last, host, count)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
             FROM json_each(?1) WHERE ?2 IS NOT NULL
             ON CONFLICT DO UPDATE SET at = min(at, excluded.at), last = max(last, excluded.last), count = count + excluded.count,
             host = CASE WHEN (excluded.at, excluded.host) < (at, host) THEN excluded.host ELSE host END";
        const STREAMS: &str = "INSERT OR REPLACE INTO usage_streams (session, acknowledged, dropped)
             SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE ?2 IS NOT NULL";
        const OPENED: &str = "INSERT OR REPLACE INTO usage_open (session, number, taken, series, user, host, lost_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, nullif(value ->> 6, -1)
             FROM json_each(?1) WHERE ?2 IS NOT NULL";
        const ENDED: &str = "DELETE FROM usage_open WHERE ?2 IS NOT NULL
             AND (session, number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
        const FILES: &str = "INSERT INTO usage_files (day, committed)
             SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE ?2 IS NOT NULL
             ON CONFLICT DO UPDATE SET committed = excluded.committed";
        const ROLLED: &str =
            "UPDATE usage_rolled SET at = value ->> 0, seen = value ->> 1 FROM json_each(?1) WHERE ?2 IS NOT NULL";
        // The window before is gone as soon as the next begins, and its salt with it.
        const WINDOW: &str = "DELETE FROM observed_users WHERE ?2 IS NOT NULL AND NOT EXISTS
             (SELECT 1 FROM json_each(?1) WHERE span = value ->> 0 AND \"window\" = value ->> 1)";
        const SALT: &str = "INSERT OR REPLACE INTO observed_salt (id, span, \"window\", salt)
             SELECT 1, value ->> 0, value ->> 1, substr(?2, value ->> 2, value ->> 3) FROM json_each(?1)";
        const OBSERVED: &str = "INSERT OR IGNORE INTO observed_users (span, \"window\", user, number, first_at)
             SELECT value ->> 0, value ->> 1, substr(?2, value ->> 2, value ->> 3), value ->> 4, value ->> 5 FROM json_each(?1)";
        const HEADERS: &str = "INSERT INTO locked_headers (id, day, vendor_key_id, sealed, users, records)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?1) WHERE ?2 IS NOT NULL
             ON CONFLICT DO UPDATE SET users = excluded.users, records = excluded.records";
        const LOCKED: &str = "INSERT INTO locked_files (day, violation, from_ms, to_ms, records, least, users)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
             FROM json_each(?1) WHERE ?2 IS NOT NULL
             ON CONFLICT DO UPDATE SET from_ms = min(from_ms, excluded.from_ms), to_ms = max(to_ms, excluded.to_ms),
             records = records + excluded.records, least = min(least, excluded.least), users = max(users, excluded.users)";
        const ENDED_LOCKED: &str = "INSERT OR IGNORE INTO locked_ended (session, number)
             SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE ?2 IS NOT NULL";
        const BITS: &str = "INSERT OR REPLACE INTO locked_opened (header, chunk, bits)
             SELECT value ->> 0, value ->> 1, substr(?2, value ->> 2, value ->> 3) FROM json_each(?1)";
        const UNLOCKED: &str = "UPDATE locked_headers SET opened = opened + (j.value ->> 1) FROM json_each(?1) AS j
             WHERE locked_headers.id = j.value ->> 0 AND ?2 IS NOT NULL";
        self.series.run(tx, SERIES).await?;
        self.names.run(tx, NAMES).await?;
        self.days.run(tx, DAYS).await?;
        self.whole.run(tx, WHOLE).await?;
        self.chunks.run(tx, CHUNKS).await?;
        self.users.run(tx, USERS).await?;
        self.denials.run(tx, DENIALS).await?;
        self.streams.run(tx, STREAMS).await?;
        self.opened.run(tx, OPENED).await?;
        self.ended.run(tx, ENDED).await?;
        self.files.run(tx, FILES).await?;
        self.rolled.run(tx, ROLLED).await?;
        self.window.run(tx, WINDOW).await?;
        self.salt.run(tx, SALT).await?;
        self.observed.run(tx, OBSERVED).await?;
        self.headers.run(tx, HEADERS).await?;
        self.locked.run(tx, LOCKED).await?;
        self.ended_locked.run(tx, ENDED_LOCKED).await?;
        self.bits.run(tx, BITS).await?;
        self.unlocked.run(tx, UNLOCKED).await
    }
}
