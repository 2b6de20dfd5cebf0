//! Files and texts that people carry.

use licensing::{
    monitor::SignedMonitorDocument,
    registration_file::RegistrationFile,
    status_report::StatusReport,
    status_response,
    ve::{LicenseText, request::VeLicenseRequest, viewer},
};

use crate::{is_a_sentence, seeds::vendor};

pub(crate) fn license_text(bytes: &[u8]) {
    match LicenseText::parse(bytes) {
        Err(error) => is_a_sentence(&error),
        Ok(text) => {
            let again = LicenseText::parse(text.to_text().as_bytes()).expect("a license reads back");
            assert_eq!((&again.license, again.to_text()), (&text.license, text.to_text()));
            assert!(viewer(&text.license).ends_with('\n'));
            if let Err(error) = text.verify(&[vendor().public()]) {
                is_a_sentence(&error);
            }
        }
    }
}

pub(crate) fn registration_file(bytes: &[u8]) {
    match RegistrationFile::parse(bytes) {
        Err(error) => is_a_sentence(&error),
        Ok(file) => assert_eq!(RegistrationFile::parse(file.to_json().as_bytes()), Ok(file)),
    }
}

pub(crate) fn license_request(bytes: &[u8]) {
    match VeLicenseRequest::parse(bytes) {
        Err(error) => is_a_sentence(&error),
        Ok(request) => assert_eq!(VeLicenseRequest::parse(request.to_json().as_bytes()), Ok(request)),
    }
}

pub(crate) fn monitor_license(bytes: &[u8]) {
    let read = |text: &str| SignedMonitorDocument::parse(text).and_then(|signed| signed.verify(&[vendor().public()]));
    match read(&String::from_utf8_lossy(bytes)) {
        Err(error) => is_a_sentence(&error),
        Ok(document) => {
            let again = SignedMonitorDocument::sign(&vendor(), &document);
            let text = serde_json::to_string(&again).expect("a document is made of JSON values only");
            assert_eq!(read(&text), Ok(document));
        }
    }
}

pub(crate) fn status_report(bytes: &[u8]) {
    match StatusReport::parse(bytes) {
        Err(error) => is_a_sentence(&error),
        Ok(report) => assert_eq!(StatusReport::parse(report.to_json().as_bytes()), Ok(report)),
    }
}

pub(crate) fn status_response(bytes: &[u8]) {
    let keys = [vendor().public()];
    match status_response::read(bytes, &keys) {
        Err(refusal) => is_a_sentence(&refusal),
        Ok(signed) => {
            let response = signed.into_response();
            let again = status_response::read(response.signed_text(&vendor()).as_bytes(), &keys);
            assert_eq!(again.map(|signed| signed.into_response()), Ok(response), "what was signed reads back");
        }
    }
}
