use std::fmt;

use serde::{Deserialize, Serialize};

use crate::context::Context;

/// What a server is in its installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one clients go to first: the production or development server.
    Primary,
    /// Stands beside it.
    Backup,
    /// It knows no other server.
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

/// One server, as far as membership goes.
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
    /// A context that leads: of those there is one in an installation.
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

/// What a server is: by its context, and without one as it joined. `joined_as` is none while it knows no other.
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
    /// There is a production or development server already (seed 001).
    #[error(
        "{there} is the {kind} of this installation already, and there is one production or one development server in an installation: {name}, registered for {context}, cannot join it. Register {name} as backup, or remove {there} first."
    )]
    Second {
        /// Who asks.
        name: String,
        /// Its context.
        context: Context,
        /// Who leads.
        there: String,
        /// What that one is.
        kind: &'static str,
    },
    /// A backup was asked, and there is a server that leads.
    #[error(
        "{name} is a backup server. Servers join through the {kind} of the installation, {there}: make the invitation there."
    )]
    NotHere {
        /// Who was asked.
        name: String,
        /// Who leads.
        there: String,
        /// What that one is.
        kind: &'static str,
    },
    /// Two backups, and nobody who leads.
    #[error(
        "{name} is registered as backup and knows no production server yet, so another backup cannot join it. Make the invitation on the production or development server."
    )]
    NoPrimary {
        /// Who was asked.
        name: String,
    },
    /// The same key.
    #[error(
        "This is the server that made the code, or a copy of its data folder. Use the code on another server; one that was copied gets a key of its own when server.key in its data folder is removed."
    )]
    Itself,
    /// Too many.
    #[error("This installation has as many servers as one can have. Remove one that is gone first.")]
    TooMany,
}

/// What `joiner` becomes when it joins at `own`, which knows `members`. One production or one development server per installation and
/// any number of backups (seed 001); a server that is not registered joins as backup.
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

/// Whether a server that knows `members` may join where it does not know anybody yet: the one that leads may, to take in a backup
/// that made the code; any other is in an installation already. The sentence says why not.
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
#[error("{there} leads this installation, and {name} would come back from there. Remove it on {there}.")]
pub struct RemoveRefusal {
    /// Whom to remove.
    pub name: String,
    /// Who leads.
    pub there: String,
}

/// Whether `own` may remove `member`. A backup takes over the list of the server that leads; it can remove that one only, and so
/// leave the installation.
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

/// A sentence when the servers cannot all be of one installation: one was registered for something else after it had joined.
#[must_use]
pub fn conflict(servers: &[Membership]) -> Option<String> {
    let leading: Vec<String> = servers
        .iter()
        .filter(|server| server.is_primary())
        .map(|server| format!("{} ({})", server.name, server.kind()))
        .collect();
    (leading.len() > 1).then(|| {
        format!(
            "An installation has one production or one development server, and here are {}: {}. Register all but one of them as backup, or remove them.",
            leading.len(),
            leading.join(", ")
        )
    })
}
