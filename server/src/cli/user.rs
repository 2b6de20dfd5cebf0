use clap::{Args, Subcommand};
use licensing::permission::Role;
use serde_json::json;

use super::Common;
use super::ask::{Call, Remote, segment};
use super::output::{password_from_stdin, rows, table, text};
use crate::exit::{Done, Failure};

/// `leasehold user …`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user
    Add(AddUser),
    /// Set a user's new password and end that user's sessions
    Reset(UserWithPassword),
    /// List the users
    List(Common),
}

/// A user, and the password on standard input.
#[derive(Debug, Args)]
pub struct UserWithPassword {
    /// Name to sign in with
    name: String,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct AddUser {
    #[command(flatten)]
    named: UserWithPassword,
    /// viewer, operator or administrator
    #[arg(long, default_value = "viewer")]
    role: Role,
}

impl UserWithPassword {
    fn password(&self) -> Result<String, Failure> {
        if self.password_stdin {
            return password_from_stdin();
        }
        Err(Failure::refused(
            "Pass the password on standard input with --password-stdin, so that it doesn't show in the process list.",
        ))
    }
}

impl User {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Add(AddUser { named, role }) => {
                let body = json!({ "name": named.name, "role": role, "password": named.password()? });
                let plain = |v: &_| format!("Added user {} as {}.\n", text(v, "name"), text(v, "role"));
                named.common.perform(remote, Call::post("/api/v1/users").json(&body), plain).await
            }
            Self::Reset(named) => {
                let body = json!({ "password": named.password()? });
                let call = Call::put(format!("/api/v1/users/{}/password", segment(&named.name))).json(&body);
                let plain =
                    |v: &_| format!("Set a new password for {} and ended that user's sessions.\n", text(v, "name"));
                named.common.perform(remote, call, plain).await
            }
            Self::List(common) => {
                common
                    .list(remote, Call::get("/api/v1/users"), |value| {
                        let line = |u: &_| vec![text(u, "name"), text(u, "role"), text(u, "created_at")];
                        table(&["NAME", "ROLE", "ADDED"], &rows(value, line))
                    })
                    .await
            }
        }
    }
}
