use clap::Args;
use serde_json::Value;

use super::Common;
use super::output::text;
use crate::exit::Done;
use crate::operations::Operation;

/// `leasehold status`
#[derive(Debug, Args)]
pub struct StatusCommand {
    #[command(flatten)]
    common: Common,
}

impl StatusCommand {
    pub async fn run(self) -> Done {
        self.common.perform(Operation::Status, plain).await
    }
}

fn plain(value: &Value) -> String {
    let conf = &value["conf"];
    let known = if conf["problem"].is_null() { "" } else { "As last known: " };
    let registered = if value["registered"] == true {
        format!("{known}registered as {}.", text(value, "guid"))
    } else {
        format!("{known}not registered; license_server.conf has no GUID, or flexible licensing is off.")
    };
    let file = match conf["problem"].as_str() {
        Some(problem) => problem.to_owned(),
        None if conf["changed_outside"] == true => {
            format!(
                "{} was changed outside Leasehold (revision {}); look at it in the console.",
                text(conf, "path"),
                conf["revision"]
            )
        }
        None => format!("{} is at revision {}.", text(conf, "path"), conf["revision"]),
    };
    format!(
        "{registered}\n{file}\nLeasehold {}, serving since {}.\n",
        text(value, "version"),
        text(value, "started_at")
    )
}
