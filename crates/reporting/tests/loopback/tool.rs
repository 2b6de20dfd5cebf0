//! `license-reporter-tool`: its three outputs, its exit codes, what it never prints.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::standin::{DEPLOYMENT, OPERATOR, REPORT, RunningStandin, STATUS_ID, Standin, start};

const AUTH: &str = "s3cret-\"auth\"";

/// Runs the program in a thread of its own, for the server lives in this one.
async fn run(arguments: &[&str], input: &'static str) -> (i32, String, String) {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let output: Output = tokio::task::spawn_blocking(move || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_license-reporter-tool"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

async fn ask(server: &RunningStandin, operation: &str, more: &[&str]) -> (i32, String, String) {
    let uri = format!("-reportingApiUri={}", server.address);
    let mut arguments = vec!["-operation", operation, "-deploymentId", DEPLOYMENT, "--operatorId", OPERATOR, &uri];
    arguments.extend(more);
    run(&arguments, "").await
}

#[tokio::test]
async fn report_prints_the_usage_sorted_by_name_on_one_line() {
    let server = start(Standin::registered()).await;
    let (code, out, err) = ask(&server, "report", &[]).await;
    let expected = format!(
        "License Usage Report: {{\"ASR_ENUS\":{{\"usage_count\":1,\"usage_ms\":{}}},\
         \"SESSION_USAGE\":{{\"usage_count\":4,\"usage_ms\":615524}},\"VAD\":{{\"usage_count\":2,\"usage_ms\":66900}}}}\n",
        u64::MAX
    );
    assert_eq!((code, out, err), (0, expected, String::new()));
}

#[tokio::test]
async fn cluster_pull_prints_a_curl_command_with_the_report_as_it_was_given() {
    let server = start(Standin::registered()).await;
    let (code, out, err) = ask(&server, "cluster-pull", &["-authString", AUTH]).await;
    let command = reporting::curl::curl_command("https://licensing.lumenvox.com", AUTH, REPORT);
    let expected = format!(
        "## performing LicenseStatusReportPull to get license report to send to cloud from cluster...\n\n\
         Use the following curl command (or similar) to report to LumenVox cloud...\n\n{command}\n"
    );
    assert_eq!((code, out, err), (0, expected, String::new()));
}

#[tokio::test]
async fn the_report_goes_where_the_caller_says_else_where_the_server_says() {
    let named = "https://node.example:8443/";
    let server = start(Standin { licensing_url: Some(named.into()), ..Standin::registered() }).await;
    let (_, out, _) = ask(&server, "cluster-pull", &["-authString", "x"]).await;
    assert!(out.contains("\ncurl https://node.example:8443/ -H "), "{out}");
    let (_, out, _) =
        ask(&server, "cluster-pull", &["-authString", "x", "-licensingUrl", "http://127.0.0.1:4711"]).await;
    assert!(out.contains("\ncurl http://127.0.0.1:4711 -H "), "{out}");
    for url in ["-o/etc/passwd", "https://", "ftp://x", "https://a b"] {
        let server = start(Standin { licensing_url: Some(url.into()), ..Standin::registered() }).await;
        let (code, out, _) = ask(&server, "cluster-pull", &["-authString", "x"]).await;
        assert!(code == 1 && !out.contains("curl "), "{url}: {code} {out}");
    }
}

#[tokio::test]
async fn nothing_that_is_no_report_gets_into_a_curl_command() {
    for report in ["@/etc/passwd", "", "[]", "{", "\"x\""] {
        let server = start(Standin { report: Some(report.into()), ..Standin::registered() }).await;
        let (code, out, err) = ask(&server, "cluster-pull", &["-authString", "x"]).await;
        assert!(code == 1 && !out.contains("curl ") && err.contains("not a report"), "{report}: {out} {err}");
    }
}

#[tokio::test]
async fn cluster_push_says_successful_only_when_the_server_accepted() {
    let server = start(Standin::registered()).await;
    let header = "## performing LicenseStatusReportResponsePush to send response from cloud into\n\
                  ## cluster's license service...\n\n";
    let good = format!("{{\"error\":false, \"license-status-id\":\"{STATUS_ID}\"}}\n");
    let (code, out, err) = ask(&server, "cluster-push", &["-responseJson", &good]).await;
    assert_eq!((code, out, err), (0, format!("{header}License Status Push Successful\n"), String::new()));
    assert_eq!(server.source.pushed.lock().unwrap()[0].1, good, "passed on byte for byte");
    for (word, sentence) in crate::standin::REFUSALS {
        let bad = format!("{{\"license-status-id\":\"{STATUS_ID}\",\"x\":\"{word}\"}}");
        let (code, out, err) = ask(&server, "cluster-push", &["-responseJson", &bad]).await;
        assert_eq!((code, out.as_str()), (1, header));
        assert_eq!(err, format!("The server refused: {sentence}\n"));
    }
    for bad in ["hello", "{}"] {
        let (code, out, err) = ask(&server, "cluster-push", &["-responseJson", bad]).await;
        assert!(code == 2 && out.is_empty() && err.contains("Nothing was sent."), "{bad}: {err}");
    }
    assert_eq!(server.source.pushed.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_response_is_read_out_of_a_file_or_from_standard_input() {
    let server = start(Standin::registered()).await;
    let uri = format!("-reportingApiUri={}", server.address);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{\"license-status-id\":\"a\"}").unwrap();
    let path = file.path().display().to_string();
    let (code, _, err) = ask(&server, "cluster-push", &["-responseFile", &path]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let arguments =
        ["-operation=cluster-push", "-deploymentId", DEPLOYMENT, "-operatorId", OPERATOR, "-responseFile=-", &uri];
    let (code, _, err) = run(&arguments, "{\"license-status-id\":\"b\"}").await;
    assert_eq!((code, err.as_str()), (0, ""));
    let ids: Vec<String> = server.source.pushed.lock().unwrap().iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(ids, ["{\"license-status-id\":\"a\"}", "{\"license-status-id\":\"b\"}"]);
}

#[tokio::test]
async fn tls_is_used_when_it_is_turned_on_and_the_certificate_is_checked() {
    let server = start(Standin::registered()).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &server.certificate).unwrap();
    let path = file.path().display().to_string();
    let uri = format!("-reportingApiUri=localhost:{}", server.address.port());
    let base = ["-operation", "report", "-deploymentId", DEPLOYMENT, "-operatorId", OPERATOR, &uri, "-enableTls=true"];
    let (code, out, err) = run(&[&base[..], &["-caFile", &path]].concat(), "").await;
    assert!(code == 0 && out.starts_with("License Usage Report: {"), "{err}");
    let (code, out, err) = run(&base, "").await;
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("-caFile") || err.contains("ca-certificates"), "{err}");
}

#[tokio::test]
async fn wrong_usage_ends_with_2_and_names_everything_that_is_missing() {
    let (code, out, err) = run(&[], "").await;
    assert_eq!((code, err.as_str()), (0, ""));
    for flag in ["reportingApiUri", "deploymentId", "operatorId", "authString", "responseJson", "operation"] {
        assert!(out.contains(&format!("-{flag} ")), "{flag}");
    }
    let cases: [(&[&str], &str); 9] = [
        (
            &["-operation", "cluster-pull"],
            "The flags -deploymentId, -operatorId and -authString are missing for cluster-pull.",
        ),
        (&["-operation", "report", "-deploymentId", DEPLOYMENT], "The flag -operatorId is missing for report."),
        (&["-deploymentId", DEPLOYMENT, "-operatorId", OPERATOR], "The flag -operation is missing."),
        (&["-operation", "dance"], "Unknown operation."),
        (
            &["-operation", "report", "-deploymentId", "x", "-operatorId", OPERATOR],
            "The value of -deploymentId is not a UUID.",
        ),
        (
            &[
                "-operation",
                "report",
                "-deploymentId",
                DEPLOYMENT,
                "-operatorId",
                OPERATOR,
                "-reportingApiUri=http://x:1",
            ],
            "Invalid -reportingApiUri.",
        ),
        (
            &["-operation", "report", "-deploymentId", DEPLOYMENT, "-operatorId", OPERATOR, "-caFile", "x"],
            "-caFile has no effect without TLS.",
        ),
        (
            &[
                "-operation",
                "cluster-pull",
                "-deploymentId",
                DEPLOYMENT,
                "-operatorId",
                OPERATOR,
                "-authString",
                "s3cret-enableTls=true",
            ],
            "contains the flag -enableTls",
        ),
        (
            &["-operation", "cluster-push", "-deploymentId", DEPLOYMENT, "-operatorId", OPERATOR],
            "The flag -responseJson (or -responseFile) is missing",
        ),
    ];
    for (arguments, words) in cases {
        let (code, out, err) = run(arguments, "").await;
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(words) && !err.contains("s3cret"), "{arguments:?}: {err}");
        assert!(err.lines().count() == 2, "a sentence, then what to do: {err}");
    }
}

#[tokio::test]
async fn an_api_that_does_not_answer_is_3_and_a_no_is_1() {
    let server = start(Standin::registered()).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let uri = format!("-reportingApiUri={free}");
    let (code, out, err) = ask(&server, "cluster-pull", &["-authString", AUTH, &uri]).await;
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(
        err.contains(&free.to_string()) && err.contains("nothing is listening") && !err.contains("s3cret"),
        "{err}"
    );
    let other = ["-deploymentId", "11111111-2222-3333-4444-555555555555"];
    let (code, _, err) = ask(&server, "report", &other).await;
    assert!(code == 1 && err.contains("Check -deploymentId."), "{err}");
    let unregistered = start(Standin::default()).await;
    let (code, out, err) = ask(&unregistered, "cluster-pull", &["-authString", AUTH]).await;
    assert!(code == 1 && !out.contains("curl ") && err.contains("not registered") && !err.contains("s3cret"), "{err}");
}
