//! What commands ask of a server. The same code serves the control socket and a command that opens the data folder itself.

mod exchanging;
mod peering;
mod registering;
mod ve;

use std::sync::Arc;

use engine::Engine;
use engine::accounts::users::AccountError;
use engine::actor::Actor;
use engine::conf::{Base, Change, SaveError};
use licensing::permission::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use peering::{Joining, at_rest};
pub use registering::Registering;

use crate::exit::Failure;
use crate::status;

/// One request of a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Operation {
    SetupLink,
    Status,
    UserAdd {
        name: String,
        role: Role,
        password: String,
    },
    UserReset {
        name: String,
        password: String,
    },
    UserList,
    TokenCreate {
        name: String,
        role: Role,
        days: u32,
    },
    TokenRevoke {
        name: String,
    },
    TokenList,
    /// The file the server keeps.
    ConfigPath,
    ConfigSet {
        key: String,
        value: String,
        comment: String,
    },
    ConfigHistory,
    ConfigRestore {
        number: i64,
        comment: String,
    },
    Register(registering::Registering),
    Sync,
    Licenses,
    ExchangePull,
    /// The answer as received, base64.
    ExchangePush {
        response: String,
    },
    ExchangeLedger {
        state: String,
        limit: i64,
    },
    VeRequest,
    VeInstall {
        /// As received, base64.
        text: String,
        vendor_key: Option<String>,
    },
    VeShow,
    PeerInvite,
    PeerJoin(peering::Joining),
    PeerList,
    PeerRemove {
        name: String,
    },
    AuditVerify,
    AuditExport,
}

impl Operation {
    /// Whether it only reads: then it makes no data folder where there is none.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::UserList
                | Self::TokenList
                | Self::ConfigPath
                | Self::ConfigHistory
                | Self::Licenses
                | Self::ExchangeLedger { .. }
                | Self::VeShow
                | Self::PeerList
                | Self::AuditVerify
                | Self::AuditExport
        )
    }

    /// Whether it talks to licensing nodes, which may take long.
    pub fn asks_nodes(&self) -> bool {
        matches!(self, Self::Sync | Self::Register(_))
    }
}

/// The state of a data folder on which no server runs: nobody watches who serves.
pub fn status_at_rest(mut status: Value) -> Value {
    status["service"] = Value::Null;
    status
}

/// Carries out one operation.
///
/// # Errors
/// A sentence and an exit code.
pub async fn perform(
    engine: &Arc<Engine>,
    console: &str,
    actor: &Actor,
    operation: Operation,
) -> Result<Value, Failure> {
    match operation {
        Operation::SetupLink => {
            let token = engine.setup_token().await.map_err(Failure::failed)?;
            Ok(json!({ "url": setup_url(console, &token) }))
        }
        Operation::Status => {
            let status = status::status(engine)
                .await
                .map_err(|e| Failure::failed(format!("The database did not answer: {e}.")))?;
            Ok(serde_json::to_value(status).expect("a status always serializes"))
        }
        Operation::UserAdd { name, role, password } => {
            let user = engine.add_user(actor, &name, role, &password).await.map_err(account)?;
            Ok(json!({ "name": user.name, "role": user.role }))
        }
        Operation::UserReset { name, password } => {
            engine.set_password(actor, &name, &password, None).await.map_err(account)?;
            Ok(json!({ "name": name }))
        }
        Operation::UserList => Ok(with_times(json!({ "items": engine.users().await.map_err(account)? }))),
        Operation::TokenCreate { name, role, days } => {
            let token = engine.create_token(actor, &name, role, days).await.map_err(Failure::refused)?;
            Ok(json!({ "token": token, "name": name, "role": role, "days": days }))
        }
        Operation::TokenRevoke { name } => {
            engine.revoke_token(actor, &name).await.map_err(Failure::refused)?;
            Ok(json!({ "name": name }))
        }
        Operation::TokenList => Ok(with_times(json!({ "items": engine.tokens().await.map_err(Failure::failed)? }))),
        Operation::ConfigPath => Ok(json!({ "path": engine.conf().path })),
        Operation::ConfigSet { key, value, comment } => {
            let change = Change::Values(vec![(key, value)]);
            let saved = engine.save_conf(actor, &Base::Newest, &change, &comment).await.map_err(save)?;
            Ok(json!({ "revision": saved.revision.number, "diff": saved.diff }))
        }
        Operation::ConfigHistory => {
            let items = engine
                .conf_history(None, 1000)
                .await
                .map_err(|e| Failure::failed(format!("The database did not answer: {e}.")))?;
            Ok(with_times(json!({ "items": items })))
        }
        Operation::ConfigRestore { number, comment } => {
            let saved =
                engine.save_conf(actor, &Base::Newest, &Change::Restore(number), &comment).await.map_err(save)?;
            Ok(json!({ "revision": saved.revision.number, "diff": saved.diff }))
        }
        Operation::Register(registering) => registering::register(engine, actor, registering).await,
        Operation::Sync => exchanging::sync(engine, actor).await,
        Operation::Licenses => Ok(exchanging::licenses(engine)),
        Operation::ExchangePull => exchanging::pull(engine, actor).await,
        Operation::ExchangePush { response } => exchanging::push(engine, actor, &response).await,
        Operation::ExchangeLedger { state, limit } => exchanging::ledger(engine, state, limit).await,
        Operation::VeRequest => ve::request(engine).await,
        Operation::VeInstall { text, vendor_key } => ve::install(engine, actor, &text, vendor_key.as_deref()).await,
        Operation::VeShow => ve::show(engine).await,
        Operation::PeerInvite => peering::invite(engine, console, actor).await,
        Operation::PeerJoin(joining) => peering::join(engine, console, actor, joining).await,
        Operation::PeerList => Ok(peering::list(engine)),
        Operation::PeerRemove { name } => peering::remove(engine, actor, &name).await,
        Operation::AuditVerify => {
            use engine::audit::Verdict;
            match engine
                .audit
                .verify()
                .await
                .map_err(|e| Failure::failed(format!("The database did not answer: {e}.")))?
            {
                Verdict::Whole(last) => Ok(json!({ "entries": last })),
                Verdict::Broken(seq) => {
                    Err(Failure::failed(format!("The audit log was altered: entry {seq} is not as it was written.")))
                }
                Verdict::NoHead(last) => Err(Failure::failed(format!(
                    "The audit log may have been cut off: it ends at entry {last}, and audit.head, which names its end, is gone from the data folder."
                ))),
                Verdict::CutOff(last, head) => Err(Failure::failed(format!(
                    "The audit log was cut off: it ends at entry {last}, but entry {head} had been written."
                ))),
            }
        }
        Operation::AuditExport => {
            let query = engine::audit::AuditQuery { limit: i64::MAX, ..Default::default() };
            let items = engine
                .audit
                .list(&query)
                .await
                .map_err(|e| Failure::failed(format!("The database did not answer: {e}.")))?;
            Ok(with_times(json!({ "items": items })))
        }
    }
}

/// Times as the API gives them, RFC 3339 in UTC, in place of Unix milliseconds; a revision's number under its API name.
fn with_times(mut value: Value) -> Value {
    for item in value["items"].as_array_mut().into_iter().flatten() {
        let Some(fields) = item.as_object_mut() else { continue };
        for (key, field) in fields.iter_mut() {
            if (key == "at" || key.ends_with("_at"))
                && let Some(ms) = field.as_i64()
            {
                *field = json!(crate::time::rfc3339(ms));
            }
        }
        if let Some(number) = fields.remove("number") {
            fields.insert("revision".to_owned(), number);
        }
    }
    value
}

/// The one-time link of the wizard.
pub fn setup_url(console: &str, token: &str) -> String {
    format!("{console}/setup?token={token}")
}

fn account(error: AccountError) -> Failure {
    match error {
        AccountError::Sql(_) => Failure::failed(error),
        other => Failure::refused(other),
    }
}

fn save(error: SaveError) -> Failure {
    match error {
        SaveError::Sql(_) => Failure::failed(error),
        SaveError::Conflict(_) => Failure::failed(format!("{error} Look at `leasehold config diff` and try again.")),
        other => Failure::refused(other),
    }
}
