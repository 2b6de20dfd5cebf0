//! A machine's license request: its components as digests, and their fingerprint.

use serde_json::{Value, json};

use crate::{
    canonical::{
        instant,
        members::{FieldError, Members},
    },
    contact::Millis,
    guid::Guid,
    machine::{BoundMachine, ComponentMark, ComponentName, ComponentReading, Digest, MachineIdentity},
    pasted::{self, NotRead, decode},
    plain_text::{breaks_a_line, one_line},
};

/// The first member of a request.
pub const FORMAT: &str = "leasehold VE request 1";

/// Maximum size of a request, bytes.
pub const LARGEST: usize = 64 * 1024;

/// The longest server name, in characters.
const LONGEST_SERVER: usize = 255;

/// A request for a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeLicenseRequest {
    /// The server's GUID, when it is registered.
    pub guid: Option<Guid>,
    /// The machine's host name.
    pub server: String,
    /// When it was made, Unix milliseconds.
    pub created: Millis,
    /// The machine.
    pub bound: BoundMachine,
    /// Components that could not be read, and why. A license won't bind them.
    pub unread: Vec<(ComponentName, String)>,
}

/// Why a file is not a request. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Beyond [`LARGEST`].
    #[error(
        "This file is too large for a request: {bytes} bytes instead of at most {LARGEST}. Choose the file that `leasehold license request` created."
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON.
    #[error(
        "This is not a license request: invalid JSON at line {line}, column {column}. Choose the file that `leasehold license request` created, unchanged."
    )]
    NotJson {
        /// Counted from 1; 0 when the text ends too early.
        line: usize,
        /// Counted from 1; 0 at a line break.
        column: usize,
    },
    /// Other JSON.
    #[error("This is JSON, but not a license request. Choose the file that `leasehold license request` created.")]
    NotARequest,
    /// A request of another version.
    #[error(
        "This Leasehold can't read this version of the request. Update it, or create the request again with the same version."
    )]
    OtherVersion,
    /// A member that is missing or wrong.
    #[error("In this request, “{field}” {problem}. Create the request again on the machine.")]
    Field {
        /// Which member.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
    /// The fingerprint does not match.
    #[error(
        "The fingerprint of this request does not match its components: it was changed. Create the request again on the machine."
    )]
    Mismatch,
    /// Nothing identifies the machine.
    #[error(
        "This request has nothing that identifies its machine. Create /etc/machine-id there with `systemd-machine-id-setup`, then create the request again."
    )]
    NotUnique,
}

impl From<FieldError> for RequestError {
    fn from(error: FieldError) -> RequestError {
        RequestError::Field { field: error.field, problem: error.problem }
    }
}

impl VeLicenseRequest {
    /// A request for this machine.
    #[must_use]
    pub fn new(identity: &MachineIdentity, guid: Option<Guid>, server: &str, created: Millis) -> VeLicenseRequest {
        let unread = identity.components().iter().filter_map(|component| match &component.reading {
            ComponentReading::Unknown(why) => Some((component.name, why.clone())),
            _ => None,
        });
        let server = server.chars().filter(|c| !breaks_a_line(*c)).take(LONGEST_SERVER).collect();
        VeLicenseRequest { guid, server, created, bound: identity.bound(), unread: unread.collect() }
    }

    /// The K_FINGER of a license for it.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        self.bound.fingerprint()
    }

    /// Reads a request, also between the lines of a mail. Ignores unknown members.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn parse(bytes: &[u8]) -> Result<VeLicenseRequest, RequestError> {
        if bytes.len() > LARGEST {
            return Err(RequestError::TooLong { bytes: bytes.len() });
        }
        let text = decode(bytes).map_err(|at| RequestError::NotJson { line: at.line, column: at.column })?;
        pasted::json(&text, Self::of).map_err(|error| match error {
            NotRead::NotJson { line, column, .. } => RequestError::NotJson { line, column },
            NotRead::Refused(error) => error,
        })
    }

    fn of(value: Value) -> Result<VeLicenseRequest, RequestError> {
        let members = Members::of(&value, "").map_err(|_| RequestError::NotARequest)?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("leasehold VE request ") => return Err(RequestError::OtherVersion),
            _ => return Err(RequestError::NotARequest),
        }
        let server = members.text("server")?;
        if server.chars().count() > LONGEST_SERVER || server.chars().any(breaks_a_line) {
            return Err(members
                .error("server", format!("must be one line of at most {LONGEST_SERVER} characters"))
                .into());
        }
        let (mut bound, mut unread) =
            (Vec::<(ComponentName, ComponentMark)>::new(), Vec::<(ComponentName, String)>::new());
        for (index, item) in members.list("components")?.iter().enumerate() {
            let member = Members::of(item, format!("components[{index}]"))?;
            let name: ComponentName = member.parsed("name")?;
            if bound.iter().any(|(other, _)| *other == name) || unread.iter().any(|(other, _)| *other == name) {
                return Err(member.error("name", "appears twice").into());
            }
            match read(&member, name)? {
                Ok(mark) => bound.push((name, mark)),
                Err(why) => unread.push((name, why)),
            }
        }
        let request = VeLicenseRequest {
            guid: members.optional("guid").map(|_| members.parsed("guid")).transpose()?,
            server: server.to_owned(),
            created: members.instant("created")?,
            bound: bound.into_iter().collect(),
            unread,
        };
        if members.parsed::<Digest>("fingerprint")? != request.fingerprint() {
            return Err(RequestError::Mismatch);
        }
        if request.bound.is_unique() { Ok(request) } else { Err(RequestError::NotUnique) }
    }

    /// The file's text: indented JSON and a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        let marks = self.bound.marks().map(|(name, mark)| match mark {
            ComponentMark::Absent => json!({ "name": name, "absent": true }),
            ComponentMark::Value { digest, open: None } => json!({ "name": name, "sha256": digest.to_string() }),
            ComponentMark::Value { digest, open: Some(value) } => {
                json!({ "name": name, "sha256": digest.to_string(), "value": value })
            }
        });
        let unread = self.unread.iter().map(|(name, why)| json!({ "name": name, "unread": why }));
        let mut value = json!({
            "format": FORMAT,
            "server": self.server,
            "created": instant::to_text(self.created),
            "fingerprint": self.fingerprint().to_string(),
            "components": marks.chain(unread).collect::<Vec<_>>(),
        });
        if let Some(guid) = self.guid {
            value["guid"] = json!(guid);
        }
        format!("{value:#}\n")
    }
}

/// A component: its mark, or why there is none.
fn read(member: &Members<'_>, name: ComponentName) -> Result<Result<ComponentMark, String>, FieldError> {
    if let Some(why) = member.optional_text("unread")? {
        return Ok(Err(one_line(why, LONGEST_SERVER)));
    }
    if member.optional("absent").is_some() {
        return if member.flag("absent")? {
            Ok(Ok(ComponentMark::Absent))
        } else {
            Err(member.error("absent", "must be true"))
        };
    }
    let open = member.optional_text("value")?.map(str::to_owned);
    if open.as_ref().is_some_and(|value| value.chars().count() > LONGEST_SERVER || value.chars().any(breaks_a_line)) {
        return Err(member.error("value", "must be a short text on one line"));
    }
    let mark = ComponentMark::new(name, member.parsed("sha256")?, open);
    mark.map(Ok).map_err(|error| member.error("value", crate::canonical::members::unreadable(&error)))
}
