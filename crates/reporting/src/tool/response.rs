use std::io::Read;

use licensing::pasted::{decode, json_text};
use serde_json::Value;

use super::ToolFailure;
use crate::listen::Limits;

/// A response as it was received, and the id of the report it answers.
pub(super) struct ReceivedResponse {
    pub status_id: String,
    pub json: String,
}

/// What a message has besides the response.
const ROOM: usize = 1024;

/// Takes the response from the command line, a file or standard input.
pub(super) fn read(json: Option<String>, file: Option<String>) -> Result<ReceivedResponse, ToolFailure> {
    match (json, file) {
        (Some(_), Some(_)) => {
            Err(ToolFailure::usage("-responseJson and -responseFile were both given.", "Leave one out."))
        }
        (Some(json), None) => check(json),
        (None, file) => {
            let path = file.unwrap_or_default();
            let what = if path == "-" { "standard input".to_owned() } else { format!("the file {path}") };
            let bytes = bytes(&path)
                .map_err(|error| ToolFailure::usage(format!("Can't read {what}: {error}."), "Nothing was sent."))?;
            let json = decode(&bytes).map_err(|_| {
                ToolFailure::usage(format!("Not text: {what}."), "Save the response as UTF-8. Nothing was sent.")
            })?;
            check(json)
        }
    }
}

fn limit() -> usize {
    Limits::default().message - ROOM
}

fn bytes(path: &str) -> std::io::Result<Vec<u8>> {
    // One byte more than is allowed: then it is seen to be too large.
    let most = limit() as u64 + 1;
    let mut bytes = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn check(json: String) -> Result<ReceivedResponse, ToolFailure> {
    let refused = |sentence: String, hint: &str| Err(ToolFailure::usage(sentence, format!("{hint} Nothing was sent.")));
    if json.len() > limit() {
        return refused("The response is larger than 4 MiB.".into(), "Is it the right file?");
    }
    let (value, json) = match json_text(&json) {
        Ok((value, text)) => (value, text.into_owned()),
        Err(_) if json.trim_start().starts_with('<') => {
            return refused(
                "The response is a web page, not JSON.".into(),
                "A proxy or login page answered instead of the licensing service.",
            );
        }
        Err(error) if error.is_eof() => {
            return refused("The response is cut off or empty.".into(), "Copy all of it, up to the last }.");
        }
        Err(error) => {
            return refused(
                format!("The response is not JSON (line {}, column {}).", error.line(), error.column()),
                "On a command line, put it in single quotes: -responseJson '{…}'; or use -responseFile.",
            );
        }
    };
    match value.get("license-status-id").and_then(Value::as_str).map(str::trim) {
        Some(id) if !id.is_empty() => Ok(ReceivedResponse { status_id: id.to_owned(), json }),
        _ => {
            if value.get("error") == Some(&Value::Bool(true)) {
                let reason = value.get("response-message").and_then(Value::as_str).unwrap_or("no reason given");
                let reason: String = reason.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect();
                return refused(
                    format!("The licensing service refused the report: “{reason}”."),
                    "Its answer has no license-status-id, so there is nothing to push.",
                );
            }
            refused(
                "The response has no license-status-id, so it is not from the licensing service.".into(),
                "Use the output of curl unchanged.",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"license-status-id":"x", "error":false}"#;

    #[test]
    fn a_response_is_passed_on_as_it_is() {
        let answer = read(Some(JSON.to_owned()), None).ok().unwrap();
        assert_eq!((answer.status_id.as_str(), answer.json.as_str()), ("x", JSON));
        let file = tempfile::NamedTempFile::new().unwrap();
        let utf16: Vec<u8> = JSON.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = JSON.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            JSON.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", JSON.as_bytes()].concat(),
            [b"\xFF\xFE", &utf16[..]].concat(),
            [b"\xFE\xFF", &be[..]].concat(),
        ] {
            std::fs::write(file.path(), &bytes).unwrap();
            let path = file.path().display().to_string();
            assert_eq!(read(None, Some(path)).ok().unwrap().json, JSON, "{bytes:?}");
        }
    }

    #[test]
    fn a_response_in_a_mail_is_found() {
        let mailed = "Hello,\n\n> {\"license-status-id\":\n> \"x\", \"error\":false}\n\n-- \nYour vendor\n";
        let found = read(Some(mailed.to_owned()), None).ok().unwrap();
        assert_eq!(found.status_id, "x");
        assert_eq!(found.json, r#"{"error":false,"license-status-id":"x"}"#, "what stands around it is left out");
    }

    #[test]
    fn what_is_no_response_is_refused_with_its_own_sentence() {
        let cases = [
            ("", "cut off or empty"),
            ("{\"license-status-id\":\"x\"", "cut off or empty"),
            ("{license-status-id:x}", "not JSON (line 1, column 2)"),
            ("<html>", "a web page"),
            ("{}", "no license-status-id"),
            ("[]", "no license-status-id"),
            (r#"{"license-status-id":7}"#, "no license-status-id"),
            (r#"{"license-status-id":" "}"#, "no license-status-id"),
            (r#"{"error":true,"response-message":"unknown\n customer"}"#, "“unknown  customer”"),
        ];
        for (json, words) in cases {
            let failure = read(Some(json.to_owned()), None).err().unwrap();
            assert_eq!(failure.code, 2, "{json}");
            assert!(failure.sentence.contains(words), "{json}: {}", failure.sentence);
            assert!(failure.hint.ends_with("Nothing was sent."), "{json}");
        }
        let large = format!("{{\"license-status-id\":\"{}\"}}", "x".repeat(limit()));
        assert!(read(Some(large), None).err().unwrap().sentence.contains("larger than"));
        assert!(read(Some(JSON.into()), Some("-".into())).err().unwrap().sentence.contains("both"));
        assert!(read(None, Some("/nonexistent/file".into())).err().unwrap().sentence.contains("Can't read"));
    }
}
