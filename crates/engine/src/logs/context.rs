//! One line with its neighbors.

use std::io;
use std::os::unix::fs::FileExt;

use super::backward::Backward;
use super::files::{LogFile, find, open};
use super::forward::Lines;
use super::{Cursor, LogItem, Logs, LogsError};

/// A line in context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogContext {
    /// Newest first.
    pub items: Vec<LogItem>,
    /// Its index.
    pub marked: usize,
}

impl Logs {
    /// The line at a position with `count` lines before and after it; `None` if no line begins there.
    ///
    /// # Errors
    /// [`LogsError`]
    pub fn around(&self, at: &Cursor, count: usize) -> Result<Option<LogContext>, LogsError> {
        let files = self.files()?;
        let Some(index) = find(&files, at.file) else { return Ok(None) };
        read(&files, index, at.offset, count)
            .map_err(|source| LogsError::Io { path: files[index].path.display().to_string(), source })
    }
}

fn read(files: &[LogFile], index: usize, offset: u64, count: usize) -> io::Result<Option<LogContext>> {
    if offset >= files[index].size {
        return Ok(None);
    }
    let mut before = [b'\n'];
    if offset > 0 {
        open(&files[index].path)?.read_at(&mut before, offset - 1)?;
    }
    if before != [b'\n'] {
        return Ok(None);
    }
    let mut items: Vec<LogItem> =
        Lines::after(files[..=index].to_vec(), offset)?.take(count + 1).collect::<io::Result<_>>()?;
    items.reverse();
    let Some(marked) = items.len().checked_sub(1) else { return Ok(None) };
    for (number, file) in files.iter().enumerate().skip(index) {
        let end = if number == index { offset } else { file.size };
        let mut lines = Backward::new(open(&file.path)?, end);
        while let Some((offset, line)) = lines.line()? {
            if items.len() > marked + count {
                return Ok(Some(LogContext { items, marked }));
            }
            if !line.is_empty() {
                items.push(LogItem::new(Cursor { file: file.id, offset }, &file.name, line));
            }
        }
    }
    Ok(Some(LogContext { items, marked }))
}
