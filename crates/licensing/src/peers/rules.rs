use std::fmt;

use serde::{Deserialize, Serialize};

use crate::context::Context;

/// A server's role in its installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The server that clients use first: the production or development server.
    Primary,
    /// Stands in for the primary.
    Backup,
    /// It has no peers.
    Alone,
}

impl Role {
    /// The word in the API and in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Primary => "primary",
            Role::Backup => "backup",
            Role::Alone => "alone",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A server's membership data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// What it is called.
    pub name: String,
    /// Its context; none while it is not registered.
    pub context: Option<Context>,
    /// What it is.
    pub role: Role,
}

impl Membership {
    /// Whether a server of this context is the primary; an installation has one.
    fn leads(&self) -> Option<Context> {
        self.context.filter(|context| *context != Context::Backup)
    }

    fn is_primary(&self) -> bool {
        self.leads().is_some() || (self.context.is_none() && self.role == Role::Primary)
    }

    /// `production server`, for a sentence.
    fn kind(&self) -> &'static str {
        match self.context {
            Some(Context::Production) => "production server",
            Some(Context::Development) => "development server",
            Some(Context::Backup) => "backup server",
            None => "primary server",
        }
    }
}

/// A server's role: by its context, or without one, as it joined. `joined_as` is `None` while it has no peers.
#[must_use]
pub fn role(context: Option<Context>, joined_as: Option<Role>) -> Role {
    match (joined_as, context) {
        (None, _) => Role::Alone,
        (Some(_), Some(Context::Backup)) => Role::Backup,
        (Some(_), Some(_)) => Role::Primary,
        (Some(as_what), None) => as_what,
    }
}

/// Why a server may not join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefusal {
    /// There is already a production or development server.
    #[error(
        "{there} is already the {kind} of this installation, which can have only one production or development server: {name}, registered for {context}, can't join. Register {name} as backup, or remove {there} first."
    )]
    Second {
        /// Who asks.
        name: String,
        /// Its context.
        context: Context,
        /// The primary.
        there: String,
        /// Its context.
        kind: &'static str,
    },
    /// A backup was asked, but there is a primary.
    #[error(
        "{name} is a backup server. Servers join through the {kind} of the installation, {there}: create the invitation there."
    )]
    NotHere {
        /// Who was asked.
        name: String,
        /// The primary.
        there: String,
        /// Its context.
        kind: &'static str,
    },
    /// Two backups without a primary.
    #[error(
        "{name} is a backup without a production server yet, so another backup can't join it. Create the invitation on the production or development server."
    )]
    NoPrimary {
        /// Who was asked.
        name: String,
    },
    /// The same key.
    #[error(
        "This is the server that created the code, or a copy of its data folder. Use the code on another server. To give a copy its own key, remove server.key from its data folder."
    )]
    Itself,
    /// Too many.
    #[error("This installation has the maximum number of servers. Remove one that is gone first.")]
    TooMany,
}

/// The role of `joiner` if it joins at `own`, which knows `members`. One production or one development server per
/// installation and any number of backups; a server that is not registered joins as backup.
///
/// # Errors
/// Why it may not.
pub fn admit(own: &Membership, members: &[Membership], joiner: &Membership) -> Result<Role, JoinRefusal> {
    let leading = std::iter::once(own).chain(members).find(|server| server.is_primary());
    match (joiner.leads(), leading) {
        (Some(context), Some(leader)) => Err(JoinRefusal::Second {
            name: joiner.name.clone(),
            context,
            there: leader.name.clone(),
            kind: leader.kind(),
        }),
        (Some(_), None) => Ok(Role::Primary),
        (None, Some(leader)) if leader == own => Ok(Role::Backup),
        (None, Some(leader)) => {
            Err(JoinRefusal::NotHere { name: own.name.clone(), there: leader.name.clone(), kind: leader.kind() })
        }
        (None, None) if own.context == Some(Context::Backup) => Err(JoinRefusal::NoPrimary { name: own.name.clone() }),
        (None, None) => Ok(Role::Backup),
    }
}

/// Whether a server that knows `members` may join an unknown server: the primary may, to add a backup that created the
/// code; any other is already in an installation.
///
/// # Errors
/// The name of a server it knows.
pub fn may_join<'a>(own: &Membership, members: &'a [Membership]) -> Result<(), &'a str> {
    match members.first() {
        Some(member) if own.leads().is_none() => Err(&member.name),
        _ => Ok(()),
    }
}

/// Why a server may not be removed here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{there} is the primary of this installation and would add {name} again. Remove it on {there}.")]
pub struct RemoveRefusal {
    /// Whom to remove.
    pub name: String,
    /// The primary.
    pub there: String,
}

/// Whether `own` may remove `member`. A backup follows the primary's list, so it can remove only the primary, which
/// means leaving the installation.
///
/// # Errors
/// Where to do it instead.
pub fn may_remove(own: &Membership, members: &[Membership], member: &Membership) -> Result<(), RemoveRefusal> {
    let leader = members.iter().find(|other| other.is_primary());
    match leader {
        Some(leader) if !own.is_primary() && leader != member => {
            Err(RemoveRefusal { name: member.name.clone(), there: leader.name.clone() })
        }
        _ => Ok(()),
    }
}

/// A sentence if the servers can't all belong to one installation, because one was registered for another context
/// after it had joined.
#[must_use]
pub fn conflict(servers: &[Membership]) -> Option<String> {
    let leading: Vec<String> = servers
        .iter()
        .filter(|server| server.is_primary())
        .map(|server| format!("{} ({})", server.name, server.kind()))
        .collect();
    (leading.len() > 1).then(|| {
        format!(
            "An installation can have only one production or development server, but this one has {}: {}. Register all but one of them as backup, or remove them.",
            leading.len(),
            leading.join(", ")
        )
    })
}
