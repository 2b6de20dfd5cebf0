use clap::Args;
use serde_json::json;

use super::super::Common;
use super::super::ask::{Call, Remote};
use super::super::output::{rows, table, text};
use crate::exit::Done;

/// `leasehold config history`
#[derive(Debug, Args)]
pub struct ConfHistory {
    #[command(flatten)]
    common: Common,
}

impl ConfHistory {
    pub async fn run(self, remote: &Remote) -> Done {
        self.common
            .list(remote, Call::get("/api/v1/config/history"), |value| {
                let line = |r: &_| {
                    let lines = format!("−{} +{}", text(r, "removed"), text(r, "added"));
                    let (author, origin) = (text(r, "author"), text(r, "origin"));
                    let why = match (r["restored_from"].as_i64(), r["undoes"].as_i64()) {
                        (Some(number), _) => format!("Restored revision {number}. {}", text(r, "comment")),
                        (None, Some(number)) => format!("Undid revision {number}. {}", text(r, "comment")),
                        (None, None) => text(r, "comment"),
                    };
                    vec![text(r, "revision"), text(r, "at"), author, origin, lines, why.trim_end().to_owned()]
                };
                table(&["REVISION", "WHEN", "WHO", "FROM", "LINES", "WHY"], &rows(value, line))
            })
            .await
    }
}

/// `leasehold config restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// Number of the revision to restore, from `leasehold config history`
    revision: i64,
    /// Reason for the change, kept in the history
    #[arg(long, default_value = "")]
    comment: String,
    #[command(flatten)]
    common: Common,
}

impl Restore {
    pub async fn run(self, remote: &Remote) -> Done {
        let number = self.revision;
        let call = Call::post("/api/v1/config/restore").json(&json!({ "revision": number, "comment": self.comment }));
        saved(&self.common, remote, call, |new| format!("Restored revision {number} as revision {new}.")).await
    }
}

/// `leasehold config undo`
#[derive(Debug, Args)]
pub struct Undo {
    /// Number of the revision to undo, from `leasehold config history`
    revision: i64,
    /// Reason for the change, kept in the history
    #[arg(long, default_value = "")]
    comment: String,
    #[command(flatten)]
    common: Common,
}

impl Undo {
    pub async fn run(self, remote: &Remote) -> Done {
        let number = self.revision;
        let call = Call::post("/api/v1/config/undo").json(&json!({ "revision": number, "comment": self.comment }));
        saved(&self.common, remote, call, |new| format!("Undid revision {number} as revision {new}.")).await
    }
}

async fn saved(common: &Common, remote: &Remote, call: Call, say: impl Fn(String) -> String) -> Done {
    let answer = common.target.ask(remote, call).await?;
    let saved = json!({ "revision": answer["revision"], "diff": answer["diff"] });
    let note = answer["note"].as_str().map(|note| format!("{note}\n")).unwrap_or_default();
    common.format.print(&saved, |v| format!("{}\n{note}", say(text(v, "revision"))))
}
