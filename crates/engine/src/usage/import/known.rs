//! Which lines of a file are stored already: by their hashes, as often as they stand there.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Lines by how often they are wanted and not stored.
#[derive(Debug, Default)]
pub(super) struct KnownLines {
    wanted: HashMap<u128, u32>,
}

impl KnownLines {
    /// Wants a line of a data file once more.
    pub fn want(&mut self, line: &[u8]) -> u128 {
        let hash = hash(line);
        *self.wanted.entry(hash).or_default() += 1;
        hash
    }

    /// Takes away the lines that a data file has up to this length.
    pub fn take_away(&mut self, path: &Path, length: u64) -> io::Result<()> {
        if length == 0 {
            return Ok(());
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut reader = BufReader::with_capacity(256 * 1024, file.take(length));
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            if let Some(wanted) = self.wanted.get_mut(&hash(&line)) {
                *wanted = wanted.saturating_sub(1);
            }
            line.clear();
        }
        Ok(())
    }

    /// Whether one more of this line is to be stored.
    pub fn is_missing(&mut self, hash: u128) -> bool {
        match self.wanted.get_mut(&hash) {
            Some(wanted) if *wanted > 0 => {
                *wanted -= 1;
                true
            }
            _ => false,
        }
    }
}

fn hash(line: &[u8]) -> u128 {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(line)[..16]);
    u128::from_le_bytes(half)
}
