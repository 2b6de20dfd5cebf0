//! What is kept beside the database in `audit.head`: the newest entry, and every break that was ever found.
//!
//! ```text
//! 123 5f2c…
//! break 1800000000000 cut-off 100 123
//! ```
//!
//! A log without an entry has the head `0 -`: from then on a missing file is one that was removed, however many entries the first
//! commit had.

use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;

use storage::file::{self, PRIVATE};

use super::verify::ChainVerdict;

const FILE: &str = "audit.head";
/// The head of a log without an entry.
const BEGINNING: (i64, &str) = (0, "-");
/// Breaks remembered; the first are the ones that tell what happened.
const MOST_BREAKS: usize = 100;

/// A break that was found, and when, Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainBreak {
    pub at: i64,
    pub found: ChainVerdict,
}

/// The content of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    /// Number and hash of the newest entry.
    pub head: Option<(i64, String)>,
    pub breaks: Vec<ChainBreak>,
}

impl Anchor {
    /// Removes what a crash left of it while it was written.
    pub fn sweep(folder: &Path) {
        file::sweep(&folder.join(FILE));
    }

    /// Whether there is a file.
    pub fn exists(folder: &Path) -> std::io::Result<bool> {
        folder.join(FILE).try_exists()
    }

    /// Reads it; a missing file is an empty one.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let text = match std::fs::read(folder.join(FILE)) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let head = text.lines().next().and_then(|line| {
            let (seq, hash) = line.trim().split_once(' ')?;
            Some((seq.parse().ok()?, hash.to_owned()))
        });
        Ok(Self { head, breaks: text.lines().filter_map(read_break).collect() })
    }

    /// That of a log without an entry.
    pub fn beginning() -> Self {
        let (seq, hash) = BEGINNING;
        Self { head: Some((seq, hash.to_owned())), breaks: Vec::new() }
    }

    /// Replaces the file; afterwards it is on the disk.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        file::replace(&folder.join(FILE), self.to_text().as_bytes(), PRIVATE)
    }

    fn to_text(&self) -> String {
        let mut text = match &self.head {
            Some((seq, hash)) => format!("{seq} {hash}\n"),
            None => "\n".to_owned(),
        };
        for ChainBreak { at, found } in &self.breaks {
            let _ = match found {
                ChainVerdict::Broken(entry) => writeln!(text, "break {at} altered {entry}"),
                ChainVerdict::CutOff(last, head) => writeln!(text, "break {at} cut-off {last} {head}"),
                ChainVerdict::NoHead(last) => writeln!(text, "break {at} no-head {last}"),
                ChainVerdict::Whole(_) | ChainVerdict::WasBroken { .. } => Ok(()),
            };
        }
        text
    }

    /// Remembers a break; returns whether it is news.
    pub fn remember(&mut self, at: i64, found: ChainVerdict) -> bool {
        let is_news = self.breaks.len() < MOST_BREAKS && self.breaks.iter().all(|known| known.found != found);
        if is_news {
            self.breaks.push(ChainBreak { at, found });
        }
        is_news
    }
}

fn read_break(line: &str) -> Option<ChainBreak> {
    let mut words = line.split_whitespace();
    if words.next() != Some("break") {
        return None;
    }
    let (at, kind) = (words.next()?.parse().ok()?, words.next()?);
    let mut entry = || words.next()?.parse::<i64>().ok();
    let found = match kind {
        "altered" => ChainVerdict::Broken(entry()?),
        "cut-off" => ChainVerdict::CutOff(entry()?, entry()?),
        "no-head" => ChainVerdict::NoHead(entry()?),
        _ => return None,
    };
    Some(ChainBreak { at, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_no_head() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Anchor::read(folder.path()).unwrap(), Anchor::default());
        let mut anchor = Anchor { head: Some((7, "ab".to_owned())), breaks: Vec::new() };
        for found in [ChainVerdict::Broken(3), ChainVerdict::CutOff(5, 9), ChainVerdict::NoHead(4)] {
            assert!(anchor.remember(1, found.clone()) && !anchor.remember(2, found), "each once");
        }
        anchor.write(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(Anchor::read(folder.path()).unwrap(), anchor);
        for damaged in ["", "7\n", "x y\n", "\u{0}\u{0}"] {
            std::fs::write(folder.path().join(FILE), damaged).unwrap();
            assert_eq!(Anchor::read(folder.path()).unwrap().head, None, "{damaged:?}");
        }
    }
}
