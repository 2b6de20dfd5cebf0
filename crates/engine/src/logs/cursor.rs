//! The place of a line: which file, and at which byte. A file is known by the time it began and its number on the disk, so the place
//! stays good when the file moves up.

use std::fmt;
use std::str::FromStr;

/// Written `20260629180825.1a2b.5120`: when the file began (0 when that is not known), its inode, the offset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// When the file began, and its inode.
    pub file: FileId,
    /// Of the first byte of the line.
    pub offset: u64,
}

/// What a file is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// Digits of the stamp of the first line.
    pub began: u64,
    /// Number on the disk.
    pub inode: u64,
}

/// Text that is no place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not a place in the log. Take one from a list of lines.")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.file, self.offset)
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:x}", self.began, self.inode)
    }
}

impl FromStr for FileId {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (began, inode) = text.split_once('.').ok_or(CursorError)?;
        Ok(Self {
            began: began.parse().map_err(|_| CursorError)?,
            inode: u64::from_str_radix(inode, 16).map_err(|_| CursorError)?,
        })
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (file, offset) = text.rsplit_once('.').ok_or(CursorError)?;
        Ok(Self { file: file.parse()?, offset: offset.parse().map_err(|_| CursorError)? })
    }
}
