use std::path::PathBuf;

use clap::Args;
use engine::conf::file;
use licensing::conf::diff;
use serde_json::json;

use super::super::output::Format;
use crate::exit::{Done, Failure, code};

/// `leasehold config diff A B`
#[derive(Debug, Args)]
pub struct DiffCommand {
    /// The file before
    a: PathBuf,
    /// The file after
    b: PathBuf,
    #[command(flatten)]
    format: Format,
}

impl DiffCommand {
    pub fn run(self) -> Done {
        let a = file::read(&self.a).map_err(Failure::refused)?;
        let b = file::read(&self.b).map_err(Failure::refused)?;
        let diff = diff::lines(&a, &b);
        self.format
            .print(&json!(diff), |_| diff.to_unified(&self.a.display().to_string(), &self.b.display().to_string()))?;
        if a == b { Ok(()) } else { Err(Failure { code: code::FAILED, sentence: String::new() }) }
    }
}
