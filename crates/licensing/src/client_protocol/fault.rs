//! What can be wrong with a request of a client, each with its word, its status and a sentence.

use serde::{Deserialize, Serialize};

use super::{CheckOut, Hello, MOST_PRODUCTS, MOST_RECORDS, Outcome, Records, Refresh, Refused, VERSION, WRONG_VERSION};

/// The kind of a fault. Clients act on it; people read the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The other side speaks another version.
    ProtocolVersion,
    /// Not what the protocol says.
    Malformed,
    /// Larger than allowed.
    TooLarge,
    /// This run is not known here: say hello (again).
    UnknownClient,
    /// A later run of the same client has taken its place.
    Superseded,
    /// The server cannot store anything now: try again.
    Unavailable,
    /// The license of this server does not let this client log in.
    LoginRefused,
    /// The hours of this server's countdown license are used up.
    HoursUsedUp,
    /// The server is handed over to another for a while: go there at once.
    HandedOver,
}

impl FaultKind {
    /// The HTTP status it is answered with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ProtocolVersion => 400,
            Self::Malformed => 422,
            Self::TooLarge => 413,
            Self::UnknownClient => 404,
            Self::Superseded => 409,
            Self::Unavailable | Self::HandedOver => 503,
            Self::LoginRefused | Self::HoursUsedUp => 403,
        }
    }

    /// The kind as a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ProtocolVersion => WRONG_VERSION,
            Self::Malformed => "The request is not as the protocol says.",
            Self::TooLarge => "The request is too large.",
            Self::UnknownClient => "This client is not known here.",
            Self::Superseded => "A later run of this client has taken its place.",
            Self::Unavailable => "Nothing can be stored at the moment.",
            Self::LoginRefused => "The license of this server does not allow it.",
            Self::HoursUsedUp => "The hours of this server are used up.",
            Self::HandedOver => "This server is handed over to another.",
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

    /// A request that is not as the protocol says.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(FaultKind::Malformed, detail)
    }

    /// The run is not known.
    #[must_use]
    pub fn unknown_client() -> Self {
        Self::new(FaultKind::UnknownClient, "This server does not know this run of the client. Say hello first.")
    }

    /// A later run took its place.
    #[must_use]
    pub fn superseded() -> Self {
        Self::new(
            FaultKind::Superseded,
            "Another run with the same client id said hello later. Give each application its own client id.",
        )
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn answer(&self) -> Refused {
        Refused {
            kind: self.kind,
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail.clone(),
        }
    }
}

/// The most characters of an id.
const ID: usize = 64;
/// The most characters of a name, a user, an application.
const NAME: usize = 128;
/// The most characters of a host name.
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
            "`{field}` must be 1 to {ID} letters from A to Z, digits, or _ . - ; a UUID does."
        )));
    }
    Ok(())
}

fn words(field: &str, text: &str, longest: usize) -> Result<(), Fault> {
    // Characters are at most four bytes: what is short in bytes need not be counted.
    if text.len() > longest && text.chars().count() > longest {
        return Err(Fault::malformed(format!("`{field}` has at most {longest} characters.")));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::malformed(format!("`{field}` holds a control character. Use printable characters only.")));
    }
    Ok(())
}

impl Hello {
    /// Whether it is as the protocol says.
    ///
    /// # Errors
    /// [`Fault`] with the first thing that is not.
    pub fn check(&self) -> Result<(), Fault> {
        version(self.protocol)?;
        id("client", &self.client)?;
        id("run", &self.run)?;
        words("name", &self.name, NAME)?;
        if self.name.trim().is_empty() {
            return Err(Fault::malformed("`name` is empty. Say what people call this client."));
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
    /// Whether it is as the protocol says.
    ///
    /// # Errors
    /// [`Fault`] with the first thing that is not.
    pub fn check(&self) -> Result<(), Fault> {
        version(self.protocol)?;
        id("client", &self.client)?;
        id("run", &self.run)?;
        if self.sequence == 0 {
            return Err(Fault::malformed("`sequence` begins with 1."));
        }
        if self.products.len() > MOST_PRODUCTS {
            return Err(Fault::new(
                FaultKind::TooLarge,
                format!("{} products were asked for; one client may ask for {MOST_PRODUCTS}.", self.products.len()),
            ));
        }
        Ok(())
    }
}

impl Records {
    /// Whether it is as the protocol says.
    ///
    /// # Errors
    /// [`Fault`] with the first thing that is not, naming the record.
    pub fn check(&self) -> Result<(), Fault> {
        version(self.protocol)?;
        id("client", &self.client)?;
        id("run", &self.run)?;
        if self.first == 0 {
            return Err(Fault::malformed("`first` begins with 1."));
        }
        if self.records.len() > MOST_RECORDS {
            return Err(Fault::new(
                FaultKind::TooLarge,
                format!("{} records are in this batch; send at most {MOST_RECORDS} at a time.", self.records.len()),
            ));
        }
        if self.first.checked_add(self.records.len() as u64).is_none() {
            return Err(Fault::malformed("`first` is too large."));
        }
        for (place, record) in (0u64..).zip(&self.records) {
            let number = self.first + place;
            record
                .check(number)
                .map_err(|fault| Fault { detail: format!("Record {number}: {}", fault.detail), ..fault })?;
        }
        Ok(())
    }
}

/// Times outside of these are no times of a check-out: the years 2000 and 2200, Unix milliseconds.
const TIMES: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;

impl CheckOut {
    fn check(&self, number: u64) -> Result<(), Fault> {
        words("user", &self.user, NAME)?;
        words("host", &self.host, HOST)?;
        if !TIMES.contains(&self.from) || self.to.is_some_and(|to| !TIMES.contains(&to)) {
            return Err(Fault::malformed("`from` and `to` are Unix milliseconds."));
        }
        let ended = matches!(self.outcome, Outcome::Returned | Outcome::Flushed);
        match self.to {
            _ if self.outcome == Outcome::Lost => Err(Fault::malformed("`lost` is said by servers only.")),
            None if ended => Err(Fault::malformed("`to` is missing: when was it returned?")),
            Some(to) if to < self.from => Err(Fault::malformed("`to` is before `from`.")),
            Some(_) if !ended => Err(Fault::malformed("`to` does not belong to this outcome.")),
            _ if self.opened.is_some_and(|opened| !ended || opened == 0 || opened >= number) => {
                Err(Fault::malformed("`opened` names an earlier record with the outcome `open`."))
            }
            _ => Ok(()),
        }
    }
}
