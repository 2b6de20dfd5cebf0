use clap::Args;

use super::super::Place;
use super::super::output::{Format, table, text, when};
use crate::control;
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold config history`
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

impl History {
    pub async fn run(self) -> Done {
        let value = control::perform(&self.place.settings()?, Operation::ConfigHistory).await?;
        self.format.print(&value, |v| {
            let rows: Vec<_> = v["items"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|r| {
                    vec![
                        text(r, "number"),
                        when(r, "at"),
                        text(r, "author"),
                        text(r, "origin"),
                        format!("−{} +{}", r["removed"], r["added"]),
                        text(r, "comment"),
                    ]
                })
                .collect();
            table(&["REVISION", "WHEN", "WHO", "FROM", "LINES", "WHY"], &rows)
        })
    }
}

/// `leasehold config restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// The revision to bring back, as `leasehold config history` lists it
    revision: i64,
    /// Why; kept in the history
    #[arg(long, default_value = "")]
    comment: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

impl Restore {
    pub async fn run(self) -> Done {
        let operation = Operation::ConfigRestore { number: self.revision, comment: self.comment };
        let value = control::perform(&self.place.settings()?, operation).await?;
        self.format.print(&value, |v| format!("Revision {} is back, as revision {}.\n", self.revision, v["revision"]))
    }
}
