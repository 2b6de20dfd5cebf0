use licensing::{
    sealed::{SealedAnswer, SealedPlain, open_request, seal_request},
    status_report::StatusReport,
};

use crate::samples::{REPORT, response, secret, take};

/// The whole way over plain HTTP, without the HTTP.
#[test]
fn a_report_and_its_answer_pass_sealed() {
    let plain = SealedPlain { auth_string: "auth-7f3b19".to_owned(), report: REPORT.to_owned() };
    let (sent, opener) = seal_request(&secret().public(), &plain.to_bytes(), [3; 32]);

    let (opened, replier) = open_request(&secret(), &sent).unwrap();
    let received = SealedPlain::parse(&opened).unwrap();
    assert_eq!(received, plain);
    let report = StatusReport::parse(received.report.as_bytes()).unwrap();
    let answer = SealedAnswer { status: 200, body: response().signed_text(&secret()) };
    let reply = replier.seal(&answer.to_bytes(), [4; 16]);

    let answer = SealedAnswer::parse(&opener.open(&reply).unwrap()).unwrap();
    assert_eq!(answer.status, 200);
    let accepted = take(answer.body.as_bytes()).unwrap();
    assert_eq!(accepted.response.license_status_id, Some(report.status_id));
    for word in ["auth-7f3b19", "cluster_guid", "license-bundle", "TTS3"] {
        for bytes in [&sent, &reply] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
}
