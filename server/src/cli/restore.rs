use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use engine::backup::restore::{RestoreError, RestoreRequest, Restored, restore};
use engine::clock::{Clock, SystemClock};
use engine::store::LockError;
use licensing::words::{bytes, count};

use super::DataFolder;
use super::output::Format;
use crate::control::user_name;
use crate::exit::{Done, Failure};
use crate::time::rfc3339;

/// `leasehold restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File with the age identity, for an encrypted backup
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Replace the server in the data folder; what was in it is kept beside, in before-restore-…
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    place: DataFolder,
    #[command(flatten)]
    format: Format,
}

impl Restore {
    pub async fn run(self) -> Done {
        let settings = self.place.settings()?;
        if let Some(owner) = other_owner(&settings.data, rustix::process::geteuid().as_raw()) {
            let name = user_name(owner).await;
            return Err(Failure::refused(not_ours(&settings.data, owner, &name)));
        }
        let request = RestoreRequest {
            file: std::path::absolute(&self.file).unwrap_or(self.file),
            data: settings.data.clone(),
            identity: self.identity,
            replace: self.replace,
            keep: vec![settings.backups.folder.clone()],
            by: user_name(rustix::process::getuid().as_raw()).await,
            now_ms: SystemClock.now_ms(),
        };
        let restored = restore(request).await.map_err(|error| match error {
            RestoreError::Lock(LockError::Busy(folder)) => Failure::refused(format!(
                "A server is running on the data folder {}. Stop it, then restore.",
                folder.display()
            )),
            RestoreError::Io { .. } | RestoreError::Lock(_) => Failure::failed(error),
            refused => Failure::refused(refused),
        })?;
        let mut value = serde_json::to_value(&restored)
            .map_err(|error| Failure::failed(format!("Can't print the answer: {error}.")))?;
        value["made_at"] = rfc3339(restored.made_at).into();
        self.format.print(&value, |_| told(&restored, &settings.data.display().to_string()))
    }
}

/// The user whom the data folder belongs to, when root would leave there what that user can't read.
fn other_owner(data: &Path, me: u32) -> Option<u32> {
    let owner = std::fs::metadata(data).ok()?.uid();
    (me == 0 && owner != me).then_some(owner)
}

fn not_ours(data: &Path, owner: u32, name: &str) -> String {
    let data = data.display();
    format!(
        "The data folder {data} belongs to {name}, who can't read what root restores. Run the same command as {name}: `sudo -u '#{owner}' leasehold restore … --data {data}`."
    )
}

fn told(restored: &Restored, data: &str) -> String {
    let files = count(restored.files, "file", "files");
    let size = bytes(restored.bytes);
    let Restored { host, made_at, .. } = restored;
    let mut text = format!("Restored {files} ({size}) of {host}, as of {}, into {data}.\n", rfc3339(*made_at));
    if let Some(before) = &restored.before {
        text.push_str(&format!("What was there before is in {}.\n", before.display()));
    }
    if let Some(conf) = &restored.conf_was {
        text.push_str(&format!(
            "The conf file was {conf}; it is {data}/license_server.conf now. Copy it back, or serve without --conf.\n"
        ));
    }
    if let [cert, ..] = restored.certificates_were.as_slice() {
        text.push_str(&format!("The certificate was {cert}; it is in {data}/given-certificate now, with its key.\n"));
    }
    text.push_str(&format!(
        "Start it with `leasehold serve --data {data}`: it says which licenses don't hold on this machine, and why.\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_of_somebody_else_is_left_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let owner = std::fs::metadata(folder.path()).unwrap().uid();
        assert_eq!(other_owner(folder.path(), 0), (owner != 0).then_some(owner));
        assert_eq!(other_owner(folder.path(), owner), None);
        assert_eq!(other_owner(folder.path(), owner + 1), None, "a group may share it");
        assert_eq!(other_owner(&folder.path().join("new"), 0), None);
        let sentence = not_ours(Path::new("/var/lib/leasehold"), 998, "leasehold");
        assert!(sentence.contains("as leasehold: `sudo -u '#998' leasehold restore "), "{sentence}");
    }
}
