use super::world::ExchangePair;
use crate::harness::stderr;

/// A good answer that was padded on its way to so many bytes.
fn padded(answer: &str, bytes: usize) -> Vec<u8> {
    let mut padded = answer.as_bytes().to_vec();
    padded.resize(bytes, b' ');
    padded
}

#[test]
fn five_megabytes_are_refused_by_the_api_and_the_caller_hears_of_it_every_time() {
    let world = ExchangePair::new();
    let before = world.licenses();
    let (_, report) = world.pull();
    let answer = world.carry(&report);
    let large = padded(&answer, 5 * 1024 * 1024);
    for round in 0..40 {
        let refused = world.push(&large);
        // 0: the connection was closed on what was still being sent, and the answer with it.
        assert_eq!(refused.status, 413, "round {round}: {}", refused.body);
        assert!(refused.body["detail"].as_str().unwrap().ends_with("Nothing was changed."), "{}", refused.body);
    }
    assert_eq!(world.licenses(), before);
    assert_eq!(world.push(answer.as_bytes()).status, 200);
}

#[rstest::rstest]
#[case(4 * 1024 * 1024 + 1)]
#[case(5 * 1024 * 1024)]
#[case(9 * 1024 * 1024)]
fn a_file_beyond_the_limit_is_refused_by_the_command_and_nothing_changes(#[case] bytes: usize) {
    let world = ExchangePair::new();
    let before = world.licenses();
    let (_, report) = world.pull();
    let answer = world.carry(&report);
    let file = world.folder.path().join("large.json");
    std::fs::write(&file, padded(&answer, bytes)).unwrap();
    let refused = world.cli(&["exchange", "push", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    let said = stderr(&refused);
    assert!(said.contains("too large") || said.contains("Too large") || said.contains("is larger than"), "{said}");
    assert_eq!(world.licenses(), before);
    assert_eq!(world.push(answer.as_bytes()).status, 200);
}

/// The limit of an answer is 4 MiB; three and a half are within it.
#[test]
fn an_answer_within_the_limit_is_taken_over_the_api() {
    let world = ExchangePair::new();
    let (_, report) = world.pull();
    let taken = world.push(&padded(&world.carry(&report), 3_500 * 1024));
    assert_eq!(taken.status, 200, "{}", taken.body);
}

#[test]
fn an_answer_within_the_limit_is_taken_by_the_command() {
    let world = ExchangePair::new();
    let (_, report) = world.pull();
    let file = world.folder.path().join("large.json");
    std::fs::write(&file, padded(&world.carry(&report), 3_500 * 1024)).unwrap();
    let taken = world.cli(&["exchange", "push", file.to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(0), "{}", stderr(&taken));
}
