//! Faults of client requests, each with its word, status and sentence.

use serde::{Deserialize, Serialize};

use super::{
    CheckOut, CheckOutOutcome, FaultBody, Hello, MOST_COUNTED, MOST_PRODUCTS, MOST_RECORDS, Records, Refresh, VERSION,
    WRONG_VERSION,
};

/// The kind of a fault. Clients act on it; people read the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The other side uses another version.
    ProtocolVersion,
    /// Violates the protocol.
    Malformed,
    /// Larger than allowed.
    TooLarge,
    /// Unknown run: say hello (again).
    UnknownClient,
    /// A later run of the same client has replaced it.
    Superseded,
    /// Another run of the same client is alive, and this one does not prove that it may replace it.
    IdInUse,
    /// The server cannot store anything now: try again.
    Unavailable,
    /// This server's license does not allow the client.
    LoginRefused,
    /// The hours of this server's countdown license are used up.
    HoursUsedUp,
    /// The server is draining to another for a while: move there at once.
    #[serde(rename = "handed-over")]
    Drained,
}

impl FaultKind {
    /// Its HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ProtocolVersion => 400,
            Self::Malformed => 422,
            Self::TooLarge => 413,
            Self::UnknownClient => 404,
            Self::Superseded | Self::IdInUse => 409,
            Self::Unavailable | Self::Drained => 503,
            Self::LoginRefused | Self::HoursUsedUp => 403,
        }
    }

    /// The kind as a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ProtocolVersion => WRONG_VERSION,
            Self::Malformed => "The request does not follow the protocol.",
            Self::TooLarge => "The request is too large.",
            Self::UnknownClient => "This server does not know this client.",
            Self::Superseded => "A later run of this client has replaced it.",
            Self::IdInUse => "Another application uses this client id.",
            Self::Unavailable => "The server can't store anything at the moment.",
            Self::LoginRefused => "The license of this server does not allow this client.",
            Self::HoursUsedUp => "The hours of this server are used up.",
            Self::Drained => "This server is draining to another.",
        }
    }
}

/// A fault with its sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// What is wrong and what to do.
    pub detail: String,
}

impl Fault {
    /// A fault of a kind.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A request that violates the protocol.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(FaultKind::Malformed, detail)
    }

    /// The run is not known.
    #[must_use]
    pub fn unknown_client() -> Self {
        Self::new(FaultKind::UnknownClient, "This server does not know this run. Send a hello first.")
    }

    /// A later run has replaced it.
    #[must_use]
    pub fn superseded() -> Self {
        Self::new(
            FaultKind::Superseded,
            "A later run with the same client id has said hello. Give each application its own client id.",
        )
    }

    /// Another run of the client is alive.
    #[must_use]
    pub fn id_in_use() -> Self {
        Self::new(
            FaultKind::IdInUse,
            "An application with this client id is connected. Give each application its own client id. After a restart, \
             send the previous run id as `replaces`, or try again 10 seconds after its last refresh.",
        )
    }

    /// On the wire.
    #[must_use]
    pub fn answer(&self) -> FaultBody {
        FaultBody {
            kind: self.kind,
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail.clone(),
        }
    }
}

/// Maximum length, characters, of an id.
const ID: usize = 64;
/// Maximum length, characters, of a name, a user, an application.
const NAME: usize = 128;
/// Maximum length, characters, of a host name.
const HOST: usize = 255;

fn version(protocol: u32) -> Result<(), Fault> {
    if protocol == VERSION {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::ProtocolVersion,
        format!("{WRONG_VERSION} This side uses version {VERSION}, the other version {protocol}."),
    ))
}

fn id(field: &str, text: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if text.is_empty() || text.len() > ID || !text.chars().all(allowed) {
        return Err(Fault::malformed(format!(
            "`{field}` must be 1 to {ID} letters (A to Z), digits, or _ . - ; a UUID is fine."
        )));
    }
    Ok(())
}

fn words(field: &str, text: &str, longest: usize) -> Result<(), Fault> {
    // Characters have at most four bytes, so a short byte length needs no count.
    if text.len() > longest && text.chars().count() > longest {
        return Err(Fault::malformed(format!("`{field}` must not be longer than {longest} characters.")));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::malformed(format!(
            "`{field}` contains a control character. Use printable characters only."
        )));
    }
    Ok(())
}

fn counter(field: &str, number: u64) -> Result<(), Fault> {
    if number > MOST_COUNTED {
        return Err(Fault::malformed(format!("`{field}` must be at most {MOST_COUNTED} (2^53 - 1).")));
    }
    Ok(())
}

impl Hello {
    /// Checks it against the protocol.
    ///
    /// # Errors
    /// [`Fault`] with the first violation.
    pub fn check(&self) -> Result<(), Fault> {
        version(self.protocol)?;
        id("client", &self.client)?;
        id("run", &self.run)?;
        if let Some(replaces) = &self.replaces {
            id("replaces", replaces)?;
        }
        words("name", &self.name, NAME)?;
        if self.name.trim().is_empty() {
            return Err(Fault::malformed("`name` is empty. Give the client a display name."));
        }
        words("host", &self.host, HOST)?;
        words("software", &self.software, NAME)?;
        if let Some(ve) = &self.ve {
            words("ve.passphrase", &ve.passphrase, ID)?;
            words("ve.product", &ve.product, NAME)?;
        }
        if let Some(observed) = &self.observed {
            words("observed.server", &observed.server, HOST)?;
            words("observed.problem", &observed.problem, HOST)?;
        }
        Ok(())
    }
}

impl Refresh {
    /// Checks it against the protocol.
    ///
    /// # Errors
    /// [`Fault`] with the first violation.
    pub fn check(&self) -> Result<(), Fault> {
        version(self.protocol)?;
        id("client", &self.client)?;
        id("run", &self.run)?;
        if self.sequence == 0 {
            return Err(Fault::malformed("`sequence` must start at 1."));
        }
        if self.products.len() > MOST_PRODUCTS {
            return Err(Fault::new(
                FaultKind::TooLarge,
                format!("{} products requested; one client may request {MOST_PRODUCTS}.", self.products.len()),
            ));
        }
        counter("audio_ms", self.audio_ms)?;
        counter("dropped", self.dropped)?;
        for (product, used) in &self.products {
            let counters = [("usage_count", used.usage_count), ("usage_ms", used.usage_ms), ("denied", used.denied)];
            for (field, number) in counters {
                counter(field, number)
                    .map_err(|fault| Fault { detail: format!("{product}: {}", fault.detail), ..fault })?;
            }
        }
        Ok(())
    }
}

impl Records {
    /// Checks it against the protocol.
    ///
    /// # Errors
    /// [`Fault`] with the first violation, naming the record.
    pub fn check(&self) -> Result<(), Fault> {
        version(self.protocol)?;
        id("client", &self.client)?;
        id("run", &self.run)?;
        if self.first == 0 {
            return Err(Fault::malformed("`first` must start at 1."));
        }
        if self.records.len() > MOST_RECORDS {
            return Err(Fault::new(
                FaultKind::TooLarge,
                format!("This batch has {} records; send at most {MOST_RECORDS} at a time.", self.records.len()),
            ));
        }
        counter("first", self.first)?;
        for (place, record) in (0u64..).zip(&self.records) {
            let number = self.first + place;
            record
                .check(number)
                .map_err(|fault| Fault { detail: format!("Record {number}: {}", fault.detail), ..fault })?;
        }
        Ok(())
    }
}

/// Limits of check-out times: the years 2000 and 2200, Unix milliseconds.
const TIMES: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;

impl CheckOut {
    fn check(&self, number: u64) -> Result<(), Fault> {
        words("user", &self.user, NAME)?;
        words("host", &self.host, HOST)?;
        if !TIMES.contains(&self.from) || self.to.is_some_and(|to| !TIMES.contains(&to)) {
            return Err(Fault::malformed("`from` and `to` must be Unix milliseconds."));
        }
        if let Some(before) = &self.before {
            id("before.run", &before.run)?;
            if self.outcome == CheckOutOutcome::Denied || self.opened.is_some() || before.number == 0 {
                return Err(Fault::malformed(
                    "`before` must name a record of an earlier run with the outcome `open`, and stands alone.",
                ));
            }
        }
        let ended = matches!(self.outcome, CheckOutOutcome::Returned | CheckOutOutcome::Flushed);
        match self.to {
            _ if self.outcome == CheckOutOutcome::Lost => Err(Fault::malformed("Only servers may use `lost`.")),
            None if ended => Err(Fault::malformed("`to` (the time of return) is missing.")),
            Some(to) if to < self.from => Err(Fault::malformed("`to` is before `from`.")),
            Some(_) if !ended => Err(Fault::malformed("This outcome has no `to`.")),
            _ if self.opened.is_some_and(|opened| !ended || opened == 0 || opened >= number) => {
                Err(Fault::malformed("`opened` must be the number of an earlier record with the outcome `open`."))
            }
            _ => Ok(()),
        }
    }
}
