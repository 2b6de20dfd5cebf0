use clap::{Args, Subcommand};
use licensing::permission::Role;

use super::Place;
use super::output::{Format, password_from_stdin, table, text, when};
use crate::control;
use crate::exit::{Done, Failure};
use crate::operations::Operation;

/// `leasehold user …`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user
    Add(Add),
    /// Give a user a new password and end that user's sessions
    Reset(Reset),
    /// List the users
    List(List),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name at login
    name: String,
    /// viewer, operator or administrator
    #[arg(long, default_value = "viewer")]
    role: Role,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Reset {
    /// Name at login
    name: String,
    /// Read the new password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

fn password(from_stdin: bool) -> Result<String, Failure> {
    if !from_stdin {
        return Err(Failure::refused(
            "Pass the password on standard input with --password-stdin, so that it is not seen in the list of processes.",
        ));
    }
    password_from_stdin()
}

impl User {
    pub async fn run(self) -> Done {
        match self {
            Self::Add(Add { name, role, password_stdin, place, format }) => {
                let operation = Operation::UserAdd { name, role, password: password(password_stdin)? };
                let value = control::perform(&place.settings()?, operation).await?;
                format.print(&value, |v| format!("Added the user {} as {}.\n", text(v, "name"), text(v, "role")))
            }
            Self::Reset(Reset { name, password_stdin, place, format }) => {
                let operation = Operation::UserReset { name, password: password(password_stdin)? };
                let value = control::perform(&place.settings()?, operation).await?;
                format.print(&value, |v| {
                    format!("Set a new password for {} and ended that user's sessions.\n", text(v, "name"))
                })
            }
            Self::List(List { place, format }) => {
                let value = control::perform(&place.settings()?, Operation::UserList).await?;
                format.print(&value, |v| {
                    let rows: Vec<_> = v["items"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|u| vec![text(u, "name"), text(u, "role"), when(u, "created_at")])
                        .collect();
                    table(&["NAME", "ROLE", "ADDED"], &rows)
                })
            }
        }
    }
}
