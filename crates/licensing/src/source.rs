//! What other license daemons print, read into one picture.
//!
//! A reader takes bytes and the time zone of the machine they come from, guesses nothing, and drops nothing: a line it
//! can't read is kept as it came, with the reason. Names in these texts are chosen by anyone who can connect to the
//! daemon: they are only text here, of limited length and without control characters.

mod date;
pub mod flexnet_license;
pub mod flexnet_log;
pub mod lmstat;
pub mod rlm_log;
pub mod rlmstat;
mod text;
mod watch;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::contact::Millis;
pub use watch::{Denials, ReadCounts, Reading, SourceWatch};

/// How many unread lines are kept of one text; the others are counted.
pub const MOST_UNREAD: usize = 1_000;

/// From this number on a daemon means “unlimited” (seen: 1,000,000 and 2³¹ − 1).
pub const UNLIMITED: u64 = 1_000_000;

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Its number, from 1.
    pub line: usize,
    /// As it came, cut to 500 characters.
    pub text: String,
    /// Why it could not be read, as a clause.
    pub reason: String,
}

/// Lines that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnreadLines {
    /// The first [`MOST_UNREAD`].
    pub lines: Vec<Unread>,
    /// All of them.
    pub count: usize,
}

impl UnreadLines {
    pub(crate) fn add(&mut self, line: usize, text: &str, reason: impl Into<String>) {
        self.count += 1;
        if self.lines.len() < MOST_UNREAD {
            let text = crate::plain_text::one_line(text, 500);
            self.lines.push(Unread { line, text, reason: reason.into() });
        }
    }

    /// Adds those of the text that follows.
    pub fn append(&mut self, mut next: Self) {
        self.count += next.count;
        self.lines.append(&mut next.lines);
        self.lines.truncate(MOST_UNREAD);
    }
}

/// A machine or process of a license system and whether it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Its name as printed.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Its version, where told.
    pub version: Option<String>,
    /// What is printed about one that is down.
    pub problem: Option<String>,
}

/// How a license is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// For any machine.
    Floating,
    /// For one machine.
    NodeLocked,
    /// For one machine, without a count.
    Uncounted,
    /// Paid with tokens of another license.
    Token,
}

/// Part of a feature: licenses of one version, end and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Version, where told.
    pub version: Option<String>,
    /// Its own number, where told.
    pub issued: Option<u64>,
    /// The end: the last day counts. `None` for permanent ones and where nothing is told (see `permanent`).
    pub expires: Option<Millis>,
    /// Whether it is said to be permanent.
    pub permanent: bool,
    /// How it is bound, where told.
    pub binding: Option<Binding>,
}

/// A license in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLicense {
    /// Who.
    pub user: String,
    /// Where.
    pub host: String,
    /// The display; empty where none is told.
    pub display: String,
    /// Words beside it: an alias of the feature, a package.
    pub extra: String,
    /// The version asked for.
    pub version: String,
    /// The daemon's handle; used again after a return.
    pub handle: String,
    /// How many licenses.
    pub count: u64,
    /// Since when, where it can be told.
    pub since: Option<Millis>,
    /// The process, where told.
    pub pid: Option<u64>,
    /// Seconds for which a returned or borrowed license is still held.
    pub linger_s: Option<u64>,
}

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedRequest {
    /// Who.
    pub user: String,
    /// Where.
    pub host: String,
    /// The display; empty where none is told.
    pub display: String,
    /// How many licenses.
    pub count: u64,
}

/// Licenses kept for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// For what: `HOST`, `GROUP`, ….
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many licenses.
    pub count: u64,
}

/// One feature of one vendor at one license system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Feature {
    /// The name as printed.
    pub name: String,
    /// The vendor's daemon; empty where it is not told.
    pub vendor: String,
    /// The license system it belongs to, where one text tells of several.
    pub server: String,
    /// How many licenses there are; `None` for uncounted and unlimited ones and where it is not told.
    pub issued: Option<u64>,
    /// How many the daemon counts as in use, with reservations that nobody has taken.
    pub in_use: Option<u64>,
    /// Whether it is said to have no number.
    pub uncounted: bool,
    /// What is wrong with it, as printed.
    pub problem: Option<String>,
    /// Its parts, where told.
    pub pools: Vec<Pool>,
    /// Who holds licenses.
    pub held: Vec<HeldLicense>,
    /// Who waits.
    pub queued: Vec<QueuedRequest>,
    /// What is kept for whom.
    pub reserved: Vec<Reservation>,
}

impl Feature {
    /// Licenses in somebody's hands.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.held.iter().fold(0, |sum, held| sum.saturating_add(held.count))
    }

    /// Licenses kept for somebody, taken or not.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.reserved.iter().fold(0, |sum, kept| sum.saturating_add(kept.count))
    }

    /// Licenses kept back for reservations that nobody has taken: the daemon counts them as in use, and nobody holds
    /// them. `None` where it tells no use.
    #[must_use]
    pub fn held_back(&self) -> Option<u64> {
        Some(self.reserved().min(self.in_use?.saturating_sub(self.taken())))
    }

    /// Licenses that are neither in use nor kept back. `None` where no number or no use is told.
    #[must_use]
    pub fn free(&self) -> Option<u64> {
        Some(self.issued?.saturating_sub(self.in_use?.max(self.taken())))
    }

    /// Licenses that are waited for.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.queued.iter().fold(0, |sum, queued| sum.saturating_add(queued.count))
    }

    /// The earliest end of its parts. Permanent parts and those without an end have none.
    #[must_use]
    pub fn expires(&self) -> Option<Millis> {
        self.pools.iter().filter_map(|pool| pool.expires).min()
    }
}

/// What a text tells about one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Picture {
    /// The moment, where told.
    pub at: Option<Millis>,
    /// Machines.
    pub servers: Vec<Daemon>,
    /// Vendors' daemons.
    pub vendors: Vec<Daemon>,
    /// Features in the order they are printed.
    pub features: Vec<Feature>,
    /// Why there is nothing to read, as printed.
    pub problem: Option<String>,
    /// What could not be read.
    pub unread: UnreadLines,
}

/// What a source is, and thus how its text is read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum SourceKind {
    /// FlexNet's `lmutil lmstat -a`, or `-i`.
    Lmstat,
    /// FlexNet's debug log.
    FlexnetLog,
    /// A FlexNet license file.
    FlexnetLicense,
    /// RLM's `rlmstat -a`.
    Rlmstat,
    /// RLM's report log.
    RlmLog,
}

impl SourceKind {
    /// Whether it is a log, which grows, rather than a picture of now.
    #[must_use]
    pub fn is_log(self) -> bool {
        matches!(self, Self::FlexnetLog | Self::RlmLog)
    }

    /// All of them, in the order in which they are offered.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::VARIANTS
    }

    /// All words, for messages.
    #[must_use]
    pub fn words() -> String {
        Self::all().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Longest tag, characters.
pub const LONGEST_TAG: usize = 64;

/// Whether this can name a source: letters, digits, `_` and `-`.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST_TAG).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(issued: Option<u64>, in_use: Option<u64>, held: &[u64], reserved: &[u64]) -> Feature {
        let license = |count: &u64| HeldLicense {
            user: "ann".to_owned(),
            host: "ws-1".to_owned(),
            display: String::new(),
            extra: String::new(),
            version: String::new(),
            handle: String::new(),
            count: *count,
            since: None,
            pid: None,
            linger_s: None,
        };
        let kept = |count: &u64| Reservation { kind: "GROUP".to_owned(), name: "lab".to_owned(), count: *count };
        Feature {
            issued,
            in_use,
            held: held.iter().map(license).collect(),
            reserved: reserved.iter().map(kept).collect(),
            ..Feature::default()
        }
    }

    #[test]
    fn what_is_reserved_and_not_taken_is_told_apart_from_what_is_in_somebodys_hands() {
        for (issued, in_use, held, reserved, taken, held_back, free) in [
            // Three of the five reserved ones are not taken: the daemon counts them as in use.
            (Some(10), Some(6), &[1, 2][..], &[5][..], 3, Some(3), Some(4)),
            (Some(10), Some(3), &[3], &[], 3, Some(0), Some(7)),
            // Shared licenses are not listed: more are in use than the lines say, and none is reserved.
            (Some(10), Some(4), &[1], &[], 1, Some(0), Some(6)),
            // An overdraft.
            (Some(2), Some(3), &[3], &[], 3, Some(0), Some(0)),
            (None, Some(3), &[3], &[], 3, Some(0), None),
            // A license file tells how many there are, and nothing of their use.
            (Some(10), None, &[], &[], 0, None, None),
        ] {
            let feature = feature(issued, in_use, held, reserved);
            assert_eq!((feature.taken(), feature.held_back(), feature.free()), (taken, held_back, free), "{feature:?}");
        }
    }
}
