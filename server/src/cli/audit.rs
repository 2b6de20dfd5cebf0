use clap::{Args, Subcommand};

use super::Place;
use super::output::{Format, table, text, when};
use crate::control;
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

#[derive(Debug, Args)]
pub struct Common {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

impl Audit {
    pub async fn run(self) -> Done {
        match self {
            Self::Verify(Common { place, format }) => {
                let value = control::perform(&place.settings()?, Operation::AuditVerify).await?;
                format.print(&value, |v| format!("All {} entries are as they were written.\n", v["entries"]))
            }
            Self::Export(Common { place, format }) => {
                let value = control::perform(&place.settings()?, Operation::AuditExport).await?;
                format.print(&value, |v| {
                    let rows: Vec<_> = v["items"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|e| {
                            vec![
                                text(e, "seq"),
                                when(e, "at"),
                                text(e, "who"),
                                text(e, "origin"),
                                text(e, "address"),
                                text(e, "outcome"),
                                text(e, "sentence"),
                            ]
                        })
                        .collect();
                    table(&["ENTRY", "WHEN", "WHO", "FROM", "ADDRESS", "OUTCOME", "WHAT"], &rows)
                })
            }
        }
    }
}
