//! Which file a command means, and reading it.

use std::path::PathBuf;

use engine::conf::file;
use licensing::conf::document::Document;
use licensing::conf::setting::{self, Setting};

use super::Which;
use crate::control;
use crate::exit::Failure;
use crate::operations::Operation;
use crate::settings::Settings;

/// The file a command means.
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// The settings it was found by.
    pub settings: Settings,
    /// A server or its data folder keeps the history of this file.
    pub kept: bool,
}

/// The file named by `--conf`, else the one of the running server, else the one of the data folder.
pub async fn find(which: &Which) -> Result<Found, Failure> {
    let settings = which.place.settings()?;
    let served = match control::running(&settings.data).await {
        true => control::perform(&settings, Operation::ConfigPath).await?["path"].as_str().map(PathBuf::from),
        false => None,
    };
    let (path, kept) = match (&which.conf, served) {
        (Some(named), served) => {
            (named.clone(), served.is_some_and(|served| file::resolve(&served) == file::resolve(named)))
        }
        (None, Some(served)) => (served, true),
        (None, None) => (settings.conf.clone(), true),
    };
    Ok(Found { path, settings, kept })
}

/// The file as a document.
pub async fn document(which: &Which) -> Result<(PathBuf, Document), Failure> {
    let path = match &which.conf {
        Some(named) => named.clone(),
        None => find(which).await?.path,
    };
    let bytes = file::read(&path).map_err(Failure::refused)?;
    Ok((path, Document::parse(bytes)))
}

/// A setting by its key, in any case, with or without its section.
pub fn known(key: &str) -> Result<&'static Setting, Failure> {
    let bare = match key.rsplit_once('.') {
        Some((section, bare)) if section.trim_matches(['[', ']']).eq_ignore_ascii_case("GLOBAL") => bare,
        _ => key,
    };
    setting::find(bare).ok_or_else(|| {
        let near = setting::nearest(bare).map(|s| format!(" Did you mean {}?", s.key)).unwrap_or_default();
        let shown: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
        Failure::refused(format!(
            "{shown} is not a setting of license_server.conf.{near} `leasehold config show` lists all."
        ))
    })
}
