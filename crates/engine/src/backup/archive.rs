//! The file of a backup: tar, compressed by zstd, encrypted by age or not. The first entry is the manifest; the others are in its order.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use licensing::backup::{MANIFEST, MOST_MANIFEST, Manifest, ManifestError, ManifestFile};
use sha2::{Digest, Sha256};
use storage::secret::hex;

/// What files are read in, bytes.
const BLOCK: usize = 128 * 1024;
/// Level of zstd: little time.
const LEVEL: i32 = 3;
/// Memory that reading may take, as a power of two of bytes.
const WINDOW: u32 = 27;
/// Bytes after the last entry at the most: tar fills its last block.
const MOST_REST: u64 = 1024 * 1024;
/// Longest name of an entry, bytes: more than any path of a backup.
const MOST_NAME: u64 = 4_096;
/// How a compressed file begins.
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// How an encrypted one begins.
const AGE: &[u8] = b"age-encryption.org/v1";

/// Why a backup can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its list says why.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Something differs from its list, or its end is missing.
    #[error("This backup is damaged: {0}. Use another one.")]
    Damaged(String),
    /// It needs a key.
    #[error("This backup is encrypted. Name the file with the age identity it was encrypted to: --identity FILE.")]
    Encrypted,
    /// The key is another one.
    #[error("This backup can't be decrypted with {}: {why}.", path.display())]
    Identity {
        /// The file with the identity.
        path: PathBuf,
        /// What age says.
        why: String,
    },
    /// It can't be opened.
    #[error("Can't read {}: {source}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Where the content of an entry comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// Here.
    Bytes(Vec<u8>),
    /// The beginning of a file.
    File { path: PathBuf, length: u64 },
}

impl Source {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(bytes.as_slice()),
            Self::File { path, length } => Box::new(BufReader::with_capacity(BLOCK, File::open(path)?.take(*length))),
        })
    }

    /// How the entry of this path is listed.
    pub fn listed(&self, path: &str) -> io::Result<ManifestFile> {
        let mut summed = Summed::new(self.open()?);
        io::copy(&mut summed, &mut io::sink())?;
        let (size, sha256) = summed.end();
        Ok(ManifestFile { path: path.to_owned(), size, sha256 })
    }
}

/// A reader or writer that remembers how much went through it, and the checksum.
pub(super) struct Summed<R> {
    inner: R,
    length: u64,
    hasher: Sha256,
}

impl<R> Summed<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, length: 0, hasher: Sha256::new() }
    }

    /// Bytes, and SHA-256 of all that went through.
    pub fn end(self) -> (u64, String) {
        (self.length, hex(&self.hasher.finalize()))
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.length += read as u64;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.length += written as u64;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a backup. Returns whether all content was as the manifest lists it: files may change while they are read.
pub(super) fn write(output: impl Write, manifest: &Manifest, sources: &[Source]) -> io::Result<bool> {
    let mut compressed = zstd::stream::write::Encoder::new(output, LEVEL)?;
    compressed.include_checksum(true)?;
    let mut archive = tar::Builder::new(compressed);
    let header = |size: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(manifest.made_at / 1_000).unwrap_or_default());
        header.set_size(size);
        header
    };
    let list = manifest.to_json();
    archive.append_data(&mut header(list.len() as u64), MANIFEST, list.as_slice())?;
    let mut as_listed = true;
    for (file, source) in manifest.files.iter().zip(sources) {
        let mut summed = Summed::new(source.open()?);
        archive.append_data(&mut header(file.size), &file.path, &mut summed)?;
        as_listed &= summed.end() == (file.size, file.sha256.clone());
    }
    let mut output = archive.into_inner()?.finish()?;
    output.flush()?;
    Ok(as_listed)
}

/// Opens the file of a backup as a stream of its compressed archive.
pub(super) fn open(path: &Path, identity: Option<&Path>) -> Result<Box<dyn Read>, ArchiveError> {
    let io = |source| ArchiveError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(io::Error::new(ErrorKind::InvalidInput, "it is no file")));
    }
    let mut reader = BufReader::with_capacity(BLOCK, file);
    let start = reader.fill_buf().map_err(io)?;
    if start.starts_with(&ZSTD) {
        return Ok(Box::new(reader));
    }
    if !start.starts_with(AGE) {
        return Err(ManifestError::NotOurs.into());
    }
    let identity = identity.ok_or(ArchiveError::Encrypted)?;
    let why = |why: String| ArchiveError::Identity { path: identity.to_owned(), why };
    let text = std::fs::read(identity).map_err(|source| ArchiveError::Io { path: identity.to_owned(), source })?;
    let keys = age::IdentityFile::from_buffer(text.as_slice()).map_err(|_| why("it holds no age identity".into()))?;
    let keys = keys.into_identities().map_err(|error| why(plain(&error)))?;
    let decryptor = age::Decryptor::new_buffered(reader).map_err(undecipherable(identity))?;
    let opened = decryptor.decrypt(keys.iter().map(|key| &**key as &dyn age::Identity));
    Ok(Box::new(opened.map_err(undecipherable(identity))?))
}

fn undecipherable(identity: &Path) -> impl Fn(age::DecryptError) -> ArchiveError {
    let path = identity.to_owned();
    move |error| match error {
        age::DecryptError::NoMatchingKeys => {
            let why = "it was encrypted to another key".to_owned();
            ArchiveError::Identity { path: path.clone(), why }
        }
        other => ArchiveError::Damaged(plain(&other)),
    }
}

/// What a library says, without the period of its sentence.
fn plain(error: &impl std::fmt::Display) -> String {
    error.to_string().trim().trim_end_matches('.').to_owned()
}

fn broken(error: io::Error) -> ArchiveError {
    ArchiveError::Damaged(match error.kind() {
        ErrorKind::UnexpectedEof => "its end is missing".to_owned(),
        _ => plain(&error),
    })
}

/// Reads a backup to its end and holds everything against its list. `known` is the newest schema this program has. `take` gets each file.
pub(super) fn read(
    input: impl Read,
    known: i64,
    mut take: impl FnMut(&ManifestFile, &mut dyn Read) -> io::Result<()>,
) -> Result<Manifest, ArchiveError> {
    let mut decoder = zstd::stream::read::Decoder::new(input).map_err(broken)?.single_frame();
    decoder.window_log_max(WINDOW).map_err(broken)?;
    let mut archive = tar::Archive::new(decoder);
    let mut entries = archive.entries().map_err(broken)?.raw(true);
    let manifest = match next(&mut entries) {
        Some(Ok((path, entry))) => list(&path, entry, known)?,
        Some(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => return Err(broken(error)),
        Some(Err(_)) | None => return Err(ManifestError::NotOurs.into()),
    };
    for file in &manifest.files {
        let differs = || ArchiveError::Damaged(format!("{} is not as its list says", file.path));
        let (path, mut entry) = next(&mut entries).ok_or_else(differs)?.map_err(broken)?;
        let is_it = entry.header().entry_type() == tar::EntryType::Regular
            && entry.size() == file.size
            && path == file.path.as_bytes();
        if !is_it {
            return Err(differs());
        }
        let mut summed = Summed::new(&mut entry);
        take(file, &mut summed).map_err(broken)?;
        io::copy(&mut summed, &mut io::sink()).map_err(broken)?;
        if summed.end() != (file.size, file.sha256.to_ascii_lowercase()) {
            return Err(differs());
        }
    }
    if entries.next().is_some() {
        return Err(ArchiveError::Damaged("it holds more than its list says".to_owned()));
    }
    // To the very end, where the checksum of the whole is.
    let mut rest = Vec::new();
    archive.into_inner().take(MOST_REST).read_to_end(&mut rest).map_err(broken)?;
    if rest.len() as u64 == MOST_REST || rest.iter().any(|byte| *byte != 0) {
        return Err(ArchiveError::Damaged("something follows its last file".to_owned()));
    }
    Ok(manifest)
}

/// The next entry and its path. A long path is an entry of its own before it, which is read here up to a limit; of other kinds nothing is
/// read.
fn next<'a, R: Read>(entries: &mut tar::Entries<'a, R>) -> Option<io::Result<(Vec<u8>, tar::Entry<'a, R>)>> {
    let first = entries.next()?;
    Some(first.and_then(|mut entry| {
        let mut path = entry.path_bytes().into_owned();
        if entry.header().entry_type() == tar::EntryType::GNULongName {
            if entry.size() > MOST_NAME {
                return Err(io::Error::new(ErrorKind::InvalidData, "the name of a file in it is too long"));
            }
            path.clear();
            entry.read_to_end(&mut path)?;
            while path.last() == Some(&0) {
                path.pop();
            }
            entry = entries.next().unwrap_or_else(|| Err(ErrorKind::UnexpectedEof.into()))?;
        }
        Ok((path, entry))
    }))
}

fn list(path: &[u8], entry: tar::Entry<'_, impl Read>, known: i64) -> Result<Manifest, ArchiveError> {
    if path != MANIFEST.as_bytes() || entry.size() > MOST_MANIFEST {
        return Err(ManifestError::NotOurs.into());
    }
    let mut bytes = Vec::new();
    let size = entry.size();
    entry.take(MOST_MANIFEST).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() as u64 != size {
        return Err(ArchiveError::Damaged("its end is missing".to_owned()));
    }
    Ok(Manifest::read(&bytes, known)?)
}
