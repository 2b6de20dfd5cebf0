use clap::{Args, Subcommand};
use licensing::permission::{Permission, Role};
use serde_json::json;

use super::Common;
use super::ask::{Call, Remote, segment};
use super::output::{rows, table, text};
use crate::exit::Done;

/// `leasehold token …`
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Create a token and print it once
    Create(Create),
    /// Revoke a token
    Revoke(Revoke),
    /// List the tokens
    List(Common),
}

#[derive(Debug, Args)]
pub struct Create {
    /// Name of the token
    #[arg(long)]
    name: String,
    /// viewer, operator or administrator
    #[arg(long, default_value = "viewer")]
    role: Role,
    /// Limit it to these permissions of its role, besides view: words separated by commas, such as exchange,handle_alerts
    #[arg(long, value_name = "PERMISSIONS", value_delimiter = ',')]
    only: Vec<Permission>,
    /// Days until the token expires
    #[arg(long, default_value_t = 90)]
    days: u32,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// Name of the token
    name: String,
    #[command(flatten)]
    common: Common,
}

impl Token {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Create(Create { name, role, only, days, common }) => {
                let body = json!({ "name": name, "role": role, "only": only, "days": days });
                let call = Call::post("/api/v1/tokens").json(&body);
                common.perform(remote, call, |value| format!("{}\n", text(value, "token"))).await
            }
            Self::Revoke(Revoke { name, common }) => {
                let plain = |v: &_| format!("Revoked token {}.\n", text(v, "name"));
                common.perform(remote, Call::delete(format!("/api/v1/tokens/{}", segment(&name))), plain).await
            }
            Self::List(common) => {
                common
                    .list(remote, Call::get("/api/v1/tokens"), |value| {
                        let line = |t: &serde_json::Value| {
                            let ended = !t["revoked_at"].is_null();
                            let until = if ended { "ended".to_owned() } else { text(t, "expires_at") };
                            let only = t["only"].as_array().map_or_else(String::new, |only| {
                                only.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(",")
                            });
                            let [name, role, by, used, from] =
                                ["name", "role", "created_by", "last_used_at", "last_used_from"]
                                    .map(|key| text(t, key));
                            vec![name, role, only, by, used, from, until]
                        };
                        let heads = ["NAME", "ROLE", "ONLY", "MADE BY", "LAST USED", "FROM", "EXPIRES"];
                        table(&heads, &rows(value, line))
                    })
                    .await
            }
        }
    }
}
