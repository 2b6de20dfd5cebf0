//! What `license-reporter-tool` does: report, pull, push. Data goes to stdout; an error is a sentence on
//! stderr, then what to do. The auth string is printed in the curl command and nowhere else.

mod flags;
mod operation;
mod request;
mod response;
mod usage;

use std::ffi::OsString;
use std::fmt;
use std::io::Write;

use crate::client::{ClientError, ReportingClient};
use request::ToolRequest;

/// How the tool ends when it did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolFailure {
    /// 1 refused or failed · 2 usage, or input refused · 3 the API does not answer.
    pub code: u8,
    /// What is wrong.
    pub sentence: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl ToolFailure {
    fn usage(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: 2, sentence: sentence.into(), hint: hint.into() }
    }

    fn failed(sentence: impl Into<String>) -> Self {
        Self { code: 1, sentence: sentence.into(), hint: String::new() }
    }
}

impl fmt::Display for ToolFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\n{}", self.hint) }
    }
}

/// Carries out a command line (without the program's name).
///
/// # Errors
/// [`ToolFailure`].
pub async fn run(arguments: impl Iterator<Item = OsString>, out: &mut impl Write) -> Result<(), ToolFailure> {
    let given = flags::parse(arguments)?;
    if given.help {
        return print(out, &usage::text());
    }
    let request = ToolRequest::of(given)?;
    let client = ReportingClient::connect(request.address.clone(), request.tls.clone())
        .await
        .map_err(|e| no_answer(&request, &e))?;
    operation::perform(&request, &client, out).await
}

/// Reads a command line and carries nothing out. Files that it names are read.
///
/// # Errors
/// [`ToolFailure`]: what [`run`] would refuse.
pub fn check(arguments: impl Iterator<Item = OsString>) -> Result<(), ToolFailure> {
    let given = flags::parse(arguments)?;
    if given.help { Ok(()) } else { ToolRequest::of(given).map(drop) }
}

fn print(out: &mut impl Write, text: &str) -> Result<(), ToolFailure> {
    // A reader that went away has seen enough.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(ToolFailure::failed(format!("Can't write the output: {error}.")))
        }
        _ => Ok(()),
    }
}

/// An error of the API with its exit code and a hint.
fn no_answer(request: &ToolRequest, error: &ClientError) -> ToolFailure {
    use crate::client::ConnectStage;
    let hint = match error {
        ClientError::Unreachable { stage: ConnectStage::Tls, reason, .. } if reason.contains("issuer") => {
            "Give the file with its certificate or authority: -caFile FILE."
        }
        ClientError::Unreachable { stage: ConnectStage::Tls, reason, .. } if reason.contains("use TLS") => {
            "If it uses cleartext, leave out -enableTls."
        }
        ClientError::Unreachable { stage: ConnectStage::Tls, .. } => "",
        ClientError::Broken { .. } if !request.tls_on() => {
            "If it uses TLS, add -enableTls=true. Check -reportingApiUri."
        }
        ClientError::Unreachable { .. } | ClientError::Broken { .. } | ClientError::NotOffered { .. } => {
            "Check -reportingApiUri, and that the server is running with its reporting API on."
        }
        ClientError::NotFound { .. } => "Check -deploymentId.",
        ClientError::Authorities(_) if request.tls_on() => "Check -caFile.",
        _ => "",
    };
    ToolFailure { code: if error.answered() { 1 } else { 3 }, sentence: error.to_string(), hint: hint.to_owned() }
}
