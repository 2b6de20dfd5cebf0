//! Which file a command means, and reading it.

use std::path::PathBuf;

use engine::conf::file;
use licensing::conf::check::{self, ConfFinding};
use licensing::conf::document::Document;
use licensing::conf::setting::{self, Setting};
use licensing::conf::view::{self, SettingView};
use serde::Deserialize;

use super::super::ask::{Call, Remote};
use super::ConfTarget;
use crate::control;
use crate::exit::Failure;

/// A file that was read: here, or by a server elsewhere.
#[derive(Deserialize)]
pub struct ReadConf {
    pub path: PathBuf,
    pub settings: Vec<SettingView>,
    pub findings: Vec<ConfFinding>,
    #[serde(skip)]
    document: Option<Document>,
}

impl ReadConf {
    /// A value as written: byte for byte, where the file itself was read.
    pub fn written(&self, setting: &Setting) -> Vec<u8> {
        match &self.document {
            Some(document) => document.get(setting.section, setting.key).map(|found| found.value.to_vec()),
            None => self.setting(setting).value.clone().map(String::into_bytes),
        }
        .unwrap_or_default()
    }

    pub fn setting(&self, setting: &Setting) -> &SettingView {
        let found = self.settings.iter().find(|view| view.key.eq_ignore_ascii_case(setting.key));
        found.expect("every setting is in the view")
    }
}

impl ConfTarget {
    /// The server elsewhere that is meant; none when it is a file here.
    fn elsewhere(&self, before: &Remote) -> Result<bool, Failure> {
        let here = match (&self.conf, &self.target.place.data) {
            (Some(_), _) => Some("--conf"),
            (None, Some(_)) => Some("--data"),
            (None, None) => None,
        };
        Ok(self.target.remote.or(before, here)?.server.is_some())
    }

    /// The file a running server on this machine keeps.
    async fn served(&self, before: &Remote) -> Result<Option<PathBuf>, Failure> {
        if !control::running(&self.target.place.settings()?.data).await {
            return Ok(None);
        }
        let status = self.target.ask(before, Call::get("/api/v1/status")).await?;
        Ok(status["conf"]["path"].as_str().map(PathBuf::from))
    }

    /// The file named by `--conf`, else the one of the running server, else the one of the data folder.
    pub async fn path(&self, before: &Remote) -> Result<PathBuf, Failure> {
        match &self.conf {
            Some(named) => Ok(named.clone()),
            None => Ok(self.served(before).await?.unwrap_or(self.target.place.settings()?.conf)),
        }
    }

    /// A file named by `--conf` whose history nobody keeps.
    pub async fn nobodys(&self, before: &Remote) -> Result<Option<&PathBuf>, Failure> {
        if self.elsewhere(before)? {
            return Ok(None);
        }
        let Some(named) = &self.conf else { return Ok(None) };
        let served = self.served(before).await?;
        Ok(Some(named).filter(|named| served.is_none_or(|served| file::resolve(&served) != file::resolve(named))))
    }

    pub async fn read(&self, before: &Remote) -> Result<ReadConf, Failure> {
        if self.elsewhere(before)? {
            return self.as_served(before).await;
        }
        let path = self.path(before).await?;
        let document = Document::parse(file::read(&path).map_err(Failure::refused)?);
        let (mut settings, findings) = (view::settings(&document), check::check(&document));
        // What a flag overrides, and what waits for a restart, only the server knows that runs with this file.
        if self.conf.is_none() && control::running(&self.target.place.settings()?.data).await {
            let served = self.as_served(before).await?.settings;
            for (setting, served) in settings.iter_mut().zip(served) {
                (setting.overridden, setting.restart_required) = (served.overridden, served.restart_required);
            }
        }
        Ok(ReadConf { path, settings, findings, document: Some(document) })
    }

    /// The file as the server tells of it.
    async fn as_served(&self, before: &Remote) -> Result<ReadConf, Failure> {
        let answer = self.target.ask(before, Call::get("/api/v1/config")).await?;
        serde_json::from_value(answer)
            .map_err(|error| Failure::failed(format!("Can't read the server's answer: {error}.")))
    }
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
            "license_server.conf has no setting {shown}.{near} `leasehold config show` lists all."
        ))
    })
}
