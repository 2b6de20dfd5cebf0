use uuid::Uuid;

use super::ToolFailure;
use super::flags::{FLAGS, GivenFlags, SEE_USAGE};
use super::response::{self, ReceivedResponse};
use crate::client::{Address, CallerIdentity, TlsChoice};
use crate::service::parse_uuid;

/// Where the reporting API is when nothing else is said (INTERFACE: the server's own default).
const DEFAULT_ADDRESS: &str = "127.0.0.1:5000";

/// A command line that was checked: what is to be done, and where. No Debug: it holds a secret.
pub(super) struct ToolRequest {
    pub operation: Operation,
    pub who: CallerIdentity,
    pub address: Address,
    pub tls: TlsChoice,
}

/// The three operations, each with what it needs.
pub(super) enum Operation {
    Report,
    Pull { auth_string: String, licensing_url: Option<String> },
    Push(ReceivedResponse),
}

impl ToolRequest {
    /// # Errors
    /// Exit code 2: what is missing, all at once, or what cannot be right. Nothing was sent then.
    pub fn of(given: GivenFlags) -> Result<Self, ToolFailure> {
        complete(&given)?;
        let who = CallerIdentity {
            deployment: id("deploymentId", given.deployment_id.as_deref())?,
            operator: id("operatorId", given.operator_id.as_deref())?,
        };
        let address = given.reporting_api_uri.as_deref().unwrap_or(DEFAULT_ADDRESS);
        let address = address.parse().map_err(|error| {
            ToolFailure::usage(format!("Invalid -reportingApiUri. {error}"), "Example: -reportingApiUri=server:5000.")
        })?;
        let tls = tls(given.enable_tls, given.ca_file.as_deref())?;
        let operation = match given.operation.as_deref() {
            Some("cluster-pull") => Operation::Pull {
                auth_string: auth_string(given.auth_string.unwrap_or_default())?,
                licensing_url: given.licensing_url.map(|url| web_address(&url).map(|()| url)).transpose()?,
            },
            Some("cluster-push") => Operation::Push(response::read(given.response_json, given.response_file)?),
            _ => Operation::Report,
        };
        Ok(Self { operation, who, address, tls })
    }

    pub fn tls_on(&self) -> bool {
        self.tls != TlsChoice::Off
    }
}

fn complete(given: &GivenFlags) -> Result<(), ToolFailure> {
    let needs_auth = given.operation.as_deref() == Some("cluster-pull");
    let needs_response = given.operation.as_deref() == Some("cluster-push");
    let choices = "Choose report, cluster-pull or cluster-push.";
    match given.operation.as_deref() {
        None | Some("report" | "cluster-pull" | "cluster-push") => {}
        Some(_) => return Err(ToolFailure::usage("Unknown operation.", choices)),
    }
    let mut missing = Vec::new();
    let mut need = |flag: &'static str, there: bool| {
        if !there {
            missing.push(flag);
        }
    };
    need("-operation", given.operation.is_some());
    need("-deploymentId", given.deployment_id.is_some());
    need("-operatorId", given.operator_id.is_some());
    need("-authString", !needs_auth || given.auth_string.is_some());
    need(
        "-responseJson (or -responseFile)",
        !needs_response || given.response_json.is_some() || given.response_file.is_some(),
    );
    let what = given.operation.as_deref().map_or_else(String::new, |name| format!(" for {name}"));
    match missing.as_slice() {
        [] => Ok(()),
        ["-operation"] => Err(ToolFailure::usage("The flag -operation is missing.", choices)),
        [one] => Err(ToolFailure::usage(format!("The flag {one} is missing{what}."), SEE_USAGE)),
        [firsts @ .., last] => {
            Err(ToolFailure::usage(format!("The flags {} and {last} are missing{what}.", firsts.join(", ")), SEE_USAGE))
        }
    }
}

fn id(flag: &str, value: Option<&str>) -> Result<Uuid, ToolFailure> {
    value.and_then(parse_uuid).ok_or_else(|| {
        ToolFailure::usage(
            format!("The value of -{flag} is not a UUID."),
            "A UUID has 32 hexadecimal digits, as in 01234567-89ab-cdef-0123-456789abcdef. The server's console shows both ids.",
        )
    })
}

fn tls(on: bool, ca_file: Option<&str>) -> Result<TlsChoice, ToolFailure> {
    match (on, ca_file) {
        (false, None) => Ok(TlsChoice::Off),
        (false, Some(_)) => {
            Err(ToolFailure::usage("-caFile has no effect without TLS.", "Add -enableTls=true, or leave out -caFile."))
        }
        (true, None) => Ok(TlsChoice::On { ca: None }),
        (true, Some(path)) => match std::fs::read(path) {
            Ok(pem) => Ok(TlsChoice::On { ca: Some(pem) }),
            Err(error) => {
                Err(ToolFailure::usage(format!("Can't read the -caFile: {error}."), format!("Path: {path}.")))
            }
        },
    }
}

/// Goes into a header of HTTP: no control characters. A missing blank glues the next flag to it: a shell does not see
/// that.
fn auth_string(text: String) -> Result<String, ToolFailure> {
    if let Some(flag) = FLAGS.iter().find(|flag| text.contains(&format!("-{}=", flag.name))) {
        return Err(ToolFailure::usage(
            format!("The value of -authString contains the flag -{}.", flag.name),
            "Put a space between the two.",
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(ToolFailure::usage(
            "The value of -authString contains a line break or another control character.",
            "Copy it again, from its first character to its last.",
        ));
    }
    Ok(text)
}

/// Whether curl may be told to send something there.
pub(super) fn web_address(url: &str) -> Result<(), ToolFailure> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    if host.is_empty()
        || host.starts_with(['/', '?', '#', '-'])
        || url.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return Err(ToolFailure::usage(
            "The address of the licensing service is not a web address.",
            "Start it with https:// or http:// and a host: -licensingUrl https://licensing.example.com.",
        ));
    }
    Ok(())
}
