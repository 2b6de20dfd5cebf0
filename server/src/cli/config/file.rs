//! Which file a command means, and reading it.

use std::path::PathBuf;

use engine::conf::file;
use licensing::conf::document::Document;
use licensing::conf::setting::{self, Setting};

use super::Which;
use crate::exit::Failure;
use crate::settings::Settings;

/// The file and the settings it was found by.
pub fn path(which: &Which) -> Result<(PathBuf, Settings), Failure> {
    let settings = which.place.settings()?;
    Ok((which.conf.clone().unwrap_or_else(|| settings.conf.clone()), settings))
}

/// The file as a document.
pub fn document(which: &Which) -> Result<(PathBuf, Document), Failure> {
    let (path, _) = path(which)?;
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
