use clap::{Args, Subcommand};
use licensing::permission::Role;
use licensing::words::count;
use serde_json::{Value, json};

use super::Common;
use super::ask::{Call, Remote, segment};
use super::output::{note, password_from_stdin, rows, table, text};
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
    /// Create a one-time link, valid for 72 hours, with which a new user chooses name and password, and print it
    Invite(Invite),
    /// List the invitations that wait
    Invitations(Common),
    /// Withdraw an invitation
    Withdraw(Withdraw),
    /// Create a one-time link, valid for 24 hours, with which a user sets a new password, and print it
    ResetLink(OneUser),
    /// Change a user's role and end that user's sessions
    Role(ChangeRole),
    /// Keep a user from signing in and end that user's sessions
    Disable(OneUser),
    /// Let a disabled user sign in again
    Enable(OneUser),
    /// Turn off two-step sign-in of a user who has lost the authenticator app
    TotpReset(OneUser),
    /// List the sessions of all users, or of one
    Sessions(Sessions),
    /// End the sessions of a user, or one of them
    SignOut(SignOut),
    /// Remove a user
    Remove(OneUser),
}

/// One user.
#[derive(Debug, Args)]
pub struct OneUser {
    /// Name to sign in with
    name: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Invite {
    /// viewer, operator or administrator
    #[arg(long, default_value = "viewer")]
    role: Role,
    /// For whom, to tell invitations apart
    #[arg(long = "for", value_name = "WHOM", default_value = "")]
    invitee: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Withdraw {
    /// Number of the invitation, from `leasehold user invitations`
    id: i64,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct ChangeRole {
    /// Name to sign in with
    name: String,
    /// viewer, operator or administrator
    role: Role,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Sessions {
    /// Only those of this user
    name: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct SignOut {
    /// Name to sign in with
    name: String,
    /// Only this session, from `leasehold user sessions` [default: all]
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    common: Common,
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
                        let line = |u: &Value| {
                            let state = if u["disabled_at"].is_null() { "enabled" } else { "disabled" };
                            let totp = if u["totp"] == true { "on" } else { "off" };
                            let [name, role, added, seen] =
                                ["name", "role", "created_at", "signed_in_at"].map(|key| text(u, key));
                            vec![name, role, state.to_owned(), totp.to_owned(), added, seen]
                        };
                        table(&["NAME", "ROLE", "STATE", "TWO-STEP", "ADDED", "LAST SIGN-IN"], &rows(value, line))
                    })
                    .await
            }
            Self::Invite(Invite { role, invitee, common }) => {
                let body = json!({ "role": role, "invitee": invitee });
                link(common, remote, Call::post("/api/v1/invitations").json(&body)).await
            }
            Self::ResetLink(OneUser { name, common }) => {
                link(common, remote, Call::post(user(&name, "/password-link"))).await
            }
            Self::Invitations(common) => {
                common
                    .list(remote, Call::get("/api/v1/invitations"), |value| {
                        let keys = ["id", "role", "invitee", "created_by", "expires_at"];
                        let line = |of: &Value| keys.map(|key| text(of, key)).to_vec();
                        table(&["ID", "ROLE", "FOR", "MADE BY", "EXPIRES"], &rows(value, line))
                    })
                    .await
            }
            Self::Withdraw(Withdraw { id, common }) => {
                let call = Call::delete(format!("/api/v1/invitations/{id}"));
                common.perform(remote, call, |_| format!("Withdrew invitation {id}.\n")).await
            }
            Self::Role(ChangeRole { name, role, common }) => {
                let plain = |v: &_| format!("{} is now {}.\n", text(v, "name"), text(v, "role"));
                common.perform(remote, Call::patch(user(&name, "")).json(&json!({ "role": role })), plain).await
            }
            Self::Disable(OneUser { name, common }) => {
                let plain = |v: &_| format!("Disabled {} and ended that user's sessions.\n", text(v, "name"));
                common.perform(remote, Call::patch(user(&name, "")).json(&json!({ "disabled": true })), plain).await
            }
            Self::Enable(OneUser { name, common }) => {
                let plain = |v: &_| format!("{} can sign in again.\n", text(v, "name"));
                common.perform(remote, Call::patch(user(&name, "")).json(&json!({ "disabled": false })), plain).await
            }
            Self::TotpReset(OneUser { name, common }) => {
                let plain = |v: &_| format!("{} now signs in with the password alone.\n", text(v, "name"));
                common.perform(remote, Call::delete(user(&name, "/totp")), plain).await
            }
            Self::Sessions(Sessions { name, common }) => {
                let call = Call::get("/api/v1/sessions").query("user", name.unwrap_or_default());
                common
                    .list(remote, call, |value| {
                        let keys = ["id", "user", "address", "created_at", "seen_at", "agent"];
                        let line = |of: &Value| keys.map(|key| text(of, key)).to_vec();
                        table(&["ID", "USER", "ADDRESS", "SIGNED IN", "LAST SEEN", "BROWSER"], &rows(value, line))
                    })
                    .await
            }
            Self::SignOut(SignOut { name, session, common }) => {
                let of = session.map_or_else(String::new, |id| format!("/{}", segment(&id)));
                let plain = |v: &Value| {
                    let ended = count(v["ended"].as_u64().unwrap_or_default(), "session", "sessions");
                    format!("Ended {ended} of {}.\n", text(v, "name"))
                };
                common.perform(remote, Call::delete(user(&name, &format!("/sessions{of}"))), plain).await
            }
            Self::Remove(OneUser { name, common }) => {
                let plain = |v: &_| format!("Removed user {}.\n", text(v, "name"));
                common.perform(remote, Call::delete(user(&name, "")), plain).await
            }
        }
    }
}

/// The address of a user, or of something of it.
fn user(name: &str, of: &str) -> String {
    format!("/api/v1/users/{}{of}", segment(name))
}

/// The link alone goes to stdout; what to do with it does not.
async fn link(common: Common, remote: &Remote, call: Call) -> Done {
    let value = common.target.ask(remote, call).await?;
    common.format.print(&value, |value| format!("{}\n", text(value, "url")))?;
    if !common.format.json {
        note(format_args!("Valid once, until {}. Send it over a channel you trust.", text(&value, "expires_at")));
    }
    Ok(())
}
