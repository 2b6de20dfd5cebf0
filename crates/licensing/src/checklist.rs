//! What is left to set up once a server is registered: a pure judgement of what it knows of itself.

use serde::{Deserialize, Serialize};

/// One thing to set up.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ChecklistItem {
    /// A server that takes over when this one fails.
    BackupServer,
    /// Alerts: a channel and a rule.
    Alerts,
    /// A certificate that browsers trust.
    Tls,
    /// Somebody else who can sign in.
    SecondAdministrator,
    /// A copy of the data folder. One made by other means nobody here can see.
    DataBackup,
}

impl ChecklistItem {
    /// All of them, in the order they are shown.
    pub const ALL: &[ChecklistItem] = <ChecklistItem as strum::VariantArray>::VARIANTS;

    /// The word stored and sent by forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What to do.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            ChecklistItem::BackupServer => "Add a backup server",
            ChecklistItem::Alerts => "Set up alerts",
            ChecklistItem::Tls => "Give the console a certificate",
            ChecklistItem::SecondAdministrator => "Add a second administrator",
            ChecklistItem::DataBackup => "Back up the data folder",
        }
    }

    /// What it is good for.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            ChecklistItem::BackupServer => "Clients fail over to it when this server is down.",
            ChecklistItem::Alerts => "Get notified by mail or webhook when something goes wrong.",
            ChecklistItem::Tls => "Start Leasehold with --tls-cert and --tls-key, so that browsers trust this console.",
            ChecklistItem::SecondAdministrator => "One forgotten password should not lock everybody out.",
            ChecklistItem::DataBackup => {
                "A lost disk takes usage, users and the audit log with it. Keep a copy of the backup on another machine."
            }
        }
    }

    /// Whether only a person can say that it is done.
    #[must_use]
    pub fn is_marked_by_hand(self) -> bool {
        self == ChecklistItem::DataBackup
    }
}

/// What a server knows of its own set-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChecklistFacts {
    /// Servers of the installation besides this one.
    pub peers: usize,
    /// Channels that notifications go to.
    pub channels: usize,
    /// Alert rules that are on.
    pub rules: usize,
    /// The console has a certificate that was given to it.
    pub certificate_given: bool,
    /// Users with the role administrator.
    pub administrators: usize,
    /// There is a verified backup.
    pub backed_up: bool,
    /// Items that somebody marked as done or dismissed.
    pub marked: Vec<ChecklistItem>,
}

impl ChecklistFacts {
    /// What is left, in order; empty when everything is done or dismissed.
    #[must_use]
    pub fn open(&self) -> Vec<ChecklistItem> {
        let open = |item: &ChecklistItem| !self.is_done(*item) && !self.marked.contains(item);
        ChecklistItem::ALL.iter().copied().filter(open).collect()
    }

    fn is_done(&self, item: ChecklistItem) -> bool {
        match item {
            ChecklistItem::BackupServer => self.peers > 0,
            ChecklistItem::Alerts => self.channels > 0 && self.rules > 0,
            ChecklistItem::Tls => self.certificate_given,
            ChecklistItem::SecondAdministrator => self.administrators > 1,
            ChecklistItem::DataBackup => self.backed_up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ChecklistItem::{Alerts, BackupServer, DataBackup, SecondAdministrator, Tls};
    use super::*;

    fn new_server() -> ChecklistFacts {
        ChecklistFacts { administrators: 1, ..ChecklistFacts::default() }
    }

    #[test]
    fn a_new_server_has_everything_to_do_and_each_thing_goes_when_it_is_done() {
        assert_eq!(new_server().open(), ChecklistItem::ALL);
        for (done, item) in [
            (ChecklistFacts { peers: 1, ..new_server() }, BackupServer),
            (ChecklistFacts { channels: 1, rules: 1, ..new_server() }, Alerts),
            (ChecklistFacts { certificate_given: true, ..new_server() }, Tls),
            (ChecklistFacts { administrators: 2, ..new_server() }, SecondAdministrator),
            (ChecklistFacts { backed_up: true, ..new_server() }, DataBackup),
            (ChecklistFacts { marked: vec![DataBackup], ..new_server() }, DataBackup),
        ] {
            let open = done.open();
            assert!(!open.contains(&item) && open.len() == ChecklistItem::ALL.len() - 1, "{item:?}: {open:?}");
        }
    }

    #[test]
    fn a_rule_without_a_channel_tells_nobody() {
        for (channels, rules) in [(0, 0), (1, 0), (0, 1)] {
            assert!(ChecklistFacts { channels, rules, ..new_server() }.open().contains(&Alerts), "{channels} {rules}");
        }
    }

    #[test]
    fn what_is_dismissed_stays_away_and_words_read_back() {
        let dismissed = ChecklistFacts { marked: ChecklistItem::ALL.to_vec(), ..new_server() };
        assert_eq!(dismissed.open(), []);
        for item in ChecklistItem::ALL {
            assert_eq!(item.as_str().parse(), Ok(*item));
            assert!(item.why().ends_with('.') && !item.title().ends_with('.'));
        }
    }
}
