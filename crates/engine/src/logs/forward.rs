//! Lines from oldest to newest, one at a time: for downloads, and for what follows a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::cursor::FileId;
use super::files::{LogFile, find, open};
use super::{Cursor, LONGEST_LINE, LogItem, LogQuery, Logs, LogsError};

/// The lines that match, oldest first.
pub struct Lines {
    query: LogQuery,
    /// Files left to read; the last is next.
    files: Vec<LogFile>,
    current: Option<(LogFile, Forward)>,
}

impl Logs {
    /// All matching lines, of one file or all.
    ///
    /// # Errors
    /// [`LogsError`]; if that file is gone.
    pub fn lines(&self, query: LogQuery, only: Option<FileId>) -> Result<Lines, LogsError> {
        let mut files = self.files()?;
        if let Some(id) = only {
            files = find(&files, id).map(|index| files.swap_remove(index)).into_iter().collect();
        }
        Ok(Lines { query, files, current: None })
    }
}

impl Lines {
    /// The lines from a position on. `files` are those from its own to the newest.
    pub(super) fn after(files: Vec<LogFile>, offset: u64) -> io::Result<Self> {
        let mut files = files;
        let current = match files.pop() {
            Some(file) => {
                let lines = Forward::new(open(&file.path)?, offset, file.size)?;
                Some((file, lines))
            }
            None => None,
        };
        Ok(Self { query: LogQuery::default(), files, current })
    }

    fn step(&mut self) -> io::Result<Option<LogItem>> {
        loop {
            if self.current.is_none() {
                let Some(file) = self.files.pop() else { return Ok(None) };
                let lines = Forward::new(open(&file.path)?, 0, file.size)?;
                self.current = Some((file, lines));
            }
            let Some((file, lines)) = &mut self.current else { return Ok(None) };
            match lines.line()? {
                Some((offset, line)) => {
                    if !line.is_empty() && self.query.wants(line) {
                        return Ok(Some(LogItem::new(Cursor { file: file.id, offset }, &file.name, line)));
                    }
                }
                None => self.current = None,
            }
        }
    }
}

impl Iterator for Lines {
    type Item = io::Result<LogItem>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

pub(super) struct Forward {
    file: io::Take<BufReader<File>>,
    offset: u64,
    line: Vec<u8>,
}

impl Forward {
    /// From here to the file's end as of now.
    pub fn new(file: File, offset: u64, size: u64) -> io::Result<Self> {
        let mut file = BufReader::with_capacity(LONGEST_LINE, file);
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file: file.take(size.saturating_sub(offset)), offset, line: Vec::new() })
    }

    pub fn line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        self.line.clear();
        (&mut self.file).take(LONGEST_LINE as u64).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        let at = self.offset;
        self.offset += self.line.len() as u64;
        Ok(Some((at, self.line.strip_suffix(b"\n").unwrap_or(&self.line))))
    }
}
