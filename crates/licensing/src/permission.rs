//! Who may do what in the console and the API.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The role of a user. Each may do everything the previous one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// May look, and change only their own account.
    Viewer,
    /// Keeps the server running: syncs with the nodes, reads the audit log.
    Operator,
    /// May do everything.
    Administrator,
}

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Permission {
    /// See status, settings, licenses and usage.
    View,
    /// Change the configuration file.
    EditConfiguration,
    /// Restore an earlier revision of the configuration file, or undo one.
    RestoreConfiguration,
    /// Register the server, or change its GUID.
    Register,
    /// Add, change and remove users.
    ManageUsers,
    /// Create and revoke API tokens.
    ManageTokens,
    /// Read the audit log.
    ViewAudit,
    /// Read the server's own log.
    ViewLogs,
    /// Change one's own password and second factor.
    OwnAccount,
    /// Sync with the licensing nodes, online or offline.
    Exchange,
    /// Acknowledge alerts and silence their rules.
    HandleAlerts,
    /// Start and end drains and failover drills.
    Drain,
    /// Add servers to the installation, and remove them.
    ManageServers,
    /// Unlock usage records.
    UnlockRecords,
    /// Back up the data folder, download and delete backups, and check the database.
    ManageBackups,
    /// Add other license daemons to observe, and remove them.
    ManageSources,
    /// Bring in check-outs recorded elsewhere.
    ImportUsage,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Permission; 17] = [
        Permission::View,
        Permission::EditConfiguration,
        Permission::RestoreConfiguration,
        Permission::Register,
        Permission::ManageUsers,
        Permission::ManageTokens,
        Permission::ViewAudit,
        Permission::ViewLogs,
        Permission::OwnAccount,
        Permission::Exchange,
        Permission::HandleAlerts,
        Permission::Drain,
        Permission::ManageServers,
        Permission::UnlockRecords,
        Permission::ManageBackups,
        Permission::ManageSources,
        Permission::ImportUsage,
    ];

    /// The word in the API, in commands and where it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What it allows, as people read it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Permission::View => "See status, settings, licenses and usage",
            Permission::OwnAccount => "Change the own password and two-step sign-in",
            Permission::Exchange => "Sync with the licensing nodes, release licenses",
            Permission::HandleAlerts => "Acknowledge alerts and silence their rules",
            Permission::Drain => "Start and end drains and failover drills",
            Permission::UnlockRecords => "Unlock records of the usage monitor",
            Permission::ViewAudit => "Read the audit log",
            Permission::ViewLogs => "Read the server's log",
            Permission::EditConfiguration => "Change the configuration, alert rules and channels",
            Permission::RestoreConfiguration => "Restore an earlier configuration, undo a change of it",
            Permission::Register => "Register this server",
            Permission::ManageServers => "Add and remove servers",
            Permission::ManageBackups => "Make, download and delete backups, check the database",
            Permission::ManageSources => {
                "Add and remove other license daemons to observe; runs programs on this machine"
            }
            Permission::ImportUsage => "Import usage, feed and look at sources",
            Permission::ManageUsers => "Manage users and their sessions",
            Permission::ManageTokens => "Manage API tokens",
        }
    }

    /// The least role that has this permission.
    #[must_use]
    pub fn least_role(self) -> Role {
        match self {
            Permission::View | Permission::OwnAccount => Role::Viewer,
            Permission::Exchange
            | Permission::HandleAlerts
            | Permission::Drain
            | Permission::UnlockRecords
            | Permission::ImportUsage
            | Permission::ViewAudit
            | Permission::ViewLogs => Role::Operator,
            Permission::EditConfiguration
            | Permission::RestoreConfiguration
            | Permission::Register
            | Permission::ManageServers
            | Permission::ManageBackups
            | Permission::ManageSources
            | Permission::ManageUsers
            | Permission::ManageTokens => Role::Administrator,
        }
    }
}

impl Role {
    /// All, least trusted first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Administrator];

    /// The word in files, addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Administrator => "administrator",
        }
    }

    /// Whether this role has the permission.
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }

    /// The sentence for a control that is disabled for this role; `None` when it is allowed.
    #[must_use]
    pub fn why_not(self, permission: Permission) -> Option<&'static str> {
        if self.allows(permission) {
            return None;
        }
        Some(match permission {
            Permission::View => "Seeing this needs a user account.",
            Permission::OwnAccount => "Changing an account needs a user account.",
            Permission::Exchange => "Syncing with the licensing nodes needs the role operator or administrator.",
            Permission::HandleAlerts => "Acknowledging and silencing alerts needs the role operator or administrator.",
            Permission::Drain => "Draining clients needs the role operator or administrator.",
            Permission::UnlockRecords => "Unlocking records needs the role operator or administrator.",
            Permission::ImportUsage => "Importing usage needs the role operator or administrator.",
            Permission::ManageServers => "Adding and removing servers needs the role administrator.",
            Permission::ManageBackups => "Backups and checks of the database need the role administrator.",
            Permission::ManageSources => "Adding and removing sources needs the role administrator.",
            Permission::ViewLogs => "Reading the log needs the role operator or administrator.",
            Permission::ViewAudit => "Reading the audit log needs the role operator or administrator.",
            Permission::EditConfiguration => "Changing the configuration needs the role administrator.",
            Permission::RestoreConfiguration => "Restoring an earlier configuration needs the role administrator.",
            Permission::Register => "Registering this server needs the role administrator.",
            Permission::ManageUsers => "Managing users needs the role administrator.",
            Permission::ManageTokens => "Managing API tokens needs the role administrator.",
        })
    }
}

/// What a caller may do: what its role allows; of a token that is limited, only a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    role: Role,
    /// The permissions of a limited token; none: all of the role.
    only: Option<Vec<Permission>>,
}

/// A permission that the role of a token doesn't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The role {role} does not have the permission {word}. Leave it out, or choose the role {least}.", role = .0, word = .1.as_str(), least = .1.least_role())]
pub struct BeyondRole(pub Role, pub Permission);

impl Rights {
    /// All that a role allows.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Self { role, only: None }
    }

    /// A part of what a role allows. Seeing is always part of it; no permissions: all of the role.
    ///
    /// # Errors
    /// The first permission that the role doesn't have.
    pub fn limited(role: Role, only: &[Permission]) -> Result<Self, BeyondRole> {
        if only.is_empty() {
            return Ok(Self::of(role));
        }
        if let Some(beyond) = only.iter().find(|permission| !role.allows(**permission)) {
            return Err(BeyondRole(role, *beyond));
        }
        let only = Permission::ALL.into_iter().filter(|each| *each == Permission::View || only.contains(each));
        Ok(Self::limited_to(role, only.collect()))
    }

    /// Exactly this part, as it was stored; what the role doesn't have stays out.
    #[must_use]
    pub fn limited_to(role: Role, only: Vec<Permission>) -> Self {
        Self { role, only: Some(only) }
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The permissions of a limited token.
    #[must_use]
    pub fn only(&self) -> Option<&[Permission]> {
        self.only.as_deref()
    }

    /// Whether this may be done.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.why_not(permission).is_none()
    }

    /// Why this may not be done; `None` when it may.
    #[must_use]
    pub fn why_not(&self, permission: Permission) -> Option<&'static str> {
        let is_left_out = self.only.as_ref().is_some_and(|only| !only.contains(&permission));
        let left_out = "This API token is limited to other permissions.";
        self.role.why_not(permission).or_else(|| is_left_out.then_some(left_out))
    }
}

/// Not the name of a permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unknown permission “{typed}”. Use {all}.", typed = .0, all = all_words())]
pub struct PermissionError(String);

fn all_words() -> String {
    crate::words::list(Permission::ALL.map(Permission::as_str))
}

impl FromStr for Permission {
    type Err = PermissionError;

    fn from_str(input: &str) -> Result<Permission, PermissionError> {
        let word = input.trim().to_lowercase().replace('-', "_");
        Permission::ALL
            .into_iter()
            .find(|permission| permission.as_str() == word)
            .ok_or_else(|| PermissionError(input.chars().take(40).collect()))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Unknown role. Use viewer, operator or administrator.")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(input: &str) -> Result<Role, RoleError> {
        let word = input.trim();
        Role::ALL.into_iter().find(|role| word.eq_ignore_ascii_case(role.as_str())).ok_or(RoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permission::*;

    #[test]
    fn every_role_and_permission_is_as_the_table_says() {
        let table = [
            (View, [true, true, true]),
            (OwnAccount, [true, true, true]),
            (Exchange, [false, true, true]),
            (HandleAlerts, [false, true, true]),
            (Drain, [false, true, true]),
            (UnlockRecords, [false, true, true]),
            (ManageServers, [false, false, true]),
            (ManageBackups, [false, false, true]),
            (ManageSources, [false, false, true]),
            (ImportUsage, [false, true, true]),
            (ViewAudit, [false, true, true]),
            (ViewLogs, [false, true, true]),
            (EditConfiguration, [false, false, true]),
            (RestoreConfiguration, [false, false, true]),
            (Register, [false, false, true]),
            (ManageUsers, [false, false, true]),
            (ManageTokens, [false, false, true]),
        ];
        assert_eq!(table.len(), Permission::ALL.len());
        for (permission, expected) in table {
            assert!(Permission::ALL.contains(&permission));
            for (role, allowed) in Role::ALL.into_iter().zip(expected) {
                assert_eq!(role.allows(permission), allowed, "{role} {permission:?}");
                let reason = role.why_not(permission);
                assert_eq!(reason.is_none(), allowed, "{role} {permission:?}");
                assert!(reason.is_none_or(|sentence| sentence.ends_with('.')));
            }
        }
    }

    #[test]
    fn a_limited_token_may_see_and_do_its_part_and_never_more_than_its_role() {
        let all = Rights::of(Role::Operator);
        assert_eq!((all.allows(Drain), all.allows(Register), all.only()), (true, false, None));
        assert_eq!(Rights::limited(Role::Operator, &[]), Ok(all));
        let part = Rights::limited(Role::Operator, &[Exchange, Exchange]).unwrap();
        assert_eq!(part.only(), Some(&[View, Exchange][..]));
        for permission in Permission::ALL {
            assert_eq!(part.allows(permission), [View, Exchange].contains(&permission), "{permission:?}");
        }
        assert!(part.why_not(Drain).unwrap().contains("limited to other permissions"));
        assert!(part.why_not(Register).unwrap().contains("role administrator"));
        let beyond = Rights::limited(Role::Viewer, &[View, Exchange]).unwrap_err();
        assert_eq!(beyond, BeyondRole(Role::Viewer, Exchange));
        assert_eq!(
            beyond.to_string(),
            "The role viewer does not have the permission exchange. Leave it out, or choose the role operator."
        );
    }

    #[test]
    fn every_permission_reads_back_and_says_what_it_allows() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(permission));
            assert_eq!(permission.as_str().to_uppercase().replace('_', "-").parse(), Ok(permission));
            assert_eq!(serde_json::to_value(permission).ok(), Some(permission.as_str().into()));
            assert!(!permission.label().is_empty());
        }
        let unknown = "fly".parse::<Permission>().unwrap_err();
        assert!(
            unknown.to_string().starts_with("Unknown permission “fly”. Use view, edit_configuration,"),
            "{unknown}"
        );
    }

    #[test]
    fn every_role_reads_back_in_any_case() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(role.as_str().to_uppercase().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.as_str().into()));
        }
        assert_eq!("root".parse::<Role>(), Err(RoleError));
    }
}
