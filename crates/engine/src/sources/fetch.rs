//! Getting the text of a source: a program's output, a file, the new part of a log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::{MOST_BYTES, SourceError};

/// A program that takes longer is ended.
const LONGEST: Duration = Duration::from_secs(60);
/// Bytes of a log that are read at a time.
pub(super) const PART: usize = 4 * 1024 * 1024;
/// The beginning of a log by which it is known again.
const MARK: usize = 256;

fn failed(sentence: String) -> SourceError {
    SourceError::Fetch(sentence)
}

/// What a program prints, whatever its exit code: license tools end with a code although they told everything.
pub(super) async fn of_command(words: &[String]) -> Result<Vec<u8>, SourceError> {
    let [program, arguments @ ..] = words else { return Err(failed("The source has no program.".to_owned())) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().kill_on_drop(true).process_group(0);
    command.env("LANG", "C").env("LC_ALL", "C").env("PATH", "/usr/local/bin:/usr/bin:/bin");
    // FlexNet's own patience, in microseconds.
    command.env("FLEXLM_TIMEOUT", "30000000");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        let loader = if error.kind() == std::io::ErrorKind::NotFound && std::path::Path::new(program).exists() {
            " Its loader is missing: license tools often need the package lsb-core, or a link to the system's loader."
        } else {
            ""
        };
        failed(format!("Can't start {program}: {error}.{loader}"))
    })?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let all = async {
        let (out, err) = tokio::join!(bounded(out), bounded(err));
        (out, err, child.wait().await)
    };
    let Ok((out, err, status)) = tokio::time::timeout(LONGEST, all).await else {
        return Err(failed(format!("{program} did not end within {} s and was ended.", LONGEST.as_secs())));
    };
    let (mut out, err) = (out?, err?);
    if out.is_empty() {
        let code = status.map(|status| status.to_string()).unwrap_or_default();
        let said = licensing::plain_text::one_line(&String::from_utf8_lossy(&err), 300);
        return Err(failed(format!("{program} printed nothing ({code}). {said}").trim_end().to_owned()));
    }
    if !err.is_empty() {
        out.push(b'\n');
        out.extend_from_slice(&err);
    }
    Ok(out)
}

async fn bounded(pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, SourceError> {
    let Some(pipe) = pipe else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    let read = pipe.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).await;
    read.map_err(|error| failed(format!("Can't read what the program prints: {error}.")))?;
    if bytes.len() > MOST_BYTES { Err(failed("The program prints more than 64 MiB.".to_owned())) } else { Ok(bytes) }
}

/// A whole file.
pub(super) fn of_file(path: &str) -> Result<Vec<u8>, SourceError> {
    let unreadable = |error: std::io::Error| failed(format!("Can't read {path}: {error}."));
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MOST_BYTES { Err(failed(format!("{path} is larger than 64 MiB."))) } else { Ok(bytes) }
}

/// A pipe or a device would never end.
fn open(path: &str) -> Result<File, SourceError> {
    let unreadable = |error: std::io::Error| failed(format!("Can't read {path}: {error}."));
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(failed(format!("{path} is not a file.")));
    }
    File::open(path).map_err(unreadable)
}

/// How far a log was read, and by what it is known again after a rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LogPlace {
    pub offset: u64,
    /// Digest of its first bytes, and how many.
    mark: String,
    marked: usize,
}

/// The next part of a log.
#[derive(Debug)]
pub(super) struct LogPart {
    pub bytes: Vec<u8>,
    pub place: LogPlace,
    /// Whether it begins another file: one that was put in place of the one before, or that was cut off.
    pub is_new: bool,
    /// Whether there is more now.
    pub more: bool,
}

/// Reads on from a place, at most [`PART`].
pub(super) fn of_log(path: &str, from: &LogPlace) -> Result<LogPart, SourceError> {
    let unreadable = |error: std::io::Error| failed(format!("Can't read {path}: {error}."));
    let mut file = open(path)?;
    let found = file.metadata().map_err(unreadable)?;
    let mut begin = vec![0; MARK.min(usize::try_from(found.len()).unwrap_or(MARK))];
    file.read_exact(&mut begin).map_err(unreadable)?;
    let same = from.offset > 0
        && found.len() >= from.offset
        && begin.get(..from.marked).is_some_and(|begin| storage::secret::digest_hex(begin) == from.mark);
    let offset = if same { from.offset } else { 0 };
    file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(PART as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    let read = offset + bytes.len() as u64;
    let mark = storage::secret::digest_hex(&begin);
    let place = LogPlace { offset: read, mark, marked: begin.len() };
    Ok(LogPart { bytes, place, is_new: from.offset > 0 && !same, more: read < found.len() })
}
