//! The pages of other license daemons.

use super::*;

/// One feature with five licenses, one holder, and a line that is none.
const LMSTAT: &str = "Flexible License Manager status on Thu 1/2/2020 0:10\nLicense server status: 1@a\na: license server UP v11\nVendor daemon status (on a):\n acmed: UP v11\nFeature usage info:\nUsers of f:  (Total of 5 licenses issued;  Total of 3 licenses in use)\n    <b>ann ws-1 ws-1 (v1.0) (a/1 7), start Thu 1/2 0:05\nwhat is this\n";

fn sent(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn a_source_is_added_after_the_password_and_what_is_wrong_is_said_at_its_field() {
    let test = TestApp::claimed().await;
    let cookie = test.sign_in("administrator").await;
    let empty = text(test.get(&cookie, "/sources").await).await;
    assert!(empty.contains("No sources yet") && empty.contains("leasehold source add TAG --kind lmstat"), "{empty}");
    let good = [("tag", "eu_acme"), ("kind", "lmstat"), ("every", "60"), ("zone", "UTC")];
    let asked = test.form("/sources", &cookie, &sent(&good)).await;
    assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    let page = text(asked).await;
    assert!(page.contains("Add a source") && page.contains("value=\"eu_acme\""), "{page}");
    assert!(test.app.engine.listed_sources().await.unwrap().is_empty(), "nothing is added before the password");

    let password = ("password", PASSWORD);
    for (field, value, sentence) in [
        ("command", "lmutil\r\nlmstat", "Give the program by its absolute path"),
        ("path", "debug.log", "Give the file by its absolute path."),
        ("every", "often", "Enter a number of seconds from 10 to 86400."),
        ("zone", "Mars/Base", "is not a known time zone"),
        ("tag", "../x", "A tag has 1 to 64 letters"),
        ("kind", "abacus", "Choose what the text is."),
    ] {
        let mut pairs: Vec<_> = good.iter().copied().filter(|(name, _)| *name != field).collect();
        pairs.extend([(field, value), password]);
        let refused = test.form("/sources", &cookie, &sent(&pairs)).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let page = text(refused).await;
        assert!(page.contains(sentence) && page.contains(&format!("id=\"{field}-error\"")), "{field}: {page}");
    }
    let both = [&good[..], &[("command", "/bin/echo\r\nf"), ("path", "/tmp/x")]].concat();
    let page = text(test.form("/sources", &cookie, &sent(&both)).await).await;
    assert!(page.contains("Give a program or a file, not both."), "{page}");

    let program = [&good[..], &[("command", "/bin/echo\r\n\r\n  two words \r\n")]].concat();
    let added = test.form("/sources", &cookie, &sent(&program)).await;
    assert_eq!(added.headers()[header::LOCATION], "/sources/eu_acme");
    let source = test.app.engine.source("eu_acme").await.unwrap();
    let words = ["/bin/echo", "two words"].map(str::to_owned).to_vec();
    assert_eq!(source.input, engine::sources::SourceInput::Command(words), "a line is a word");
    assert_eq!(test.form("/sources", &cookie, &sent(&good)).await.status(), StatusCode::CONFLICT);
    let page = text(test.get(&cookie, "/sources").await).await;
    assert!(page.contains("href=\"/sources/eu_acme\"") && page.contains("Waiting"), "{page}");
}

#[tokio::test]
async fn a_pasted_text_is_read_shown_as_text_and_told_with_what_could_not_be_read() {
    let test = TestApp::claimed().await;
    let new = engine::sources::NewSource {
        tag: "eu_acme".to_owned(),
        kind: licensing::source::SourceKind::Lmstat,
        input: engine::sources::SourceInput::Pushed,
        every_s: 60,
        zone: "UTC".to_owned(),
    };
    test.app.engine.add_source(&Actor::system(), &new).await.unwrap();
    let cookie = test.sign_in("operator").await;
    let page = text(test.get(&cookie, "/sources/eu_acme").await).await;
    assert!(page.contains("No answer yet.") && page.contains("Its texts are pushed."), "{page}");
    let nothing = test.form("/sources/eu_acme/text", &cookie, "text=+").await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(nothing).await.contains("Paste the text first."));

    let read = test.form("/sources/eu_acme/text", &cookie, &sent(&[("text", &LMSTAT.replace('\n', "\r\n"))])).await;
    assert_eq!(read.headers()[header::LOCATION], "/sources/eu_acme");
    let page = text(test.get(&cookie, "/sources/eu_acme").await).await;
    for words in [
        "Read 1 feature and 1 check-out. 1 line could not be read; see below.",
        "1 feature and 1 license taken.",
        "&lt;b&gt;ann",
        "what is this",
        "3 counted in use",
        "acmed",
        "Adding and removing sources needs the role administrator.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<b>ann"), "{page}");

    let administrator = test.sign_in("administrator").await;
    let removed = test.form("/sources/eu_acme/remove", &administrator, "").await;
    assert_eq!(removed.headers()[header::LOCATION], "/sources");
    assert_eq!(test.get(&cookie, "/sources/eu_acme").await.status(), StatusCode::NOT_FOUND);
    for action in ["look", "text"] {
        let gone = test.form(&format!("/sources/eu_acme/{action}"), &cookie, "text=x").await;
        assert_eq!(gone.status(), StatusCode::NOT_FOUND, "{action}");
    }
}

#[tokio::test]
async fn looking_now_tells_what_came_of_it() {
    let test = TestApp::claimed().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no-such.lic");
    let new = engine::sources::NewSource {
        tag: "file".to_owned(),
        kind: licensing::source::SourceKind::FlexnetLicense,
        input: engine::sources::SourceInput::File(missing.display().to_string()),
        every_s: 60,
        zone: String::new(),
    };
    test.app.engine.add_source(&Actor::system(), &new).await.unwrap();
    let cookie = test.sign_in("operator").await;
    let look = async || {
        let looked = test.form("/sources/file/look", &cookie, "").await;
        assert_eq!(looked.headers()[header::LOCATION], "/sources/file");
        text(test.get(&cookie, "/sources/file").await).await
    };
    let down = look().await;
    assert!(down.contains("no-such.lic") && down.contains("The last look failed."), "{down}");
    std::fs::write(&missing, "INCREMENT f acmed 1.0 permanent 12\n").unwrap();
    let up = look().await;
    assert!(up.contains("Read 1 feature.") && up.contains(">12<") && up.contains("never"), "{up}");
    assert!(!up.contains("Who holds licenses"), "a license file tells of no use");
}
