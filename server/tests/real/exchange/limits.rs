use super::world::World;
use crate::harness::stderr;

/// A good answer that was padded on its way to so many bytes.
fn padded(answer: &str, bytes: usize) -> Vec<u8> {
    let mut padded = answer.as_bytes().to_vec();
    padded.resize(bytes, b' ');
    padded
}

#[test]
fn five_megabytes_are_refused_by_every_way_and_nothing_changes() {
    let world = World::new();
    let before = world.licenses();
    let (_, report) = world.pull();
    let answer = world.carry(&report);
    let large = padded(&answer, 5 * 1024 * 1024);
    let over_api = world.push(&large);
    assert_eq!(over_api.status, 413, "{}", over_api.body);
    assert!(over_api.body["detail"].as_str().unwrap().ends_with("Nothing was changed."), "{}", over_api.body);
    let file = world.folder.path().join("large.json");
    std::fs::write(&file, &large).unwrap();
    let by_command = world.cli(&["exchange", "push", file.to_str().unwrap()]);
    assert_eq!(by_command.status.code(), Some(2), "{}", stderr(&by_command));
    assert!(stderr(&by_command).contains("an answer has at most"), "{}", stderr(&by_command));
    std::fs::write(&file, padded(&answer, 9 * 1024 * 1024)).unwrap();
    let by_command = world.cli(&["exchange", "push", file.to_str().unwrap()]);
    assert_eq!(by_command.status.code(), Some(2), "{}", stderr(&by_command));
    assert_eq!(world.licenses(), before);
    assert_eq!(world.push(answer.as_bytes()).status, 200);
}

/// The limit of an answer is 4 MiB; three and a half are within it.
#[test]
fn an_answer_within_the_limit_is_taken_over_the_api() {
    let world = World::new();
    let (_, report) = world.pull();
    let taken = world.push(&padded(&world.carry(&report), 3_500 * 1024));
    assert_eq!(taken.status, 200, "{}", taken.body);
}

#[test]
fn an_answer_within_the_limit_is_taken_by_the_command() {
    let world = World::new();
    let (_, report) = world.pull();
    let file = world.folder.path().join("large.json");
    std::fs::write(&file, padded(&world.carry(&report), 3_500 * 1024)).unwrap();
    let taken = world.cli(&["exchange", "push", file.to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(0), "{}", stderr(&taken));
}
