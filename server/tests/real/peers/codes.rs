use super::{invite, join, joined, own, start};
use crate::harness::stderr;

#[test]
fn a_code_is_good_for_one_server_for_its_time_and_at_the_server_that_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    std::fs::write(&clock, "+0\n").unwrap();
    let a = start(folder.path(), "a", Some(clock.to_str().unwrap()));
    let b = start(folder.path(), "b", None);
    let c = start(folder.path(), "c", None);
    let refused = |server, other, code: &str, name: &str, exit: i32, words: &str| {
        let refused = join(server, other, code, name);
        assert_eq!(refused.status.code(), Some(exit), "{words}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(words), "{}", stderr(&refused));
        assert!(!stderr(&refused).contains(code), "a code is not repeated: {}", stderr(&refused));
    };

    let code = invite(&a);
    let mut typo = code.clone();
    typo.replace_range(0..1, if code.starts_with('7') { "8" } else { "7" });
    refused(&b, &a, &typo, "b", 2, "typing error");
    refused(&b, &c, &code, "b", 1, "is not from the server that created the code");
    refused(&a, &a, &code, "b", 2, "the server that created the code");
    refused(&b, &c, &invite(&c).replace('0', "O"), "b-2", 0, "");
    let other = join(&b, &a, &code, "b");
    assert_eq!(other.status.code(), Some(2), "{}", stderr(&other));
    assert!(stderr(&other).contains("already in an installation"), "{}", stderr(&other));

    let d = start(folder.path(), "d", None);
    assert_eq!(join(&d, &a, &code, "d").status.code(), Some(0));
    let e = start(folder.path(), "e", None);
    refused(&e, &a, &code, "e", 2, "d has already used this code");
    let late = invite(&a);
    std::fs::write(&clock, "+31m\n").unwrap();
    refused(&e, &a, &late, "e", 2, "has expired");
    std::fs::write(&clock, "+0\n").unwrap();
    joined(&e, &a, "e");
    assert_eq!(own(&e)["role"], "backup");
}

#[test]
fn nobody_answering_is_a_sentence_with_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let a = start(folder.path(), "a", None);
    let b = start(folder.path(), "b", None);
    let code = invite(&a);
    let nowhere = super::peer(&b, &["join", "--url", "http://127.0.0.1:1", "--code", &code]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(stderr(&nowhere).contains("http://127.0.0.1:1 did not respond"), "{}", stderr(&nowhere));
    assert_eq!(own(&b)["role"], "unregistered");
}
