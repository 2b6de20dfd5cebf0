use clap::{Args, Subcommand};
use licensing::permission::Role;

use super::Place;
use super::output::{Format, table, text, when};
use crate::control;
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold token …`
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token and print it, this once
    Create(Create),
    /// End a token
    Revoke(Revoke),
    /// List the tokens
    List(List),
}

#[derive(Debug, Args)]
pub struct Create {
    /// Name of the token
    #[arg(long)]
    name: String,
    /// viewer, operator or administrator
    #[arg(long, default_value = "viewer")]
    role: Role,
    /// Days until it expires
    #[arg(long, default_value_t = 90)]
    days: u32,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// Name of the token
    name: String,
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

impl Token {
    pub async fn run(self) -> Done {
        match self {
            Self::Create(Create { name, role, days, place, format }) => {
                let value = control::perform(&place.settings()?, Operation::TokenCreate { name, role, days }).await?;
                format.print(&value, |v| format!("{}\n", text(v, "token")))
            }
            Self::Revoke(Revoke { name, place, format }) => {
                let value = control::perform(&place.settings()?, Operation::TokenRevoke { name }).await?;
                format.print(&value, |v| format!("Ended the token {}.\n", text(v, "name")))
            }
            Self::List(List { place, format }) => {
                let value = control::perform(&place.settings()?, Operation::TokenList).await?;
                format.print(&value, |v| {
                    let rows: Vec<_> = v["items"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|t| {
                            let state =
                                if t["revoked_at"].is_null() { when(t, "expires_at") } else { "ended".to_owned() };
                            vec![
                                text(t, "name"),
                                text(t, "role"),
                                text(t, "created_by"),
                                when(t, "last_used_at"),
                                state,
                            ]
                        })
                        .collect();
                    table(&["NAME", "ROLE", "MADE BY", "LAST USED", "EXPIRES"], &rows)
                })
            }
        }
    }
}
