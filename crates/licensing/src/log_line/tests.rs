use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case(
    "2020-06-29 18:08:25 ERROR VE       Failed to connect with the license server!",
    LogLevel::Error,
    "VE",
    "Failed to connect with the license server!"
)]
#[case(
    "2020-06-29 18:08:25 INFO  VE     Trying to login to license server: 127.0.0.1",
    LogLevel::Info,
    "VE",
    "Trying to login to license server: 127.0.0.1"
)]
#[case(
    "2020-06-29 18:08:43 WARN  VE     Charon will be terminated within 2 hours!",
    LogLevel::Warn,
    "VE",
    "Charon will be terminated within 2 hours!"
)]
#[case(
    "2020-01-16 11:24:38 WARN  VE  Failed to get data from license server!",
    LogLevel::Warn,
    "VE",
    "Failed to get data from license server!"
)]
#[case(
    "2021-08-10 17:03:42 FATAL VE       License server is unavailable!",
    LogLevel::Fatal,
    "VE",
    "License server is unavailable!"
)]
#[case(
    "2021-08-10 17:16:41 ERROR VE License protocol version is invalid.\r",
    LogLevel::Error,
    "VE",
    "License protocol version is invalid."
)]
#[case("2021-08-10 17:16:41 INFO Ready to serve", LogLevel::Info, "", "Ready to serve")]
#[case("2021-08-10 17:16:41 INFO  EXCHANGE", LogLevel::Info, "EXCHANGE", "")]
fn lines_of_the_vendor_are_read(
    #[case] line: &str,
    #[case] level: LogLevel,
    #[case] component: &str,
    #[case] message: &str,
) {
    assert_eq!(LogLine::parse(line), Some(LogLine { stamp: &line[..STAMP], level, component, message }));
}

#[rstest]
#[case("")]
#[case("2020-06-29 18:08:25")]
#[case("2020-06-29 18:08:25ERROR VE x")]
#[case("2020-06-29 18:08:25 LOUD  VE x")]
#[case("2020-13-29 18:08:25 ERROR VE x")]
#[case("2020-06-29 24:08:25 ERROR VE x")]
#[case("2020-06-2ü 18:08:25 ERROR VE x")]
#[case("{\"level\":\"WARN\"}")]
#[case("[1636549131] [error] [client ] cannot bind to 80: 98 (Address already in use)")]
fn other_lines_are_not(#[case] line: &str) {
    assert_eq!(LogLine::parse(line), None);
}

#[test]
fn a_line_is_written_as_the_vendor_writes_it() {
    let line = LogLine {
        stamp: "2020-06-29 18:08:25",
        level: LogLevel::Error,
        component: "VE",
        message: "Failed to connect with the license server!",
    };
    assert_eq!(line.write(), "2020-06-29 18:08:25 ERROR VE       Failed to connect with the license server!");
    let line = LogLine { level: LogLevel::Info, component: "EXCHANGE", message: "a\nb\u{1b}[31mc\u{202e}d\te", ..line };
    assert_eq!(line.write(), "2020-06-29 18:08:25 INFO  EXCHANGE a\\nb\\u{1b}[31mc\\u{202e}d\\te");
}

#[test]
fn levels_are_ordered_and_read_in_any_case() {
    assert!(LogLevel::ALL.is_sorted());
    for level in LogLevel::ALL {
        assert_eq!(level.as_str().to_lowercase().parse(), Ok(level));
    }
    assert_eq!("Warning".parse(), Ok(LogLevel::Warn));
    assert_eq!("loud".parse::<LogLevel>(), Err(LevelError));
}

proptest! {
    #[test]
    fn what_is_written_is_one_line_and_reads_back(component in "[A-Z][A-Z0-9]{0,9}", level in 0_usize..6, message in "\\PC{0,60}") {
        let line = LogLine { stamp: "2026-11-22 07:24:16", level: LogLevel::ALL[level], component: &component, message: message.trim_start() };
        let text = line.write();
        let back = LogLine::parse(&text).expect("our own line");
        prop_assert_eq!((back.level, back.component), (line.level, line.component));
        let expected = visible(line.message);
        prop_assert_eq!(back.message.trim(), expected.trim());
    }

    #[test]
    fn no_text_breaks_a_line_or_the_reader(text in any::<String>()) {
        prop_assert!(visible(&text).chars().all(|c| !c.is_control()));
        let _ = LogLine::parse(&text);
        let _ = without_secrets(&text);
        let _ = Redactor::new([(RedactedKind::User, text.clone())]).redact(&text);
    }
}

#[rstest]
#[case("made lhk_AbC123 for it", "made lhk_[hidden] for it")]
#[case("login to VE://10.1.1.1:8083/1111-2222-3333-4444 failed", "login to VE://10.1.1.1:8083/[hidden] failed")]
#[case("ve://h/pass word", "ve://h/[hidden] word")]
#[case("password=hunter2 who=ann", "password=[hidden] who=ann")]
#[case("x password=\"two words\" y", "x password=\"[hidden]\" y")]
#[case("{\"auth_string\":\"abc\",\"b\":1}", "{\"auth_string\":\"[hidden]\",\"b\":1}")]
#[case("{\\\"auth_string\\\":\\\"abc\\\",\\\"b\\\":1}", "{\\\"auth_string\\\":\\\"[hidden]\\\",\\\"b\\\":1}")]
#[case("x-auth-string: abc def", "x-auth-string: [hidden] def")]
#[case("Authorization: Bearer abcdef end", "Authorization: [hidden] end")]
#[case("sent Bearer abcdefgh end", "sent Bearer [hidden] end")]
#[case("-authString abc -operation x", "-authString [hidden] -operation x")]
#[case("GET /setup?token=abc&x=1", "GET /setup?token=[hidden]&x=1")]
#[case("via http://bob:pw@proxy:3128/", "via http://bob:[hidden]@proxy:3128/")]
#[case("-----BEGIN PRIVATE KEY-----\\nMIIE", "-----BEGIN[hidden]")]
#[case("the token was withdrawn; basic steps", "the token was withdrawn; basic steps")]
#[case("author=ann tokens: 5", "author=ann tokens: 5")]
fn secrets_are_hidden_and_the_rest_stays(#[case] text: &str, #[case] safe: &str) {
    assert_eq!(without_secrets(text), safe);
    assert_eq!(without_secrets(safe), safe, "hiding twice changes nothing");
}

#[test]
fn a_redacted_log_tells_neither_who_nor_where_and_the_same_one_is_called_the_same() {
    let mut redactor = Redactor::new([
        (RedactedKind::Host, "lic-01".to_owned()),
        (RedactedKind::Host, "Speech platform".to_owned()),
        (RedactedKind::User, "Ann".to_owned()),
    ]);
    let cases = [
        ("node flexlicense1.lumenvox.com:80 and 10.1.4.9:51000", "node host-1:80 and address-1:51000"),
        ("again flexlicense1.lumenvox.com.", "again host-1."),
        ("fd00::7 and [fd00::7]:443 and 10.1.4.9", "address-2 and [address-2]:443 and address-1"),
        ("ann signed in, Ann (administrator) from lic-01", "user-1 signed in, user-1 (administrator) from host-2"),
        ("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E} is df9960a1-7bd5-633b-f0f4-b1470bbd0b8e", "{guid-1} is guid-1"),
        ("request=0198f2c47b1d7f2ea3 who=bob host=\"vm 7\"", "request=id-1 who=user-2 host=\"host-3\""),
        ("Found available license ID: 01.00000001.002.045.", "Found available license ID: id-2."),
        ("Speech platform fell silent; Speech platforms did not", "host-4 fell silent; Speech platforms did not"),
        ("mail to eve@example.com from /home/eve/x", "mail to user-3@host-5 from /home/user-3/x"),
        (
            "data=/var/lib/leasehold/license.log conf=license_server.conf",
            "data=/var/lib/leasehold/license.log conf=license_server.conf",
        ),
        (
            "2026-11-22 07:24:16 WARN  EXCHANGE 1.5 s; version 16.0.200 at 127.0.0.1:8084",
            "2026-11-22 07:24:16 WARN  EXCHANGE 1.5 s; version 16.0.200 at 127.0.0.1:8084",
        ),
        ("password=hunter2 audit.seq=4", "password=[hidden] audit.seq=4"),
    ];
    for (line, safe) in cases {
        assert_eq!(redactor.redact(line), safe);
    }
}
