//! The lines of a file from its end, block by block.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::LONGEST_LINE;

/// Read at a time, bytes.
const BLOCK: u64 = 256 * 1024;

pub(super) struct Backward {
    file: File,
    /// Where in the file the buffer begins.
    start: u64,
    buffer: Vec<u8>,
    /// Bytes of the buffer not returned yet.
    left: usize,
}

impl Backward {
    /// The lines before `end`.
    pub fn new(file: File, end: u64) -> Self {
        Self { file, start: end, buffer: Vec::new(), left: 0 }
    }

    /// The previous line without its line break, and its offset.
    pub fn line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        let (from, to) = loop {
            let body = &self.buffer[..self.left];
            let body = body.strip_suffix(b"\n").unwrap_or(body);
            if let Some(newline) = body.iter().rposition(|byte| *byte == b'\n') {
                break (newline + 1, body.len());
            }
            if self.start == 0 {
                if self.left == 0 {
                    return Ok(None);
                }
                break (0, body.len());
            }
            if body.len() > LONGEST_LINE {
                break (body.len() - LONGEST_LINE, body.len());
            }
            self.fill()?;
        };
        self.left = from;
        Ok(Some((self.start + from as u64, &self.buffer[from..to])))
    }

    /// Prepends the previous block.
    fn fill(&mut self) -> io::Result<()> {
        let length = BLOCK.min(self.start);
        let mut block = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut block, self.start - length)?;
        block.extend_from_slice(&self.buffer[..self.left]);
        self.start -= length;
        self.left = block.len();
        self.buffer = block;
        Ok(())
    }
}
