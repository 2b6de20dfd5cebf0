//! What the audit log records: every action with its words, in the groups people look for it, and who acts.

/// A group of actions, as people look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionGroup {
    Configuration,
    Registration,
    Sync,
    Licenses,
    Servers,
    Clients,
    Sources,
    Alerts,
    SignIn,
    Users,
    Tokens,
    Database,
    Diagnostics,
}

impl ActionGroup {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 13] = [
        Self::Configuration,
        Self::Registration,
        Self::Sync,
        Self::Licenses,
        Self::Servers,
        Self::Clients,
        Self::Sources,
        Self::Alerts,
        Self::SignIn,
        Self::Users,
        Self::Tokens,
        Self::Database,
        Self::Diagnostics,
    ];

    /// The word in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Registration => "registration",
            Self::Sync => "sync",
            Self::Licenses => "licenses",
            Self::Servers => "servers",
            Self::Clients => "clients",
            Self::Sources => "sources",
            Self::Alerts => "alerts",
            Self::SignIn => "sign-in",
            Self::Users => "users",
            Self::Tokens => "tokens",
            Self::Database => "database",
            Self::Diagnostics => "diagnostics",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Configuration => "Configuration",
            Self::Registration => "Registration",
            Self::Sync => "Sync",
            Self::Licenses => "Licenses",
            Self::Servers => "Servers",
            Self::Clients => "Clients",
            Self::Sources => "Sources",
            Self::Alerts => "Alerts",
            Self::SignIn => "Sign-in",
            Self::Users => "Users",
            Self::Tokens => "API tokens",
            Self::Database => "Database",
            Self::Diagnostics => "Diagnostics",
        }
    }

    /// The actions of this group.
    pub fn actions(self) -> impl Iterator<Item = &'static Action> {
        ACTIONS.iter().filter(move |action| action.group == self)
    }
}

/// One kind of entry.
#[derive(Debug, PartialEq, Eq)]
pub struct Action {
    /// As it is stored: `area.verb`.
    pub name: &'static str,
    pub group: ActionGroup,
    /// What people read.
    pub label: &'static str,
}

const fn action(group: ActionGroup, name: &'static str, label: &'static str) -> Action {
    Action { name, group, label }
}

/// Every action there is. A test looks for actions in the code that are missing here.
pub const ACTIONS: &[Action] = &[
    action(ActionGroup::Configuration, "conf.save", "Settings changed"),
    action(ActionGroup::Configuration, "conf.found", "File found"),
    action(ActionGroup::Configuration, "conf.outside", "File changed outside Leasehold"),
    action(ActionGroup::Configuration, "conf.keep", "Outside change acknowledged"),
    action(ActionGroup::Configuration, "conf.settle", "Interrupted save settled"),
    action(ActionGroup::Configuration, "checklist.mark", "Set-up item done or dismissed"),
    action(ActionGroup::Registration, "server.register", "Server registered"),
    action(ActionGroup::Registration, "vendor-key.pin", "Vendor key trusted"),
    action(ActionGroup::Sync, "exchange.sync", "Sync"),
    action(ActionGroup::Sync, "exchange.report", "Offline report created"),
    action(ActionGroup::Sync, "exchange.push", "Offline response applied"),
    action(ActionGroup::Sync, "cluster.add", "Cluster added"),
    action(ActionGroup::Sync, "cluster.pull", "Report fetched from a cluster"),
    action(ActionGroup::Sync, "cluster.push", "Response delivered to a cluster"),
    action(ActionGroup::Sync, "cluster.remove", "Cluster removed"),
    action(ActionGroup::Licenses, "ve.install", "Machine license installed"),
    action(ActionGroup::Licenses, "monitor-license.read", "Monitor license read"),
    action(ActionGroup::Licenses, "locked.unlock", "Records unlocked"),
    action(ActionGroup::Servers, "peer.invite", "Server invited"),
    action(ActionGroup::Servers, "peer.join", "Server joined"),
    action(ActionGroup::Servers, "peer.remove", "Server removed"),
    action(ActionGroup::Servers, "server.handover", "Drain"),
    action(ActionGroup::Servers, "server.rehearse", "Failover drill"),
    action(ActionGroup::Servers, "server.take_back", "Drain or drill ended"),
    action(ActionGroup::Clients, "client.release", "Licenses released"),
    action(ActionGroup::Clients, "usage.import", "Usage imported"),
    action(ActionGroup::Sources, "source.add", "Source added"),
    action(ActionGroup::Sources, "source.push", "Text read for a source"),
    action(ActionGroup::Sources, "source.try", "Source looked at"),
    action(ActionGroup::Sources, "source.remove", "Source removed"),
    action(ActionGroup::Alerts, "alert.add", "Alert rule added"),
    action(ActionGroup::Alerts, "alert.change", "Alert rule changed"),
    action(ActionGroup::Alerts, "alert.disable", "Alert rule turned off"),
    action(ActionGroup::Alerts, "alert.remove", "Alert rule removed"),
    action(ActionGroup::Alerts, "alert.acknowledge", "Alert acknowledged"),
    action(ActionGroup::Alerts, "alert.silence", "Alert rule silenced"),
    action(ActionGroup::Alerts, "alert.channel.add", "Alert channel added"),
    action(ActionGroup::Alerts, "alert.channel.change", "Alert channel changed"),
    action(ActionGroup::Alerts, "alert.channel.remove", "Alert channel removed"),
    action(ActionGroup::Alerts, "alert.test", "Alert channel tested"),
    action(ActionGroup::SignIn, "session.login", "Sign-in"),
    action(ActionGroup::SignIn, "session.logout", "Sign-out"),
    action(ActionGroup::SignIn, "session.end", "Session ended"),
    action(ActionGroup::Users, "user.add", "User added"),
    action(ActionGroup::Users, "user.password", "Password set"),
    action(ActionGroup::Users, "user.invite", "User invited"),
    action(ActionGroup::Users, "user.withdraw", "Invitation withdrawn"),
    action(ActionGroup::Users, "user.reset-link", "Password link created"),
    action(ActionGroup::Users, "user.role", "Role changed"),
    action(ActionGroup::Users, "user.disable", "User disabled"),
    action(ActionGroup::Users, "user.enable", "User enabled"),
    action(ActionGroup::Users, "user.remove", "User removed"),
    action(ActionGroup::Users, "user.totp-begin", "Set-up of two-step sign-in begun"),
    action(ActionGroup::Users, "user.totp-on", "Two-step sign-in turned on"),
    action(ActionGroup::Users, "user.totp-off", "Two-step sign-in turned off"),
    action(ActionGroup::Users, "user.totp-reset", "Two-step sign-in reset"),
    action(ActionGroup::Users, "user.recovery-codes", "Recovery codes created"),
    action(ActionGroup::Tokens, "token.create", "API token created"),
    action(ActionGroup::Tokens, "token.revoke", "API token revoked"),
    action(ActionGroup::Database, "backup.create", "Backup made"),
    action(ActionGroup::Database, "backup.download", "Backup downloaded"),
    action(ActionGroup::Database, "backup.delete", "Backup deleted"),
    action(ActionGroup::Database, "backup.restore", "Backup restored"),
    action(ActionGroup::Database, "database.check", "Database checked"),
    action(ActionGroup::Diagnostics, "diagnostics.probe", "Connections checked"),
];

/// The action of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

/// The names of the actions that a word of a filter stands for: a group, an action, or the beginning of actions (`conf.`). Unknown words
/// stand for themselves, so that entries of another version can be found too.
#[must_use]
pub fn meant(word: &str) -> Vec<&str> {
    if let Some(group) = ActionGroup::ALL.into_iter().find(|group| group.as_str() == word) {
        return group.actions().map(|action| action.name).collect();
    }
    let area = word.trim_end_matches('.');
    let begins = |name: &str| name.strip_prefix(area).is_some_and(|rest| rest.starts_with('.'));
    std::iter::once(word).chain(ACTIONS.iter().map(|action| action.name).filter(|name| begins(name))).collect()
}

/// The names of the actions whose words contain this text, whatever the case.
#[must_use]
pub fn labelled(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    ACTIONS.iter().filter(|action| action.label.to_lowercase().contains(&text)).map(|action| action.name).collect()
}

/// What kind of actor made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A person, in the console or over the API.
    User,
    /// An API token.
    Token,
    /// A command on the machine itself.
    CommandLine,
    /// The vendor's tools, over the reporting API.
    ReportingApi,
    /// Somebody who edited the file past Leasehold.
    Outside,
    /// Leasehold itself.
    System,
}

/// A word that names no kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose user, token, command-line, reporting-api, outside or system.")]
pub struct ActorKindError;

impl ActorKind {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::User, Self::Token, Self::CommandLine, Self::ReportingApi, Self::Outside, Self::System];

    /// The word in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::CommandLine => "command-line",
            Self::ReportingApi => "reporting-api",
            Self::Outside => "outside",
            Self::System => "system",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Token => "API tokens",
            Self::CommandLine => "Command line",
            Self::ReportingApi => "Reporting API",
            Self::Outside => "Outside Leasehold",
            Self::System => "Leasehold itself",
        }
    }
}

impl std::str::FromStr for ActorKind {
    type Err = ActorKindError;

    fn from_str(word: &str) -> Result<Self, ActorKindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(ActorKindError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_there_once_and_in_a_group_that_is_offered() {
        for (place, action) in ACTIONS.iter().enumerate() {
            assert!(ACTIONS[..place].iter().all(|other| other.name != action.name), "{} twice", action.name);
            assert!(ACTIONS[..place].iter().all(|other| other.label != action.label), "{} twice", action.label);
            assert!(ActionGroup::ALL.contains(&action.group), "{}", action.name);
        }
        assert!(ActionGroup::ALL.into_iter().all(|group| group.actions().next().is_some()));
    }

    #[test]
    fn a_filter_may_name_a_group_an_action_or_the_beginning_of_actions() {
        assert_eq!(meant("registration"), ["server.register", "vendor-key.pin"]);
        assert_eq!(meant("user.add"), ["user.add"]);
        for word in ["alert.channel", "alert.channel."] {
            assert_eq!(meant(word)[1..], ["alert.channel.add", "alert.channel.change", "alert.channel.remove"]);
        }
        assert!(!meant("server").contains(&"servers") && meant("server").contains(&"server.handover"));
        assert_eq!(meant("later.thing"), ["later.thing"]);
    }

    #[test]
    fn words_of_an_action_lead_to_it() {
        assert_eq!(labelled("drill"), ["server.rehearse", "server.take_back"]);
        assert!(labelled("no such words").is_empty());
    }

    #[test]
    fn the_kinds_of_actors_are_read_as_they_are_written() {
        for kind in ActorKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("nobody".parse::<ActorKind>(), Err(ActorKindError));
    }
}
