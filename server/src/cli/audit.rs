use clap::Subcommand;

use super::Common;
use super::ask::{Call, Remote};
use super::output::{rows, table, text};
use crate::exit::{Done, Failure};

/// `leasehold audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verify that no entry was changed, removed or cut off
    Verify(Common),
    /// Print all entries, newest first
    Export(Common),
}

impl Audit {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Verify(common) => {
                let verdict = common.target.ask(remote, Call::get("/api/v1/audit/verify")).await?;
                if let Some(problem) = verdict["problem"].as_str() {
                    return Err(Failure::failed(problem));
                }
                let plain = |v: &_| format!("Verified {} entries: none was changed or removed.\n", text(v, "entries"));
                common.format.print(&verdict, plain)
            }
            Self::Export(common) => {
                common
                    .list(remote, Call::get("/api/v1/audit/export"), |value| {
                        let line = |e: &_| {
                            vec![
                                text(e, "seq"),
                                text(e, "at"),
                                text(e, "who"),
                                text(e, "origin"),
                                text(e, "address"),
                                text(e, "outcome"),
                                text(e, "sentence"),
                            ]
                        };
                        table(&["ENTRY", "WHEN", "WHO", "FROM", "ADDRESS", "OUTCOME", "WHAT"], &rows(value, line))
                    })
                    .await
            }
        }
    }
}
