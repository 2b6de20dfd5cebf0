//! The position of a line: a file and an offset. A file is identified by the time of its first line and its inode, so
//! positions stay valid after rotation.

use std::fmt;
use std::str::FromStr;

/// Written `20260629180825.1a2b.5120`: when the file began (0 if unknown), its inode, the offset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// When the file began, and its inode.
    pub file: FileId,
    /// Of the first byte of the line.
    pub offset: u64,
}

/// The identity of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// Digits of the stamp of the first line.
    pub began: u64,
    /// Inode.
    pub inode: u64,
}

/// Text that isn't a position in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid position in the log. Use one from a list of lines.")]
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
