use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use licensing::log_line::{LogLevel, Redactor};
use proptest::prelude::*;
use rstest::rstest;

use super::backward::Backward;
use super::*;

struct World {
    folder: tempfile::TempDir,
    logs: Logs,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::default();
        logs.configure(Some(folder.path().join("license.log")));
        Self { folder, logs }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn messages(&self, query: &LogQuery) -> Vec<String> {
        said(&self.logs.page(query, None, 100).unwrap().items)
    }
}

fn said(items: &[LogItem]) -> Vec<String> {
    items.iter().map(|item| item.parts.as_ref().map_or(item.line.clone(), |parts| parts.message.clone())).collect()
}

/// Three files; the line of number N is said at minute N.
fn three() -> World {
    let world = World::new();
    for (name, numbers) in [("license.log.2", 0..4), ("license.log.1", 4..8), ("license.log", 8..12)] {
        let text: String =
            numbers.map(|number| format!("2026-11-22 07:{number:02}:00 INFO  SERVER   {number}\n")).collect();
        world.write(name, &text);
    }
    world
}

#[test]
fn pages_go_from_the_newest_line_to_the_oldest_over_all_files_and_miss_none() {
    let world = three();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = world.logs.page(&LogQuery::default(), before.as_ref(), 3).unwrap();
        found.extend(said(&page.items));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, (0..12).rev().map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_place_stays_good_when_the_files_move_up() {
    let world = three();
    let page = world.logs.page(&LogQuery::default(), None, 2).unwrap();
    let place: Cursor = page.items[1].at.to_string().parse().unwrap();
    for (from, to) in
        [("license.log.2", "license.log.3"), ("license.log.1", "license.log.2"), ("license.log", "license.log.1")]
    {
        fs::rename(world.path(from), world.path(to)).unwrap();
    }
    world.write("license.log", "2026-11-23 00:00:00 INFO  SERVER   new\n");
    let around = world.logs.around(&place, 3).unwrap().unwrap();
    assert_eq!(
        (said(&around.items), around.marked),
        (["new", "11", "10", "9", "8", "7"].map(String::from).to_vec(), 2)
    );
    assert_eq!(around.items[2].file, "license.log.1");
    assert_eq!(said(&world.logs.page(&LogQuery::default(), Some(&place), 2).unwrap().items), ["9", "8"]);
    fs::remove_file(world.path("license.log.1")).unwrap();
    assert_eq!(world.logs.around(&place, 3).unwrap(), None);
    assert!(world.logs.page(&LogQuery::default(), Some(&place), 2).unwrap().gone);
}

#[test]
fn a_place_inside_a_line_shows_nothing() {
    let world = three();
    let mut place = world.logs.page(&LogQuery::default(), None, 1).unwrap().items.remove(0).at;
    place.offset += 1;
    assert_eq!(world.logs.around(&place, 3).unwrap(), None);
    place.offset = u64::MAX;
    assert_eq!(world.logs.around(&place, 3).unwrap(), None);
}

#[test]
fn each_filter_leaves_out_what_does_not_fit() {
    let world = World::new();
    world.write(
        "license.log",
        "2026-11-20 10:00:00 DEBUG VE       one\n2026-11-21 10:00:00 WARN  EXCHANGE Two nodes\nno form at all\n2026-11-22 10:00:00 ERROR VE       three password=nodes\n",
    );
    let moment = |text, last| Some(LineTime::parse(text, last).unwrap());
    let all = LogQuery::default;
    for (query, expected) in [
        (all(), &["three password=[hidden]", "no form at all", "Two nodes", "one"][..]),
        (LogQuery { level: Some(LogLevel::Warn), ..all() }, &["three password=[hidden]", "Two nodes"]),
        (LogQuery { component: Some("VE".into()), ..all() }, &["three password=[hidden]", "one"]),
        (LogQuery { text: Some("NODES".into()), ..all() }, &["Two nodes"]),
        (LogQuery { text: Some("form".into()), ..all() }, &["no form at all"]),
        (LogQuery { from: moment("2026-11-21T10:00", false), ..all() }, &["three password=[hidden]", "Two nodes"]),
        (LogQuery { to: moment("2026-11-21", true), ..all() }, &["Two nodes", "one"]),
        (LogQuery { from: moment("2026-11-23", false), ..all() }, &[]),
    ] {
        assert_eq!(world.messages(&query), expected, "{query:?}");
    }
}

#[rstest]
#[case("2026-11-22", "2026-11-22 00:00:00", "2026-11-22 23:59:59")]
#[case("2026-11-22T07:24", "2026-11-22 07:24:00", "2026-11-22 07:24:59")]
#[case("2026-11-22 07:24:16", "2026-11-22 07:24:16", "2026-11-22 07:24:16")]
fn a_moment_is_completed_to_its_beginning_or_its_end(#[case] text: &str, #[case] first: &str, #[case] last: &str) {
    assert_eq!(LineTime::parse(text, false).unwrap().as_str(), first);
    assert_eq!(LineTime::parse(text, true).unwrap().as_str(), last);
    for wrong in ["", "yesterday", "2026-13-01", "2026-11-22 25:00", "2026-11-22T07:24Z"] {
        assert_eq!(LineTime::parse(wrong, false), Err(LogTimeError));
    }
}

/// A file of this size that is all holes but for what is written at its end.
fn huge(path: &Path, size: u64, end: &str) {
    let file = fs::File::create(path).unwrap();
    file.set_len(size).unwrap();
    OpenOptions::new().append(true).open(path).unwrap().write_all(end.as_bytes()).unwrap();
}

#[test]
fn the_first_page_of_two_gigabytes_reads_only_the_end() {
    let world = World::new();
    let lines: String = (0..500).map(|n| format!("2026-11-22 07:24:16 INFO  SERVER   {n}\n")).collect();
    huge(&world.path("license.log"), 2 << 30, &format!("\n{lines}"));
    let page = world.logs.page(&LogQuery::default(), None, 100).unwrap();
    assert_eq!((page.items.len(), page.stopped), (100, false));
    assert!(page.looked < 64 * 1024, "{}", page.looked);
    assert!(page.next.is_some());
}

#[test]
fn a_filter_that_finds_nothing_stops_says_how_far_it_looked_and_goes_on_from_there() {
    let world = World::new();
    huge(&world.path("license.log"), page::MOST + (1 << 20), "\n2026-11-22 07:24:16 INFO  SERVER   last\n");
    let query = LogQuery { text: Some("not there".into()), ..LogQuery::default() };
    let page = world.logs.page(&query, None, 100).unwrap();
    assert!(page.stopped && page.items.is_empty() && page.looked >= page::MOST);
    assert_eq!(page.back_to.as_deref(), Some("2026-11-22 07:24:16"));
    let rest = world.logs.page(&query, page.next.as_ref(), 100).unwrap();
    assert!(!rest.stopped && rest.next.is_none());
    assert!((1 << 19..2 << 20).contains(&rest.looked), "{}", rest.looked);
}

#[test]
fn a_day_long_past_is_found_without_reading_what_came_after() {
    let world = World::new();
    let mut text = String::new();
    for day in 1..=28 {
        for number in 0..2_000 {
            text.push_str(&format!("2026-11-{day:02} 10:00:00 INFO  SERVER   {number} {}\n", "x".repeat(40)));
        }
    }
    world.write("license.log", &text);
    let query = LogQuery {
        from: Some(LineTime::parse("2026-11-05", false).unwrap()),
        to: Some(LineTime::parse("2026-11-05", true).unwrap()),
        ..LogQuery::default()
    };
    let page = world.logs.page(&query, None, 10_000).unwrap();
    assert_eq!(page.items.len(), 2_000);
    assert!(page.looked < text.len() as u64 / 4, "{} of {}", page.looked, text.len());
}

#[test]
fn a_carried_file_holds_every_line_oldest_first() {
    let world = three();
    let all: Vec<LogItem> = world.logs.lines(LogQuery::default(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!(said(&all), (0..12).map(|number| number.to_string()).collect::<Vec<_>>());
    let id = world.logs.files().unwrap()[1].id;
    let one: Vec<LogItem> = world.logs.lines(LogQuery::default(), Some(id)).unwrap().map(Result::unwrap).collect();
    assert_eq!(said(&one), ["4", "5", "6", "7"]);
    assert_eq!(Redactor::default().redact(&one[0].line), one[0].line);
}

#[test]
fn what_is_hostile_is_shown_as_text_and_nothing_but_log_files_is_read() {
    let world = World::new();
    let secret = world.path("secret");
    fs::write(&secret, "precious\n").unwrap();
    std::os::unix::fs::symlink(&secret, world.path("license.log.1")).unwrap();
    fs::create_dir(world.path("license.log.2")).unwrap();
    world.write("license.log.x", "other\n");
    world.write("license.log.03", "other\n");
    fs::write(world.path("license.log"), b"\x1b[31mred\x07\xff\r\n</pre><script>\n").unwrap();
    assert_eq!(world.messages(&LogQuery::default()), ["</pre><script>", "\\u{1b}[31mred\\u{7}\u{fffd}"]);
    assert_eq!(world.logs.files().unwrap().len(), 1);
}

#[test]
fn without_a_log_the_reason_is_said() {
    let logs = Logs::default();
    assert!(matches!(logs.files(), Err(LogsError::Off)));
    logs.configure(Some("/nowhere/at/all/license.log".into()));
    assert!(matches!(logs.files(), Err(LogsError::Io { .. })));
}

proptest! {
    #[test]
    fn backward_and_forward_give_the_same_lines(lines in prop::collection::vec("[a-z]{0,12}", 0..40), ended in any::<bool>()) {
        let world = World::new();
        let mut text = lines.join("\n");
        if ended {
            text.push('\n');
        }
        world.write("license.log", &text);
        let mut back = Backward::new(fs::File::open(world.path("license.log")).unwrap(), text.len() as u64);
        let mut found = Vec::new();
        while let Some((offset, line)) = back.line().unwrap() {
            found.push((offset, String::from_utf8_lossy(line).into_owned()));
        }
        found.reverse();
        found.retain(|(_, line)| !line.is_empty());
        let forward: Vec<(u64, String)> = world.logs.lines(LogQuery::default(), None).unwrap().map(|item| item.unwrap()).map(|item| (item.at.offset, item.line)).collect();
        prop_assert_eq!(found, forward);
    }

    #[test]
    fn no_text_is_taken_for_a_place_it_is_not(text in "\\PC{0,30}") {
        if let Ok(place) = text.parse::<Cursor>() {
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }
    }
}
