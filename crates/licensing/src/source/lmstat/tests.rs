use rstest::rstest;

use super::*;

/// 2031-01-02T00:10Z.
const RECEIVED: i64 = 1_925_165_400_000;

/// A text with what is hard about lmstat, made up.
const HARD: &str = r#"lmutil - Copyright (c) 1989-2030 Example. All Rights Reserved.
Flexible License Manager status on Thu 1/2/2031 0:07

[Detecting lmgrd processes...]
License server status: 27000@lic-a,27000@lic-b,27000@lic-c
    License file(s) on lic-a: C:\Lic Files\acme.lic:C:\Lic Files\old.lic:

lic-a: license server UP v11.19.6
LIC-B: license server UP (MASTER) v11.19.6
lic-c: Cannot connect to license server system. (-15,570:115 "Operation now in progress")

Vendor daemon status (on LIC-B):

   acmed: UP v11.19.6
   oldd: The desired vendor daemon is down. (-97,121)
Feature usage info:

Users of odd: name/1.0:  (Total of 12 licenses issued;  Total of 12 licenses in use)

"odd: name/1.0" v11.0, vendor: acmed, expiry: 31-dec-2031
  vendor_string: kind=A|tier=2:site=7, "Users of nothing"
  floating license

	4 RESERVATIONs for GROUP night shift (lic-b/27000)
	1 RESERVATION for HOST ws-1 (lic-b/27000)
    Ann Maria Example ws-12 ws-12:0.0 (v11.000) (lic-b/27000 4711), start Tue 12/31 23:58, 5 licenses, PID: 20114 
    bo ws-13 /dev/pts/3 ODD:Core (v10.2) (lic-b/27000 812), start Thu 1/2 0:01
    cy$ WS-14 (v11.000) (lic-b/27000 99), start Wed 1/1 9:30 (linger: 86340 / 86400)
    eve ws-16 q`<"(x|? (v11.0) (lic-b/27000 7), start Thu 1/2 0:02, 2 licenses
    di ws-15 ws-15 11.0 (v11.0) (lic-b/27000 905) queued for 2 licenses

  "odd: name/1.0" v12.0, vendor: acmed, expiry: permanent(no expiration date)
  nodelocked license, locked to "ID=00112233"

    ann ws-12 ws-12 (v12.0) (lic-b/27000 1204), start Thu 1/2 0:05

Users of viewer:  (Uncounted, node-locked)

Users of gone_ft:  (Error: 1 licenses, unsupported by licensed server)

Users of many:  (Total of 2147483647 licenses issued;  Total of 1 license in use)

what is this
"#;

fn hard() -> Picture {
    read(HARD.as_bytes(), &TimeZone::UTC, RECEIVED)
}

fn at(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn machines_and_vendors_are_told_up_or_down_with_what_is_printed() {
    let picture = hard();
    assert_eq!(picture.at, at("2031-01-02T00:07:00Z"));
    let servers: Vec<_> = picture.servers.iter().map(|d| (d.name.as_str(), d.up)).collect();
    assert_eq!(servers, [("lic-a", true), ("LIC-B", true), ("lic-c", false)]);
    assert!(picture.servers[2].problem.as_deref().unwrap().contains("-15,570"));
    let vendors: Vec<_> = picture.vendors.iter().map(|d| (d.name.as_str(), d.up)).collect();
    assert_eq!(vendors, [("acmed", true), ("oldd", false)]);
}

#[test]
fn names_with_blanks_colons_and_no_display_are_taken_apart_from_the_right() {
    let picture = hard();
    let feature = &picture.features[0];
    assert_eq!((feature.name.as_str(), feature.vendor.as_str()), ("odd: name/1.0", "acmed"));
    let held: Vec<_> = feature
        .held
        .iter()
        .map(|h| (h.user.as_str(), h.host.as_str(), h.display.as_str(), h.extra.as_str(), h.count))
        .collect();
    assert_eq!(
        held,
        [
            ("Ann Maria Example", "ws-12", "ws-12:0.0", "", 5),
            ("bo", "ws-13", "/dev/pts/3", "ODD:Core", 1),
            ("cy$", "WS-14", "", "", 1),
            ("eve", "ws-16", "q`<\"(x|?", "", 2),
            ("ann", "ws-12", "ws-12", "", 1),
        ]
    );
    assert_eq!(feature.held[0].pid, Some(20_114));
    assert_eq!(feature.held[2].linger_s, Some(86_340));
    assert_eq!(feature.held[0].handle, "4711");
}

#[test]
fn a_date_without_a_year_is_the_latest_with_its_weekday_up_to_the_texts_own() {
    let held = &hard().features[0].held;
    assert_eq!(held[0].since, at("2030-12-31T23:58:00Z"));
    assert_eq!(held[1].since, at("2031-01-02T00:01:00Z"));
}

#[test]
fn reservations_queue_and_use_are_apart() {
    let feature = &hard().features[0];
    assert_eq!((feature.issued, feature.in_use), (Some(12), Some(12)));
    assert_eq!((feature.taken(), feature.reserved()), (10, 5));
    assert_eq!(feature.reserved[0].name, "night shift");
    assert_eq!((feature.queued[0].user.as_str(), feature.queued[0].count), ("di", 2));
}

#[test]
fn each_pool_has_its_own_end_and_binding() {
    let feature = &hard().features[0];
    let pools: Vec<_> = feature.pools.iter().map(|p| (p.permanent, p.expires, p.binding)).collect();
    assert_eq!(
        pools,
        [(false, at("2031-12-31T23:59:59.999Z"), Some(Binding::Floating)), (true, None, Some(Binding::NodeLocked)),]
    );
    assert_eq!(feature.expires(), at("2031-12-31T23:59:59.999Z"));
}

#[test]
fn uncounted_unlimited_and_failing_features_have_no_number() {
    let picture = hard();
    let [viewer, gone, many] = &picture.features[1..] else { panic!("{:#?}", picture.features) };
    assert_eq!((viewer.issued, viewer.uncounted), (None, true));
    assert_eq!((gone.issued, gone.in_use), (None, None));
    assert_eq!(gone.problem.as_deref(), Some("1 licenses, unsupported by licensed server"));
    assert_eq!((many.issued, many.in_use), (None, Some(1)));
}

#[test]
fn what_cannot_be_read_is_kept_with_its_line_and_reason() {
    let unread = hard().unread;
    assert_eq!((unread.count, unread.lines[0].text.as_str()), (1, "what is this"));
    assert!(unread.lines[0].line > 40);
}

#[test]
fn blank_lines_between_all_carriage_returns_and_a_mark_change_nothing() {
    let doubled = format!("\u{feff}{}", HARD.replace('\n', "\r\n\r\n"));
    let read = read(doubled.as_bytes(), &TimeZone::UTC, RECEIVED);
    assert_eq!(read.features, hard().features);
    assert_eq!(read.unread.count, 1);
}

#[test]
fn old_encodings_and_cut_characters_are_read() {
    let line = b"Users of f:  (Total of 2 licenses issued;  Total of 2 licenses in use)\n\
        j\xfcrgen ws-1 ws-1 (v1.0) (h/1 1), start Thu 1/2 0:05\n\
        \xc3\xa9va\xc3 ws-2 ws-2 (v1.0) (h/1 2), start Thu 1/2 0:05\n";
    let read = read(line, &TimeZone::UTC, RECEIVED);
    let users: Vec<_> = read.features[0].held.iter().map(|h| h.user.as_str()).collect();
    assert_eq!(users, ["jürgen", "éva\u{fffd}"]);
}

#[rstest]
#[case::vendor_last("Feature  Version  #licenses  Expires  Vendor")]
#[case::vendor_first("Feature  Version  #licenses  Vendor  Expires")]
fn the_columns_of_the_file_may_change_places(#[case] head: &str) {
    let vendor_first = head.ends_with("Expires");
    let row = |end: &str| if vendor_first { format!("acmed  {end}") } else { format!("{end}  acmed") };
    let text = format!(
        "{head}\n_______  ____  ____  ____  ____\nrouter pro 11.0 4 {}\nrouter pro 12.0 2 {}\nold 0.1 1 {}\nodd 1.0 uncounted {}\nglued 1.0 3 {}\n",
        row("31-dec-2031"),
        row("permanent(no expiration date)"),
        row("01-jan-0000"),
        row("31-Dec-99"),
        row("30-Apr-20202"),
    );
    let picture = read(text.as_bytes(), &TimeZone::UTC, RECEIVED);
    assert_eq!(picture.unread.lines, []);
    let told: Vec<_> = picture.features.iter().map(|f| (f.name.as_str(), f.issued, f.expires())).collect();
    assert_eq!(
        told,
        [
            ("router pro", Some(6), at("2031-12-31T23:59:59.999Z")),
            ("old", Some(1), None),
            ("odd", None, at("1999-12-31T23:59:59.999Z")),
            ("glued", Some(3), at("2020-04-30T23:59:59.999Z")),
        ]
    );
    assert!(picture.features.iter().all(|feature| feature.vendor == "acmed"));
}

#[test]
fn one_system_after_another_keeps_its_features_apart() {
    let one = "License server status: 1@a\na: license server UP v11\nVendor daemon status (on a):\n acmed: UP v11\nFeature usage info:\nUsers of f:  (Total of 2 licenses issued;  Total of 0 licenses in use)\n";
    let two = one.replace("1@a", "1@b").replace("a: license", "b: license").replace("acmed", "otherd");
    let text = format!("{one}{}\n{two}", "-".repeat(76));
    let picture = read(text.as_bytes(), &TimeZone::UTC, RECEIVED);
    let told: Vec<_> = picture.features.iter().map(|f| (f.server.as_str(), f.vendor.as_str())).collect();
    assert_eq!(told, [("1@a", "acmed"), ("1@b", "otherd")]);
    assert_eq!((picture.servers.len(), picture.unread.count), (2, 0));
}

#[test]
fn a_text_that_only_tells_an_error_says_so() {
    let text = "Error getting status: Cannot connect to license server system. (-15,570:115 \"x\")\n";
    let picture = read(text.as_bytes(), &TimeZone::UTC, RECEIVED);
    assert!(picture.problem.unwrap().starts_with("Cannot connect"));
    assert_eq!(picture.unread.count, 0);
}
