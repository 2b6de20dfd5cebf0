use clap::Args;

use super::super::Common;
use super::super::output::{rows, table, text};
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold config history`
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    common: Common,
}

impl History {
    pub async fn run(self) -> Done {
        self.common
            .perform(Operation::ConfigHistory, |value| {
                let line = |r: &_| {
                    let lines = format!("−{} +{}", text(r, "removed"), text(r, "added"));
                    let (author, origin) = (text(r, "author"), text(r, "origin"));
                    vec![text(r, "revision"), text(r, "at"), author, origin, lines, text(r, "comment")]
                };
                table(&["REVISION", "WHEN", "WHO", "FROM", "LINES", "WHY"], &rows(value, line))
            })
            .await
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
    common: Common,
}

impl Restore {
    pub async fn run(self) -> Done {
        let number = self.revision;
        let operation = Operation::ConfigRestore { number, comment: self.comment };
        let plain = |v: &_| format!("Revision {number} is back, as revision {}.\n", text(v, "revision"));
        self.common.perform(operation, plain).await
    }
}
