//! Reading the locked lines of a data file.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use licensing::client_protocol::CheckOutOutcome;
use licensing::locked::{HeaderId, KeyLadder, LockedLine, LockedLineError, MARK};
use licensing::monitor::{covered, most_users};

use super::DamagedLine;
use super::coverage::{Held, LockedDay};
use crate::usage::Batch;
use crate::usage::sealed::SealedRecord;
use crate::usage::unlock::{LineSet, UnlockGroup};

/// Records counted in one transaction; few in tests, so that there are many.
const AT_ONCE: usize = if cfg!(test) { 20 } else { 20_000 };
/// A line longer than this isn't ours, bytes.
const LONGEST: u64 = 64 * 1024;

/// What is known of the lines under one header.
#[derive(Debug)]
pub(super) struct HeaderLines {
    keys: Option<KeyLadder>,
    /// Lines under it when reading began; later ones are left to the next time.
    records: u64,
    opened: LineSet,
    found: LineSet,
}

impl HeaderLines {
    pub fn new(held: &Held, header: HeaderId, records: u64, opened: LineSet) -> Self {
        let keys = held.keys.get(&header).map(KeyLadder::new);
        Self { keys, records, opened, found: LineSet::default() }
    }
}

/// The sums of a file read so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReadSums {
    pub unlocked: u64,
    pub not_covered: u64,
    pub without_key: u64,
    pub damaged: u64,
}

/// The line of an open check-out, looked at when all ends are known: where it begins in the file.
pub(super) type DeferredLine = u64;

/// A part of a file: records to count, and what else was found since the last part.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub group: UnlockGroup,
    pub sums: ReadSums,
    pub damage: Vec<DamagedLine>,
    pub deferred: Vec<DeferredLine>,
    pub missing: u64,
    /// Records that are in no line that could be opened.
    pub lost: u64,
}

/// What a line is.
enum Line {
    Record(Box<SealedRecord<'static>>, HeaderId, u64),
    /// Opened before, or stored after reading began.
    Skipped,
    NotCovered,
    WithoutKey,
    /// Why, and whether it stands in the place of a line that isn't found otherwise.
    Damaged(String, bool),
}

/// The data file of a day.
#[derive(Debug)]
pub(super) struct LockedFileReader {
    path: PathBuf,
    length: u64,
    day: LockedDay,
    held: Arc<Held>,
    headers: HashMap<HeaderId, HeaderLines>,
    clients: HashMap<String, Arc<str>>,
}

impl LockedFileReader {
    pub fn new(
        (path, length): (PathBuf, u64),
        day: LockedDay,
        held: Arc<Held>,
        headers: HashMap<HeaderId, HeaderLines>,
    ) -> Self {
        Self { path, length, day, held, headers, clients: HashMap::new() }
    }

    /// Reads all lines. `part` takes what was read, and says whether to go on.
    pub fn read(&mut self, mut part: impl FnMut(Part) -> bool) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => BufReader::with_capacity(256 * 1024, file.take(self.length)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                part(Part { missing: self.missing(0), lost: self.lost(), ..Part::default() });
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (mut parts, mut offset, mut nth, mut damaged) = (Parts::default(), 0, 0, 0);
        let (mut line, mut is_start) = (Vec::new(), true);
        loop {
            line.clear();
            let read = (&mut file).take(LONGEST).read_until(b'\n', &mut line)? as u64;
            if read == 0 {
                break;
            }
            let begins = offset;
            offset += read;
            // What follows the first part of a line that is too long is still that line.
            if !std::mem::replace(&mut is_start, line.ends_with(b"\n")) {
                continue;
            }
            nth += 1;
            if line.first() != Some(&(MARK as u8)) {
                continue;
            }
            match self.look(&line) {
                Line::Record(record, ..) if record.record.outcome == CheckOutOutcome::Open => {
                    parts.part.deferred.push(begins);
                }
                Line::Record(record, header, number) => self.take(&mut parts, *record, header, number),
                Line::Skipped => {}
                Line::NotCovered => parts.part.sums.not_covered += 1,
                Line::WithoutKey => parts.part.sums.without_key += 1,
                Line::Damaged(problem, is_unfound) => {
                    damaged += u64::from(is_unfound);
                    parts.part.sums.damaged += 1;
                    parts.part.damage.push(DamagedLine { file: self.day.file.name.clone(), line: nth, problem });
                }
            }
            if parts.size >= AT_ONCE || nth % (4 * AT_ONCE as u64) == 0 {
                let done = self.finish(&mut parts);
                if !part(done) {
                    return Ok(());
                }
            }
        }
        let missing = self.missing(damaged);
        let done = self.finish(&mut parts);
        part(Part { missing, lost: self.lost(), ..done });
        Ok(())
    }

    /// Reads the lines of open check-outs again. `resolve`: the record to count of one.
    pub fn read_open(
        &mut self,
        lines: &[DeferredLine],
        resolve: impl Fn(SealedRecord<'static>) -> SealedRecord<'static>,
        mut part: impl FnMut(Part) -> bool,
    ) -> io::Result<()> {
        let mut file = BufReader::new(File::open(&self.path)?);
        let (mut parts, mut line) = (Parts::default(), Vec::new());
        for begins in lines {
            file.seek(SeekFrom::Start(*begins))?;
            line.clear();
            (&mut file).take(LONGEST).read_until(b'\n', &mut line)?;
            if let Line::Record(record, header, number) = self.look(&line) {
                self.take(&mut parts, resolve(*record), header, number);
            }
            if parts.size >= AT_ONCE {
                let done = self.finish(&mut parts);
                if !part(done) {
                    return Ok(());
                }
            }
        }
        let done = self.finish(&mut parts);
        part(done);
        Ok(())
    }

    /// Lines stored and not found, except those `damaged` ones that are known by their header.
    fn missing(&self, damaged: u64) -> u64 {
        let stored: u64 = self.headers.values().map(|header| header.records).sum();
        let found: u64 = self.headers.values().map(|header| header.found.count()).sum();
        stored.saturating_sub(found + damaged)
    }

    /// Records whose line is neither here nor opened before.
    fn lost(&self) -> u64 {
        let lost = |lines: &HeaderLines| lines.records.saturating_sub(lines.found.count_with(&lines.opened));
        self.headers.values().map(lost).sum()
    }

    fn look(&mut self, line: &[u8]) -> Line {
        let parsed = std::str::from_utf8(line).ok().and_then(LockedLine::parse);
        let Some(line) = parsed else { return Line::Damaged("it was changed or cut off".to_owned(), false) };
        let Some(header) = self.headers.get_mut(&line.header) else {
            return Line::Damaged("it is from another day's file or another server".to_owned(), false);
        };
        if line.number >= header.records {
            return Line::Damaged(LockedLineError::Damaged.to_string(), true);
        }
        if header.opened.has(line.number) {
            header.found.add(line.number);
            return Line::Skipped;
        }
        let file = &self.day.file;
        let is_covered_at_all =
            || most_users(&self.held.licenses, file.from_ms, file.to_ms).is_some_and(|users| users >= line.index);
        let not_open = || if is_covered_at_all() { Line::WithoutKey } else { Line::NotCovered };
        let Some(keys) = &header.keys else {
            header.found.add(line.number);
            return not_open();
        };
        let opened = match line.open(keys, file.day) {
            Ok(opened) => opened,
            Err(LockedLineError::BeyondLicensed) => {
                header.found.add(line.number);
                return not_open();
            }
            Err(error @ LockedLineError::Damaged) => return Line::Damaged(error.to_string(), true),
        };
        header.found.add(line.number);
        let Ok(record) = serde_json::from_slice::<SealedRecord<'static>>(&opened) else {
            return Line::Damaged("it was written by another version of Leasehold".to_owned(), false);
        };
        if !covered(&self.held.licenses, record.record.from, line.index) {
            return Line::NotCovered;
        }
        Line::Record(Box::new(record), line.header, line.number)
    }

    fn take(&mut self, parts: &mut Parts, record: SealedRecord<'static>, header: HeaderId, number: u64) {
        let Some(lines) = self.headers.get_mut(&header) else { return };
        let (chunk, is_new) = lines.opened.add(number);
        if !is_new {
            return;
        }
        parts.chunks.insert((header, chunk));
        *parts.part.group.opened.entry(header).or_default() += 1;
        parts.part.sums.unlocked += 1;
        parts.size += 1;
        let all = &mut parts.part.group.parts;
        let fits = all.last_mut().filter(|(batch, _)| {
            batch.session == record.session
                && *batch.client == *record.client
                && *batch.deployment == *record.deployment
                && batch.context == record.context
        });
        match fits {
            Some((batch, numbers)) => {
                batch.records.push(record.record.into_owned());
                numbers.push(record.number);
            }
            None => {
                let mut name = |text: &str| match self.clients.get(text) {
                    Some(name) => name.clone(),
                    None => self.clients.entry(text.to_owned()).or_insert(text.into()).clone(),
                };
                let batch = Batch {
                    session: record.session,
                    client: name(&record.client),
                    deployment: name(&record.deployment),
                    context: record.context,
                    first: record.number,
                    records: vec![record.record.into_owned()],
                    ..Batch::default()
                };
                all.push((batch, vec![record.number]));
            }
        }
    }

    /// The part read so far, with the chunks it changes.
    fn finish(&self, parts: &mut Parts) -> Part {
        let Parts { mut part, chunks, .. } = std::mem::take(parts);
        for (header, chunk) in chunks {
            if let Some(bits) = self.headers.get(&header).and_then(|lines| lines.opened.chunk(chunk)) {
                part.group.bits.insert((header, chunk), bits.to_vec());
            }
        }
        part
    }
}

/// A part being read.
#[derive(Debug, Default)]
struct Parts {
    part: Part,
    chunks: BTreeSet<(HeaderId, i64)>,
    size: usize,
}
