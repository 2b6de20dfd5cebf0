use clap::Subcommand;

use super::Common;
use super::output::{rows, table, text};
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check that no entry was changed, removed or cut off
    Verify(Common),
    /// Print all entries, newest first
    Export(Common),
}

impl Audit {
    pub async fn run(self) -> Done {
        match self {
            Self::Verify(common) => {
                let plain = |v: &_| format!("All {} entries are as they were written.\n", text(v, "entries"));
                common.perform(Operation::AuditVerify, plain).await
            }
            Self::Export(common) => {
                common
                    .perform(Operation::AuditExport, |value| {
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
