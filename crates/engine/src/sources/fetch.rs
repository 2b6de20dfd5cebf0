//! Getting the text of a source: a program's output, a file, the new part of a log.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{MOST_BYTES, SourceError};

/// A program that takes longer is ended.
const LONGEST: Duration = Duration::from_secs(60);
/// Bytes of a log that are read at a time.
pub(super) const PART: usize = 4 * 1024 * 1024;
/// The beginning of a log by which it is known again.
const MARK: usize = 256;
/// A text with more bytes is a large one.
const LARGE: usize = PART;
/// Large texts in memory at the same time.
static LARGE_AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Bytes that are kept of what a program says on stderr.
const MOST_SAID: u64 = 64 * 1024;

/// A text, and its place among the large ones.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub bytes: Vec<u8>,
    pub large: Option<SemaphorePermit<'static>>,
}

/// The processes that a program started: they end with it.
struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// Once: later the number may be another's.
    fn end(&mut self) {
        if let Some(leader) = self.0.take() {
            // Mostly there is none left.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.end();
    }
}

fn failed(sentence: String) -> SourceError {
    SourceError::Fetch(sentence)
}

/// What a program prints, whatever its exit code: license tools end with a code although they told everything.
pub(super) async fn of_command(words: &[String]) -> Result<Text, SourceError> {
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
    let mut group = ProcessGroup::of(&child);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let status = child.wait().await;
        group.end();
        Ok::<_, SourceError>(status)
    };
    let said = async { Ok::<_, SourceError>(beginning(err).await) };
    let all = async { tokio::try_join!(output(out), said, ended) };
    let Ok(all) = tokio::time::timeout(LONGEST, all).await else {
        return Err(failed(format!("{program} did not end within {} s and was ended.", LONGEST.as_secs())));
    };
    let (Text { bytes: mut out, large }, err, status) = all?;
    if out.is_empty() {
        let code = status.map(|status| status.to_string()).unwrap_or_default();
        let said = licensing::plain_text::one_line(&String::from_utf8_lossy(&err), 300);
        return Err(failed(format!("{program} printed nothing ({code}). {said}").trim_end().to_owned()));
    }
    if !err.is_empty() {
        out.push(b'\n');
        out.extend_from_slice(&err);
    }
    Ok(Text { bytes: out, large })
}

async fn output(pipe: Option<impl AsyncRead + Unpin>) -> Result<Text, SourceError> {
    let mut text = Text::default();
    let Some(mut pipe) = pipe else { return Ok(text) };
    let unread = |error: io::Error| failed(format!("Can't read what the program prints: {error}."));
    (&mut pipe).take(LARGE as u64).read_to_end(&mut text.bytes).await.map_err(unread)?;
    if text.bytes.len() == LARGE {
        text.large = LARGE_AT_ONCE.acquire().await.ok();
        let rest = (MOST_BYTES - LARGE + 1) as u64;
        pipe.take(rest).read_to_end(&mut text.bytes).await.map_err(unread)?;
    }
    if text.bytes.len() > MOST_BYTES {
        Err(failed("The program prints more than 64 MiB.".to_owned()))
    } else {
        Ok(text)
    }
}

/// The first of what a program says; the rest is thrown away, so that it can go on.
async fn beginning(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // Its output counts, whatever is missing here.
        let _ = (&mut pipe).take(MOST_SAID).read_to_end(&mut bytes).await;
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    bytes
}

/// A whole file. Waits on this thread for the turn of a large one.
pub(super) fn of_file(path: &str, data: &Path, handle: &Handle) -> Result<Text, SourceError> {
    let unreadable = |error: io::Error| failed(format!("Can't read {path}: {error}."));
    let file = open(path, data)?;
    let is_large = file.metadata().map_err(unreadable)?.len() > LARGE as u64;
    let large = if is_large { handle.block_on(LARGE_AT_ONCE.acquire()).ok() } else { None };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let is_too_large = bytes.len() > MOST_BYTES;
    if is_too_large { Err(failed(format!("{path} is larger than 64 MiB."))) } else { Ok(Text { bytes, large }) }
}

/// Whether a file is in the server's own data folder. Of one that is not there, its folder tells.
pub(super) fn is_own(path: &Path, data: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let Some(data) = real(data) else { return false };
    let found = real(path).or_else(|| path.parent().and_then(real));
    found.is_some_and(|found| found.starts_with(data))
}

/// A pipe or a device would never end.
fn open(path: &str, data: &Path) -> Result<File, SourceError> {
    let unreadable = |error: io::Error| failed(format!("Can't read {path}: {error}."));
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(failed(format!("{path} is not a file.")));
    }
    if is_own(Path::new(path), data) {
        return Err(failed(format!("{path} is in the server's own data folder, which is not read.")));
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
    inode: u64,
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

/// A log and its first bytes.
struct LogFile {
    file: File,
    length: u64,
    inode: u64,
    begin: Vec<u8>,
}

impl LogFile {
    fn of(mut file: File) -> io::Result<Self> {
        let found = file.metadata()?;
        let mut begin = vec![0; MARK.min(usize::try_from(found.len()).unwrap_or(MARK))];
        file.read_exact(&mut begin)?;
        Ok(Self { file, length: found.len(), inode: found.ino(), begin })
    }

    /// Whether this is the log that was read up to a place.
    fn goes_on_from(&self, place: &LogPlace) -> bool {
        let begin = self.begin.get(..place.marked);
        self.length >= place.offset && begin.is_some_and(|begin| storage::secret::digest_hex(begin) == place.mark)
    }

    fn part(mut self, offset: u64) -> io::Result<LogPart> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        self.file.take(PART as u64).read_to_end(&mut bytes)?;
        let read = offset + bytes.len() as u64;
        let mark = storage::secret::digest_hex(&self.begin);
        let place = LogPlace { offset: read, mark, marked: self.begin.len(), inode: self.inode };
        Ok(LogPart { bytes, place, is_new: false, more: read < self.length })
    }
}

/// Reads on from a place, at most [`PART`]. Where another file is in the place of the log, first what that one got
/// after it was last read.
pub(super) fn of_log(path: &str, from: &LogPlace, data: &Path) -> Result<LogPart, SourceError> {
    let unreadable = |error: io::Error| failed(format!("Can't read {path}: {error}."));
    let log = LogFile::of(open(path, data)?).map_err(unreadable)?;
    if from.offset == 0 || log.goes_on_from(from) {
        return log.part(from.offset).map_err(unreadable);
    }
    if let Some(before) = rotated(path, from, data) {
        let part = before.part(from.offset).map_err(unreadable)?;
        let more = !part.bytes.is_empty();
        // As long as the new one is empty, the one before may get more.
        if more || log.length == 0 {
            return Ok(LogPart { more, ..part });
        }
    }
    let part = log.part(0).map_err(unreadable)?;
    Ok(LogPart { is_new: true, ..part })
}

/// The file that was in a log's place before: `LOG.1`, or the one of its folder with the same inode.
fn rotated(path: &str, from: &LogPlace, data: &Path) -> Option<LogFile> {
    let known = |path: &str| {
        let log = LogFile::of(open(path, data).ok()?).ok()?;
        log.goes_on_from(from).then_some(log)
    };
    known(&format!("{path}.1")).or_else(|| {
        let mut others = std::fs::read_dir(Path::new(path).parent()?).ok()?.filter_map(Result::ok);
        let same = others.find(|other| other.ino() == from.inode)?;
        known(same.path().to_str()?)
    })
}
