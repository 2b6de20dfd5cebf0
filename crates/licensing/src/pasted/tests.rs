use std::fmt::Write as _;

use crate::{
    bundle::{Bundle, License, LicenseKind, Serial, SignedBundle},
    context::Context,
    registration_file::RegistrationFile,
    status_response::{self, StatusResponse},
    ve::{LicenseText, VeLicense, tests::license},
    vendor_key::VendorSecret,
};

fn secret() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

/// How a text may arrive: what was done to it, and its bytes.
type Arrived = (String, Vec<u8>);

/// A line in pieces of at most `width` characters: at its spaces where it has some, else anywhere.
fn at_words(line: &str, width: usize) -> Vec<String> {
    let mut rest: Vec<char> = line.chars().collect();
    let mut pieces = Vec::new();
    while rest.len() > width {
        let indent = rest.iter().take_while(|c| **c == ' ').count();
        let space = (indent..=width).rev().find(|at| rest[*at] == ' ');
        let (end, next) = space.map_or((width, width), |at| (at, at + 1));
        pieces.push(rest[..end].iter().collect());
        rest.drain(..next);
    }
    pieces.push(rest.iter().collect());
    pieces
}

fn at_columns(line: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    characters.chunks(width).map(|piece| piece.iter().collect()).collect()
}

fn quoted_printable(text: &str, line_end: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for byte in line.bytes() {
            let written = match byte {
                b'=' | 0x80.. => format!("={byte:02X}"),
                byte => char::from(byte).to_string(),
            };
            if column + written.len() > 75 {
                let _ = write!(out, "={line_end}");
                column = 0;
            }
            column += written.len();
            out.push_str(&written);
        }
        out.push_str(line_end);
    }
    out
}

fn utf16(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = mark.then_some('\u{feff}');
    mark.into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(bytes).collect()
}

/// Everything mail programs, editors and clipboards are known to do to a text.
fn arrived(text: &str) -> Vec<Arrived> {
    let lines = |each: &dyn Fn(&str) -> Vec<String>, before: &str, end: &str| -> String {
        text.lines().flat_map(each).map(|line| format!("{before}{line}{end}")).collect()
    };
    let whole = |line: &str| vec![line.to_owned()];
    let mut all = Vec::new();
    for before in ["", "> ", ">> ", "> > ", "| ", "    ", "\t", "\u{a0}"] {
        all.push((format!("each line after {before:?}"), lines(&whole, before, "\n")));
        for width in [64, 72, 76, 78, 80] {
            all.push((
                format!("words in {width}, after {before:?}"),
                lines(&|line| at_words(line, width), before, "\n"),
            ));
        }
    }
    for width in [72, 76, 80] {
        all.push((format!("columns of {width}"), lines(&|line| at_columns(line, width), "", "\r\n")));
    }
    all.push(("flowed".to_owned(), lines(&|line| at_words(line, 72), "", " \r\n")));
    all.push(("CR LF".to_owned(), lines(&whole, "", "\r\n")));
    all.push(("CR".to_owned(), lines(&whole, "", "\r")));
    all.push(("empty lines between".to_owned(), lines(&whole, "", "\n\n")));
    all.push(("no-break spaces".to_owned(), text.replace(' ', "\u{a0}")));
    all.push(("zero-width spaces".to_owned(), lines(&whole, "\u{200b}", "\u{200b}\n")));
    all.push(("byte order mark".to_owned(), format!("\u{feff}{text}")));
    for end in ["\n", "\r\n"] {
        all.push((format!("quoted-printable, {end:?}"), quoted_printable(text, end)));
    }
    let quoted: String = quoted_printable(text, "\n").lines().map(|line| format!("> {line}\n")).collect();
    all.push(("quoted-printable in an answer".to_owned(), quoted));
    let mut bytes: Vec<Arrived> = Vec::new();
    for (name, text) in all {
        let mail = format!(
            "Dear customer,\r\n\r\nhere it is.\r\n{text}\r\n-- \r\nThe vendor\r\nhttps://vendor.example/{}\r\n",
            "x".repeat(100)
        );
        bytes.push((format!("{name}, in a mail"), mail.clone().into_bytes()));
        bytes.push((format!("{name}, in a mail in UTF-16"), utf16(&mail, true, u16::to_le_bytes)));
        bytes.push((name, text.into_bytes()));
    }
    for (mark, name) in [(true, "with"), (false, "without")] {
        bytes.push((format!("UTF-16 LE {name} mark"), utf16(text, mark, u16::to_le_bytes)));
        bytes.push((format!("UTF-16 BE {name} mark"), utf16(text, mark, u16::to_be_bytes)));
    }
    bytes
}

#[test]
fn a_license_is_accepted_as_mail_programs_and_editors_leave_it() {
    let customer = "Zürich & Söhne Aktiengesellschaft für Spracherkennung und Telefonie, Zweigniederlassung Nord";
    let signed = LicenseText::sign(&secret(), &VeLicense { customer: customer.to_owned(), ..license() }).unwrap();
    let text = signed.to_text();
    for (name, bytes) in arrived(&text) {
        let read = LicenseText::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.to_text(), text, "{name}");
        assert!(read.verify(&[secret().public()]).is_ok(), "{name}");
    }
}

#[test]
fn an_altered_license_stays_refused_however_it_arrives() {
    let text = LicenseText::sign(&secret(), &license()).unwrap().to_text();
    for (name, bytes) in arrived(&text.replace("K_EXPIRED=100", "K_EXPIRED=900")) {
        let read = LicenseText::parse(&bytes);
        assert!(read.is_err() || read.is_ok_and(|read| read.verify(&[secret().public()]).is_err()), "{name}");
    }
}

#[test]
fn a_registration_file_is_accepted_as_mail_programs_and_editors_leave_it() {
    let file = RegistrationFile {
        guid: "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".parse().unwrap(),
        auth_string: "aB3-secret".parse().unwrap(),
        context: Some(Context::Production),
        deployment_id: None,
        operator_id: None,
        customer: Some("Zürich & Söhne".to_owned()),
        nodes: vec!["node-1.example".to_owned(), "node-2.example:8080".to_owned()],
        nodes_https: Vec::new(),
        vendor_keys: vec![secret().public()],
    };
    for (name, bytes) in arrived(&file.to_json()) {
        assert_eq!(RegistrationFile::parse(&bytes), Ok(file.clone()), "{name}");
    }
}

#[test]
fn a_response_is_accepted_as_mail_programs_and_editors_leave_it() {
    let guid = "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".to_owned();
    let license = License {
        id: "L-1".to_owned(),
        product: "TTS3".parse().unwrap(),
        kind: LicenseKind::Concurrent,
        count: 50,
        context: Context::Production,
        hours: None,
        expires: Some(1_800_000_000_000),
        maintenance_expires: None,
        version: Some("2.1".to_owned()),
    };
    let bundle = Bundle {
        guid: guid.parse().unwrap(),
        context: Context::Production,
        serial: Serial(3),
        issued: 1_795_308_102_000,
        customer: "ACME".to_owned(),
        contact_limit_days: 60,
        deployments: vec![guid.clone()],
        licenses: vec![license],
    };
    let response = StatusResponse {
        error: false,
        message: "Success".to_owned(),
        valid_license_guids: vec![guid],
        license_status_id: "6f1c0a52-fc38-43a5-a10c-0e7dfd45da47".parse().ok(),
        node_time: 1_795_308_102_000,
        report_sha256: Some("0".repeat(64)),
        bundle: Some(SignedBundle::sign(&secret(), &bundle)),
        notices: Vec::new(),
        monitor_license: None,
    };
    let text = response.signed_text(&secret());
    for (name, bytes) in arrived(&text) {
        let read = status_response::read(&bytes, &[secret().public()]);
        assert_eq!(read.map(|read| read.into_response()), Ok(response.clone()), "{name}");
    }
}
