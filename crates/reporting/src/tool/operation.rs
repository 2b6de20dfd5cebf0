use std::collections::BTreeMap;
use std::io::Write;

use commands::output::note;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::request::{Operation, ToolRequest, web_address};
use super::response::ReceivedResponse;
use super::{ToolFailure, no_answer, print};
use crate::client::{ClientError, ReportingClient};
use crate::curl::curl_command;

/// Where reports go when neither the caller nor the server says.
const LICENSING_URL: &str = "https://licensing.lumenvox.com";
/// Linux takes no longer single argument (MAX_ARG_STRLEN, 32 pages of 4 KiB).
const LONGEST_ARGUMENT: usize = 128 * 1024;

#[derive(Serialize)]
struct Usage {
    usage_count: u64,
    usage_ms: u64,
}

pub(super) async fn perform(
    request: &ToolRequest,
    client: &ReportingClient,
    out: &mut impl Write,
) -> Result<(), ToolFailure> {
    match &request.operation {
        Operation::Report => report(request, client, out).await,
        Operation::Pull { auth_string, licensing_url } => {
            pull(request, client, auth_string, licensing_url.as_deref(), out).await
        }
        Operation::Push(answer) => push(request, client, answer, out).await,
    }
}

async fn report(request: &ToolRequest, client: &ReportingClient, out: &mut impl Write) -> Result<(), ToolFailure> {
    let report = client.usage_report(request.who, "").await.map_err(|e| no_answer(request, &e))?;
    let usage: BTreeMap<_, _> = report
        .license_usage
        .into_iter()
        .map(|(name, usage)| (name, Usage { usage_count: usage.usage_count, usage_ms: usage.usage_ms }))
        .collect();
    let json =
        serde_json::to_string(&usage).map_err(|e| ToolFailure::failed(format!("Can't show the report: {e}.")))?;
    print(out, &format!("License Usage Report: {json}\n"))
}

async fn pull(
    request: &ToolRequest,
    client: &ReportingClient,
    auth_string: &str,
    licensing_url: Option<&str>,
    out: &mut impl Write,
) -> Result<(), ToolFailure> {
    print(out, "## performing LicenseStatusReportPull to get license report to send to cloud from cluster...\n")?;
    let pulled = client.pull(request.who).await.map_err(|e| no_answer(request, &e))?;
    // curl would read a file for data that begins with “@”; a report is always an object.
    if !pulled.report.trim_start().starts_with('{') || serde_json::from_str::<IgnoredAny>(&pulled.report).is_err() {
        return Err(ToolFailure::failed(
            "The server sent something that is not a report (not a JSON object), so it is not printed.",
        ));
    }
    let url = licensing_url.or(pulled.licensing_url.as_deref()).unwrap_or(LICENSING_URL);
    web_address(url).map_err(|wrong| ToolFailure { code: 1, ..wrong })?;
    let command = curl_command(url, auth_string, &pulled.report);
    print(
        out,
        &format!("\nUse the following curl command (or similar) to report to LumenVox cloud...\n\n{command}\n"),
    )?;
    if command.len() > LONGEST_ARGUMENT {
        note("This report is too long for a command line. Save it to a file and use -d @FILE instead.");
    }
    Ok(())
}

async fn push(
    request: &ToolRequest,
    client: &ReportingClient,
    answer: &ReceivedResponse,
    out: &mut impl Write,
) -> Result<(), ToolFailure> {
    print(
        out,
        "## performing LicenseStatusReportResponsePush to send response from cloud into\n## cluster's license service...\n\n",
    )?;
    match client.push(request.who, &answer.status_id, &answer.json).await {
        Ok(()) => print(out, "License Status Push Successful\n"),
        Err(error) => {
            let mut failure = no_answer(request, &error);
            if matches!(error, ClientError::Timeout { .. }) {
                failure.hint = "Check the server's console before you push again.".to_owned();
            }
            Err(failure)
        }
    }
}
