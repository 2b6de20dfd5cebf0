//! What the configuration pages show.

use licensing::conf::check::ConfFinding;
use licensing::conf::diff::Diff;
use licensing::conf::merge::SettingConflict;
use licensing::conf::view::SettingView;

/// The file as it was read for this page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileInfo {
    pub path: String,
    /// Names the bytes this page was made from; sent back with each form. The value of the `ETag`, without quotes.
    pub base: String,
    pub revision: i64,
    pub saved_by: Option<String>,
    pub saved_at_ms: Option<i64>,
    pub lines: usize,
}

/// The settings as a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigurationForm {
    pub file: FileInfo,
    pub settings: Vec<SettingView>,
    pub findings: Vec<ConfFinding>,
    /// A sentence when the file cannot be edited here: missing, a folder, unreadable, too large.
    pub file_problem: Option<String>,
    /// Labels of the settings that were changed since the server started, and take effect with the next start.
    pub restart_required: Vec<String>,
}

/// The file as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigurationText {
    pub file: FileInfo,
    /// As `licensing::conf::text::shown` shows it.
    pub text: String,
    /// Of the text that is shown.
    pub findings: Vec<ConfFinding>,
    pub file_problem: Option<String>,
    pub restart_required: Vec<String>,
}

/// What a change was made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EditMode {
    #[default]
    Form,
    Text,
    /// An earlier revision is brought back.
    Restore,
    /// The change of one revision is taken out.
    Undo,
}

impl EditMode {
    /// The value of the hidden field `mode`.
    pub fn word(self) -> &'static str {
        match self {
            EditMode::Form => "form",
            EditMode::Text => "text",
            EditMode::Restore => "restore",
            EditMode::Undo => "undo",
        }
    }
}

/// A change on its way: what was sent, to be sent again with the next form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub mode: EditMode,
    /// The settings by key (form), the one field `text`, or the one field `revision` (restore, undo).
    pub fields: Vec<(String, String)>,
    pub comment: String,
}

impl Draft {
    /// The revision whose change is taken out.
    pub(super) fn undone(&self) -> Option<i64> {
        let number = self.fields.first().filter(|_| self.mode == EditMode::Undo);
        number.and_then(|(_, number)| number.parse().ok())
    }
}

/// A change, shown before it is saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Review {
    /// `file.base` is what the change was made on; `file.lines` counts the lines of the new file.
    pub file: FileInfo,
    pub draft: Draft,
    pub diff: Diff,
    /// The findings the new file would have.
    pub findings: Vec<ConfFinding>,
    /// Labels of the changed settings that count only after a restart.
    pub needs_restart: Vec<String>,
    /// Labels of the changed settings that have no effect, with what overrides each: `--clients`.
    pub overridden: Vec<(String, String)>,
    /// What others changed since the editor was opened, in settings and lines this change doesn't touch.
    pub meanwhile: Option<Meanwhile>,
    /// The changed settings by key, for `curl`; empty when the text itself changes.
    pub changes: Vec<(String, String)>,
    /// `http://127.0.0.1:8084`, for `curl`.
    pub origin: String,
}

/// Where a change came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Console,
    Api,
    CommandLine,
    Outside,
}

impl Origin {
    /// The words people read.
    pub fn label(self) -> &'static str {
        match self {
            Origin::Console => "console",
            Origin::Api => "API",
            Origin::CommandLine => "command line",
            Origin::Outside => "outside Leasehold",
        }
    }
}

/// The newest change somebody else made while a change was made here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meanwhile {
    /// The revision it led to.
    pub revision: i64,
    /// None when it happened outside Leasehold.
    pub who: Option<String>,
    pub origin: Origin,
    pub at_ms: i64,
    pub comment: Option<String>,
}

/// Somebody else changed the file while this change was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conflict {
    /// The current file; `file.base` is the new base.
    pub file: FileInfo,
    pub draft: Draft,
    pub other: Meanwhile,
    /// The settings that both changes set, to different values.
    pub settings: Vec<SettingConflict>,
    /// Both changes touch the same lines of the text: on top of the current file, yours would replace the other.
    pub overlaps: bool,
    /// From the common base to what was typed here.
    pub yours: Diff,
    /// From the common base to the current file.
    pub theirs: Diff,
}

/// One page of the history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub file: FileInfo,
    /// Newest first.
    pub revisions: Vec<RevisionItem>,
    /// Value of `?before=` for the next older page.
    pub older: Option<i64>,
}

/// One saved version of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RevisionItem {
    pub number: i64,
    pub at_ms: i64,
    pub author: Option<String>,
    pub origin: Origin,
    pub comment: Option<String>,
    pub removed: usize,
    pub added: usize,
    /// Set when this revision brought back an older one.
    pub restored_from: Option<i64>,
    /// Set when this revision took out what an earlier one changed.
    pub undoes: Option<i64>,
    /// Of a change made outside: when somebody reviewed it.
    pub reviewed_ms: Option<i64>,
}

impl RevisionItem {
    /// Whether it was made outside, and nobody has reviewed it.
    pub fn waits_for_review(&self) -> bool {
        self.origin == Origin::Outside && self.reviewed_ms.is_none()
    }

    /// Whether it is a change that can be taken out: not the file as it was found.
    pub(super) fn is_change(&self) -> bool {
        (self.author.is_some() || self.origin == Origin::Outside) && self.added + self.removed > 0
    }
}

/// One revision with its two comparisons.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revision {
    pub file: FileInfo,
    pub item: RevisionItem,
    /// The revision before; none for the first.
    pub previous: Option<i64>,
    /// From the one before to this one.
    pub from_previous: Option<Diff>,
    /// From the current file to this one: what a restore would do.
    pub from_current: Diff,
}

/// Why a revision can't be undone alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UndoConflict {
    pub file: FileInfo,
    pub item: RevisionItem,
    /// The revision before.
    pub previous: Option<i64>,
    /// The settings that were set again later: `before` is the revision's value, `yours` the one before the revision.
    /// Empty: later changes touch the same lines.
    pub settings: Vec<SettingConflict>,
}

/// The file was changed outside Leasehold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside {
    /// `file.base` names the bytes now in the file.
    pub file: FileInfo,
    /// Each change that nobody has reviewed, as the history has it; newest first. Empty: none is pending.
    pub edits: Vec<OutsideEdit>,
    /// Further ones, older than these.
    pub more: usize,
    /// The revision before all of them.
    pub before: Option<i64>,
    /// When the first was noticed, Unix milliseconds.
    pub noticed_ms: i64,
    /// Why the file can no longer be read.
    pub file_problem: Option<String>,
    /// The findings of the file as it is now.
    pub findings: Vec<ConfFinding>,
}

/// One change made outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutsideEdit {
    pub item: RevisionItem,
    /// The revision before.
    pub previous: Option<i64>,
    /// From the one before to this one.
    pub diff: Diff,
}
