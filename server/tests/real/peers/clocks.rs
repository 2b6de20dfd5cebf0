use super::{joined, name, peer, start, until};
use crate::harness::{stdout, within};

#[test]
fn clocks_that_are_minutes_or_years_off_are_shown_and_make_nobody_silent() {
    let folder = tempfile::tempdir().unwrap();
    let a = start(folder.path(), "a", None);
    let ahead = start(folder.path(), "b", Some("+10m"));
    let behind = start(folder.path(), "c", Some("-800d"));
    joined(&ahead, &a, "ahead");
    joined(&behind, &a, "behind");
    let a_name = name(&a);
    let near = |found: i64, expected: i64| (found - expected).abs() < 1_500;
    for (by, other, off_s) in [
        (&a, "ahead", 600),
        (&a, "behind", -800 * 86_400),
        (&ahead, a_name.as_str(), -600),
        (&behind, &a_name, 800 * 86_400),
    ] {
        until(by, other, "up", 5_000);
        let right = within(5_000, || {
            super::seen(by, other)["clock_off_ms"].as_i64().filter(|found| near(*found, off_s * 1_000))
        });
        assert!(right.is_some(), "{other} as {} sees it: {}", name(by), super::seen(by, other));
    }
    std::thread::sleep(std::time::Duration::from_secs(12));
    for (by, other) in [(&a, "ahead"), (&a, "behind"), (&ahead, a_name.as_str()), (&behind, &a_name)] {
        until(by, other, "up", 0);
    }
    let list = stdout(&peer(&a, &["list"]));
    assert!(list.contains("+10 min") && list.contains("-800 d"), "{list}");
}
