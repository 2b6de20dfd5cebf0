//! What is kept beside the database in `audit.head`: the newest entry, and every break that was ever found.
//!
//! ```text
//! 123 5f2c…
//! break 1800000000000 cut-off 100 123
//! ```

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::verify::ChainVerdict;

const FILE: &str = "audit.head";
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

    /// Replaces the file; afterwards it is on the disk.
    pub fn write(&self, folder: PathBuf) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        match &self.head {
            Some((seq, hash)) => writeln!(file, "{seq} {hash}")?,
            None => writeln!(file)?,
        }
        for ChainBreak { at, found } in &self.breaks {
            match found {
                ChainVerdict::Broken(entry) => writeln!(file, "break {at} altered {entry}")?,
                ChainVerdict::CutOff(last, head) => writeln!(file, "break {at} cut-off {last} {head}")?,
                ChainVerdict::NoHead(last) => writeln!(file, "break {at} no-head {last}")?,
                ChainVerdict::Whole(_) | ChainVerdict::WasBroken { .. } => {}
            }
        }
        file.as_file().sync_all()?;
        file.persist(folder.join(FILE))?;
        std::fs::File::open(folder)?.sync_all()
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
        anchor.write(folder.path().to_owned()).unwrap();
        assert_eq!(Anchor::read(folder.path()).unwrap(), anchor);
        for damaged in ["", "7\n", "x y\n", "\u{0}\u{0}"] {
            std::fs::write(folder.path().join(FILE), damaged).unwrap();
            assert_eq!(Anchor::read(folder.path()).unwrap().head, None, "{damaged:?}");
        }
    }
}
