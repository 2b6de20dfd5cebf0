//! What the pages of the alerts show.

use crate::request::Tone;

/// `/settings/alerts`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertsPage {
    pub rules: Vec<RuleRow>,
    pub channels: Vec<ChannelRow>,
    /// The newest first.
    pub deliveries: Vec<DeliveryRow>,
}

/// A rule and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleRow {
    pub id: i64,
    /// What it watches, with its number.
    pub sentence: String,
    pub enabled: bool,
    pub tone: Tone,
    /// "Firing", "All well".
    pub state: String,
    /// How many subjects fire.
    pub firing: usize,
    /// What fires or is about to.
    pub subjects: Vec<SubjectRow>,
    /// Its signal is not known since then, Unix milliseconds.
    pub unknown_since: Option<i64>,
    pub last_fired: Option<i64>,
    /// Names of those it tells.
    pub channels: Vec<String>,
    /// How long it waits and how often it reminds, in words.
    pub pace: String,
    /// Name and value of what a form about it carries.
    pub fields: Vec<(String, String)>,
}

/// One thing that is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// A sentence.
    pub words: String,
    pub since_ms: i64,
    /// It has not lasted long enough to be told.
    pub pending: bool,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRow {
    pub id: i64,
    pub name: String,
    /// "Mail", "Webhook".
    pub kind: String,
    /// Where it leads.
    pub leads_to: String,
    /// A password or a key is kept.
    pub secret: Option<String>,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub at_ms: i64,
    pub title: String,
    pub channel: String,
    pub tone: Tone,
    /// "Delivered", "Waiting".
    pub state: String,
    pub attempts: u32,
    /// When it is tried next, Unix milliseconds.
    pub next_ms: Option<i64>,
    /// What the other side said.
    pub outcome: Option<String>,
}

/// The form of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleForm {
    /// The rule that is changed; none for a new one.
    pub id: Option<i64>,
    /// What it watches; none while that is to be chosen.
    pub chosen: Option<KindRow>,
    /// What there is to choose from.
    pub kinds: Vec<KindRow>,
    pub number: String,
    /// Minutes.
    pub wait: String,
    /// Hours.
    pub remind: String,
    /// Those there are, and whether it tells them.
    pub channels: Vec<(i64, String, bool)>,
}

/// Something that can be watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindRow {
    /// The word in addresses and forms.
    pub word: String,
    pub title: String,
    pub help: String,
    /// Label, unit, least and most of the number it takes.
    pub number: Option<(String, String, u32, u32)>,
}

/// A rule before it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleReview {
    pub id: Option<i64>,
    pub sentence: String,
    pub pace: String,
    /// Names of those it tells.
    pub channels: Vec<String>,
    /// How good the news of the past is.
    pub tone: Tone,
    /// What it would have done, in a sentence.
    pub tried: String,
    /// How good the news of this moment is.
    pub present_tone: Tone,
    /// How things stand at this moment, in a sentence.
    pub present: String,
    /// What that rests on.
    pub rests_on: String,
    /// The newest first.
    pub episodes: Vec<EpisodeRow>,
    /// Further ones that are not listed.
    pub more: usize,
    /// Name and value of what the form carries.
    pub fields: Vec<(String, String)>,
}

/// One time it would have fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpisodeRow {
    /// Empty for the server itself.
    pub subject: String,
    pub fired_ms: i64,
    pub resolved_ms: Option<i64>,
    pub reminders: u32,
}

/// The form of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelForm {
    /// The channel that is changed; none for a new one.
    pub id: Option<i64>,
    pub webhook: bool,
    pub name: String,
    pub host: String,
    pub port: String,
    pub security: String,
    pub user: String,
    pub from: String,
    /// One a line.
    pub to: String,
    /// Scheme and host of the address that is kept.
    pub kept_address: Option<String>,
    /// A password or a key is kept.
    pub has_secret: bool,
    /// The path of the CA file; may be empty.
    pub ca: String,
    /// How many rules tell it.
    pub rules: usize,
}
