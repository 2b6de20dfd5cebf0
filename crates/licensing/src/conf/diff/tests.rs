use proptest::prelude::*;

use super::*;

fn drawn(old: &[u8], new: &[u8]) -> Vec<String> {
    let sign = |row: &DiffLine| match row.kind {
        RowKind::Same => ' ',
        RowKind::Removed => '-',
        RowKind::Added => '+',
        RowKind::Gap => '@',
    };
    lines(old, new).rows.iter().map(|row| format!("{}{}", sign(row), row.text)).collect()
}

fn numbered(range: std::ops::RangeInclusive<usize>) -> String {
    range.map(|n| format!("{n}\n")).collect()
}

#[test]
fn the_same_file_has_no_rows() {
    let diff = lines(b"a\nb", b"a\nb");
    assert!(diff.is_empty() && diff.rows.is_empty());
    assert_eq!(diff.to_unified("a", "b"), "");
}

#[test]
fn a_change_stands_between_three_lines_of_context() {
    let old = numbered(1..=20);
    let new = old.replace("10\n", "ten\n");
    assert_eq!(drawn(old.as_bytes(), new.as_bytes()), [" 7", " 8", " 9", "-10", "+ten", " 11", " 12", " 13"]);
    let diff = lines(old.as_bytes(), new.as_bytes());
    assert_eq!((diff.removed, diff.added), (1, 1));
    assert_eq!((diff.rows[0].old_line, diff.rows[0].new_line), (Some(7), Some(7)));
    assert_eq!((diff.rows[3].old_line, diff.rows[3].new_line), (Some(10), None));
    assert_eq!((diff.rows[4].old_line, diff.rows[4].new_line), (None, Some(10)));
}

#[test]
fn hunks_are_parted_by_a_gap() {
    let old = numbered(1..=30);
    let new = old.replace("5\n", "five\n").replace("25\n", "x\n").replace("1five", "15").replace("2five", "x");
    let rows = drawn(old.as_bytes(), new.as_bytes());
    assert_eq!(rows.iter().filter(|row| row.starts_with('@')).count(), 1, "{rows:?}");
    assert!(rows.contains(&"@13 unchanged lines".to_owned()), "{rows:?}");
}

#[test]
fn near_changes_share_their_context() {
    assert_eq!(drawn(b"a\nb\nc\n", b"x\nb\ny\n"), ["-a", "+x", " b", "-c", "+y"]);
}

#[test]
fn rules_of_asterisks_and_blank_lines_are_no_context() {
    let entry = |key: &str, value: &str| {
        format!(
            "#****************#\n#* Description: {key}.\n#*\n#* Default: 1\n#****************#\n{key} = {value}\n\n"
        )
    };
    let file = |b: &str, c: &str| [entry("A", "1"), entry("B", b), entry("C", c), entry("D", "1")].concat();
    assert_eq!(
        drawn(file("1", "1").as_bytes(), file("2", "1").as_bytes()),
        [" #* Description: B.", " #* Default: 1", "-B = 1", "+B = 2", " #* Description: C.", " #* Default: 1"]
    );
    // Between two changes no line is shown twice, and a gap of nothing but padding is none.
    assert_eq!(
        drawn(file("1", "1").as_bytes(), file("2", "2").as_bytes())[2..8],
        ["-B = 1", "+B = 2", " #* Description: C.", " #* Default: 1", "-C = 1", "+C = 2"]
    );
    // A rule that changes is shown.
    assert_eq!(drawn(b"#***#\na\n", b"#*****#\na\n"), ["-#***#", "+#*****#", " a"]);
    // What is left out is missing in no hunk: each is as long as it says.
    let text = lines(file("1", "1").as_bytes(), file("2", "1").as_bytes()).to_unified("a", "b");
    assert_eq!(text, "--- a\n+++ b\n@@ -13,1 +13,1 @@\n-B = 1\n+B = 2\n");
    let added = lines(b"a\n\n\nb\n", b"a\n\nx\n\nb\n");
    assert_eq!(added.to_unified("a", "b"), "--- a\n+++ b\n@@ -2,0 +3,1 @@\n+x\n");
}

#[test]
fn a_difference_in_the_ending_alone_is_marked() {
    assert_eq!(drawn(b"a\nb\n", b"a\r\nb\n"), ["-a", "+a ␍", " b"]);
    assert_eq!(drawn(b"a", b"a\n"), ["-a (no newline at the end)", "+a"]);
    assert_eq!(drawn(b"a", b"a\nb"), ["-a (no newline at the end)", "+a", "+b"]);
    assert_eq!(drawn(b"a\r\n", b"b\n"), ["-a", "+b"]);
    assert_eq!(drawn(b"\xEF\xBB\xBFa\n", b"a\n"), ["-(byte order mark) a", "+a"]);
}

#[test]
fn bytes_that_cannot_be_shown_are_replaced() {
    assert_eq!(drawn(b"a\xFF\xFE\0b\n", b"a\n"), ["-a\u{fffd}b", "+a"]);
}

#[test]
fn a_unified_diff_is_as_patch_expects_it() {
    let old = numbered(1..=20);
    let new = old.replace("10\n", "ten\n").replace("20\n", "20\nmore\n");
    let text = lines(old.as_bytes(), new.as_bytes()).to_unified("before", "after");
    let expected = "--- before\n+++ after\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n\
                    @@ -18,3 +18,4 @@\n 18\n 19\n 20\n+more\n";
    assert_eq!(text, expected);
    assert!(lines(b"", b"a\n").to_unified("a", "b").contains("@@ -0,0 +1,1 @@\n+a\n"));
    assert!(lines(b"a\n", b"").to_unified("a", "b").contains("@@ -1,1 +0,0 @@\n-a\n"));
}

#[test]
fn huge_differences_are_cut_and_say_so() {
    let old = numbered(1..=100_000);
    let new = numbered(200_000..=300_000);
    let diff = lines(old.as_bytes(), new.as_bytes());
    assert_eq!((diff.removed, diff.added), (100_000, 100_001));
    assert_eq!(diff.rows.len(), MAX_ROWS + 1);
    let last = diff.rows.last().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (RowKind::Gap, "198001 more lines not shown"));
    assert!(diff.to_unified("a", "b").ends_with("\\ 198001 more lines not shown\n"));
}

#[test]
fn very_many_changed_lines_are_not_compared_one_by_one() {
    let around = |top: &str, count: usize, end: &str| format!("first\n{top}\n{}{end}\nlast\n", numbered(1..=count));
    let of = |count| lines(around("a", count, "b").as_bytes(), around("c", count, "d").as_bytes());
    assert_eq!((of(3998).removed, of(3998).added), (2, 2));
    assert_eq!((of(3999).removed, of(3999).added), (4001, 4001));
}

#[test]
fn the_largest_files_are_compared() {
    let half = crate::conf::MAX_BYTES / 2;
    for (old, new) in [("\n", "\r\n"), ("a\n", "b\n"), ("ab\n", "ba\n")] {
        let diff = lines(old.repeat(half / old.len()).as_bytes(), new.repeat(half / new.len()).as_bytes());
        assert!(diff.rows.len() <= MAX_ROWS + 1);
    }
    let worst = |start: usize| (start..start + 4000).map(|n| format!("{}\n", n * 7919 % 4001)).collect::<String>();
    assert!(!lines(worst(0).as_bytes(), worst(1717).as_bytes()).is_empty());
}

proptest! {
    #[test]
    fn removed_and_added_lines_turn_one_file_into_the_other(
        old in proptest::collection::vec("[abc]\r?\n", 0..40),
        new in proptest::collection::vec("[abc]\r?\n", 0..40),
    ) {
        let blocks = blocks(&old, &new);
        let mut rebuilt: Vec<&String> = Vec::new();
        let (mut old_at, mut new_at) = (0, 0);
        for block in &blocks {
            prop_assert_eq!((block.old.start, block.new.start), (old_at, new_at));
            (old_at, new_at) = (block.old.end, block.new.end);
            rebuilt.extend(if block.same { &old[block.old.clone()] } else { &new[block.new.clone()] });
        }
        prop_assert_eq!((old_at, new_at), (old.len(), new.len()));
        prop_assert_eq!(rebuilt, new.iter().collect::<Vec<_>>());

        let diff = lines(old.concat().as_bytes(), new.concat().as_bytes());
        prop_assert_eq!(old.len() + diff.added, new.len() + diff.removed);
        prop_assert_eq!(diff.is_empty(), old == new);
    }
}
