//! The sources of licenses, in memory: the last document of each, and why one can't be read.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use licensing::contact::Millis;
use licensing::guid::Guid;
use licensing::locked::{HeaderId, UserKey};
use licensing::monitor::{MonitorDocument, SignedMonitorDocument};
use licensing::vendor_key::VendorKey;
use strum::{EnumString, IntoStaticStr};

use super::{MonitorSettings, MonitorSource, ReadSources};

/// A missing or unusable key file is believed at the second look: it may just be being replaced.
const LOOKS: u32 = 2;
/// After so many requests without an answer another server can't be read.
const TRIES: u32 = 3;

/// Where a license comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Source {
    Exchange,
    KeyFile,
    Server,
}

/// What documents are checked against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ground {
    pub keys: Vec<VendorKey>,
    pub own: Option<Guid>,
}

impl Ground {
    /// This server's GUID.
    ///
    /// # Errors
    /// A sentence when it has none: then no license can be checked.
    pub fn registered(&self) -> Result<Guid, String> {
        self.own.ok_or_else(|| {
            "This server is not registered, so it can't check monitor licenses. Register it first.".to_owned()
        })
    }

    /// Reads a document, which must be the vendor's and for this server; one from another server may be for that one.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self, source: Source, text: &str) -> Result<(SignedMonitorDocument, MonitorDocument), String> {
        let own = self.registered()?;
        let signed = SignedMonitorDocument::parse(text).map_err(|error| error.to_string())?;
        let document = match source {
            Source::Server => signed.verify(&self.keys),
            Source::Exchange | Source::KeyFile => signed.verify_for(own, &self.keys),
        };
        document.map(|document| (signed, document)).map_err(|error| error.to_string())
    }
}

/// The last document of a source.
#[derive(Debug)]
struct Held {
    text: Arc<str>,
    /// What it was last checked against, and the result.
    checked: Option<(Ground, Result<Arc<MonitorDocument>, String>)>,
}

impl Held {
    fn document(&mut self, source: Source, ground: &Ground) -> Result<Arc<MonitorDocument>, String> {
        if let Some((before, result)) = &self.checked
            && before == ground
        {
            return result.clone();
        }
        let result = ground.check(source, &self.text).map(|(_, document)| Arc::new(document));
        self.checked = Some((ground.clone(), result.clone()));
        result
    }

    fn usable(&self) -> Option<&Arc<MonitorDocument>> {
        self.checked.as_ref().and_then(|(_, result)| result.as_ref().ok())
    }
}

/// One source.
#[derive(Debug, Default)]
struct SourceState {
    held: Option<Held>,
    last_read: Option<Millis>,
    /// Looks or tries in a row that failed, and the last reason.
    failed: u32,
    reason: Option<String>,
    /// Where it was found.
    place: Option<PathBuf>,
    /// The digest of what was last read and taken, and what it was checked against.
    taken: Option<(String, Ground)>,
}

impl SourceState {
    /// Why it can't be read, once that is certain.
    fn problem(&self, source: Source) -> Option<String> {
        let patience = match source {
            // Of a source that never provided anything each failure is told.
            _ if self.held.is_none() => 1,
            Source::Exchange => 1,
            Source::KeyFile => LOOKS,
            Source::Server => TRIES,
        };
        let failed = self.reason.clone().filter(|_| self.failed >= patience);
        let unusable = || self.held.as_ref()?.checked.as_ref()?.1.as_ref().err().cloned();
        failed.or_else(unusable)
    }
}

/// All sources.
#[derive(Debug, Default)]
pub(super) struct Sources {
    exchange: SourceState,
    key_file: SourceState,
    server: SourceState,
}

impl Sources {
    fn of(&mut self, source: Source) -> &mut SourceState {
        match source {
            Source::Exchange => &mut self.exchange,
            Source::KeyFile => &mut self.key_file,
            Source::Server => &mut self.server,
        }
    }

    fn all(&self) -> [(Source, &SourceState); 3] {
        [(Source::Exchange, &self.exchange), (Source::KeyFile, &self.key_file), (Source::Server, &self.server)]
    }

    /// Takes a stored document, or one that is to be stored.
    pub fn hold(&mut self, source: Source, text: Arc<str>, at: Millis) {
        let state = self.of(source);
        state.held = Some(Held { text, checked: None });
        state.last_read = Some(at);
    }

    /// Whether a document that was just read is to be stored: it isn't what is held, and not older than that.
    pub fn is_news(&mut self, source: Source, document: &MonitorDocument, ground: &Ground) -> bool {
        let Some(held) = &mut self.of(source).held else { return true };
        held.document(source, ground)
            .map_or(true, |held| held.guid != document.guid || (*held != *document && held.issued <= document.issued))
    }

    /// Whether this is what was last read and taken.
    pub fn is_taken(&mut self, source: Source, digest: &str, ground: &Ground) -> bool {
        self.of(source).taken.as_ref().is_some_and(|taken| taken.0 == digest && taken.1 == *ground)
    }

    /// Notes what was read and taken, so that it isn't checked again.
    pub fn take(&mut self, source: Source, digest: String, ground: Ground) {
        self.of(source).taken = Some((digest, ground));
    }

    /// A source was read.
    pub fn was_read(&mut self, source: Source, at: Millis, place: Option<PathBuf>) {
        let state = self.of(source);
        (state.last_read, state.failed, state.reason) = (Some(at), 0, None);
        state.place = place;
    }

    /// A source could not be read. Whether that is certain just now.
    pub fn failed(&mut self, source: Source, reason: String, place: Option<PathBuf>) -> bool {
        let state = self.of(source);
        let before = state.problem(source);
        state.failed = state.failed.saturating_add(1);
        state.reason = Some(reason);
        state.place = place;
        before.is_none() && state.problem(source).is_some()
    }

    /// A source that is not there and never was.
    pub fn is_absent(&mut self, source: Source) -> bool {
        let state = self.of(source);
        let never = state.held.is_none();
        if never {
            *state = SourceState::default();
        }
        never
    }

    /// Checks what is held, and gives what the rules ask for.
    pub fn read(&mut self, ground: &Ground, settings: &MonitorSettings) -> ReadSources {
        let mut read = ReadSources::default();
        for source in [Source::Exchange, Source::KeyFile, Source::Server] {
            let state = self.of(source);
            let Some(held) = &mut state.held else { continue };
            read.known += 1;
            let document = held.document(source, ground);
            match document {
                Ok(document) if state.problem(source).is_none() => {
                    read.licenses.extend(document.licenses.iter().cloned());
                }
                _ => read.unreadable += 1,
            }
        }
        // A server that is asked no longer doesn't matter where there is another source.
        if settings.server.is_none() && self.server.held.is_some() && read.known > 1 {
            return self.without_server(ground);
        }
        read
    }

    fn without_server(&mut self, ground: &Ground) -> ReadSources {
        let server = std::mem::take(&mut self.server);
        let read = self.read(ground, &MonitorSettings::default());
        self.server = server;
        read
    }

    /// For people.
    pub fn told(&self, settings: &MonitorSettings) -> Vec<MonitorSource> {
        let others = self.exchange.held.is_some() || self.key_file.held.is_some();
        let asked = settings.server.is_some();
        let shown = |source: &Source, state: &SourceState| match source {
            Source::Server => asked || (state.held.is_some() && !others),
            Source::Exchange | Source::KeyFile => state.held.is_some() || state.reason.is_some(),
        };
        let place = |source: Source, state: &SourceState| match source {
            Source::Exchange => "The vendor's licensing nodes".to_owned(),
            Source::KeyFile => state.place.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            Source::Server => settings.server.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        self.all()
            .into_iter()
            .filter(|(source, state)| shown(source, state))
            .map(|(source, state)| MonitorSource {
                name: source.into(),
                path_or_address: place(source, state),
                last_read: state.last_read,
                problem: state.problem(source),
            })
            .collect()
    }

    /// The newest document for this server that can be read.
    pub fn newest_own(&self) -> Option<Arc<str>> {
        let readable = |(source, state): &(Source, &SourceState)| state.problem(*source).is_none();
        let held = self.all().into_iter().filter(|(source, _)| *source != Source::Server).filter(readable);
        let held = held.filter_map(|(_, state)| state.held.as_ref());
        let dated = held.filter_map(|held| Some((held.usable()?.issued, &held.text)));
        dated.max_by_key(|(issued, _)| *issued).map(|(_, text)| text.clone())
    }

    /// The day keys of all documents for this server, each for as many users as it is known for.
    pub fn day_keys(&self, own: Option<Guid>) -> HashMap<HeaderId, UserKey> {
        let mut keys: HashMap<HeaderId, UserKey> = HashMap::new();
        let documents = self.all().into_iter().filter_map(|(_, state)| state.held.as_ref()?.usable());
        for given in documents.filter(|document| Some(document.guid) == own).flat_map(|document| &document.keys) {
            let known = keys.entry(given.header).or_insert_with(|| given.key.clone());
            if known.users < given.key.users {
                *known = given.key.clone();
            }
        }
        keys
    }
}
