use serde_json::{Value, json};

use super::*;
use crate::ve::request::{RequestError, VeLicenseRequest};

fn request() -> VeLicenseRequest {
    VeLicenseRequest::new(&machine(), license().guid, "licenses", 1_800_000_000_000)
}

#[test]
fn a_request_reads_back_and_its_license_is_bound_to_that_machine() {
    let read = VeLicenseRequest::parse(request().to_json().as_bytes()).unwrap();
    assert_eq!(read, request());
    assert_eq!(read.unread, [(ComponentName::ProductUuid, "permission denied".to_owned())]);
    assert_eq!(read.fingerprint(), machine().fingerprint());
    assert!(!request().to_json().contains("4c4c4544004d3510"), "the machine id stays on the machine");
}

fn changed(change: impl FnOnce(&mut Value)) -> RequestError {
    let mut value: Value = serde_json::from_str(&request().to_json()).unwrap();
    change(&mut value);
    VeLicenseRequest::parse(value.to_string().as_bytes()).unwrap_err()
}

#[test]
fn a_request_that_was_changed_is_refused() {
    assert_eq!(changed(|v| v["components"][0]["sha256"] = json!("0".repeat(64))), RequestError::Mismatch);
    assert_eq!(changed(|v| v["fingerprint"] = json!("0".repeat(64))), RequestError::Mismatch);
    assert_eq!(changed(|v| drop(v["components"].as_array_mut().unwrap().remove(0))), RequestError::Mismatch);
    assert!(changed(|v| v["components"][1]["value"] = json!("8")).to_string().contains("components[1].value"));
    assert!(changed(|v| v["components"][0]["value"] = json!("8")).to_string().contains("must not be in the file"));
    let twice = |v: &mut Value| v["components"][1] = v["components"][0].clone();
    assert!(changed(twice).to_string().contains("appears twice"));
    assert_eq!(changed(|v| v["format"] = json!("leasehold VE request 2")), RequestError::OtherVersion);
    assert_eq!(changed(|v| v["format"] = json!("x")), RequestError::NotARequest);
    assert!(changed(|v| v["server"] = json!("a\nb")).to_string().contains("server"));
    for bytes in [&b""[..], b"[]", b"\xff\xfe", b"{\"format\":1}"] {
        assert!(VeLicenseRequest::parse(bytes).unwrap_err().to_string().ends_with('.'));
    }
}

#[test]
fn a_machine_that_is_like_others_gets_no_license() {
    let cores = Component { name: ComponentName::CpuCores, reading: ComponentReading::Value("4".to_owned()) };
    let request = VeLicenseRequest::new(&MachineIdentity::new([cores]), None, "x", 0);
    assert_eq!(VeLicenseRequest::parse(request.to_json().as_bytes()), Err(RequestError::NotUnique));
}
