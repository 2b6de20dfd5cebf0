use super::*;

/// 2031-01-05T09:00Z.
const RECEIVED: i64 = 1_925_456_400_000;

const TEXT: &str = "Setting license file path to 5053@lic-r
rlmutil v14.1

\trlm status on lic-r (port 5053), up 3d 04:05:06
\trlm software version v14.1 (build:3)
\tMessages:    582 (0/sec)           28937 (0/sec)          777647 (0/sec)

\t--------- ISV servers ----------
\t   Name           Port Running Restarts
\tacme             63133   Yes      0
\tother            0       No       3

\t------------------------

\tacme ISV server status on lic-r (port 63133), up 3d 04:04:59
\tCheckouts:   3 (0/sec)   63 (0/sec)   633 (0/sec)

\t------------------------

\tacme license pool status on lic-r (port 63133)

\trender_i v2031.0331, pool: 3
\t\tcount: 4, # reservations: 1, inuse: 2, exp: permanent
\t\tobsolete: 0, min_remove: 120, total checkouts: 2321
\trender_i v2030.0331
\t\tcount: 6, # reservations: 0, inuse: 1, exp: 31-jan-2031
\t\tobsolete: 0, min_remove: 120, total checkouts: 1
\tsuite v3.0
\t\tToken-based license
\tviewer v1.0
\t\tUNCOUNTED, inuse: 0, exp: 31-jan-2031
\tfree v1.0
\t\tcount: unlimited, # reservations: 0, inuse: 5, exp: permanent

\t------------------------

\tacme license usage status on lic-r (port 63133)

\trender_i v2031.0331: ann.example@ws-12 2/0 at 01/05 08:44  (handle: 36a5)
\trender_i v2031.0331: Bo B@ws-13 1/0 at 12/31 23:59  (handle: 36a6)
\tnonsense
";

#[test]
fn pools_of_a_product_add_up_and_users_come_with_their_beginning() {
    let picture = read(TEXT.as_bytes(), &TimeZone::UTC, RECEIVED);
    let told: Vec<_> = picture.features.iter().map(|f| (f.name.as_str(), f.issued, f.in_use, f.reserved())).collect();
    assert_eq!(
        told,
        [
            ("render_i", Some(10), Some(3), 1),
            ("suite", None, None, 0),
            ("viewer", None, Some(0), 0),
            ("free", None, Some(5), 0)
        ]
    );
    let since = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let held: Vec<_> = picture.features[0].held.iter().map(|h| (h.user.as_str(), h.count, h.since)).collect();
    assert_eq!(held, [("ann.example", 2, since("2031-01-05T08:44:00Z")), ("Bo B", 1, since("2030-12-31T23:59:00Z"))]);
    assert_eq!(picture.features[0].held[0].handle, "36a5");
    assert!(picture.features[0].pools[0].permanent);
}

#[test]
fn a_vendor_that_does_not_run_is_told_and_what_cannot_be_read_is_kept() {
    let picture = read(TEXT.as_bytes(), &TimeZone::UTC, RECEIVED);
    let vendors: Vec<_> = picture.vendors.iter().map(|d| (d.name.as_str(), d.up)).collect();
    assert_eq!(vendors, [("acme", true), ("other", false)]);
    assert_eq!((picture.unread.count, picture.unread.lines[0].text.trim()), (1, "nonsense"));
    let down = "Error connecting to \"rlm\" server\n\nConnection attempted to host: \"lic-r\" on port 5053\n";
    assert!(read(down.as_bytes(), &TimeZone::UTC, RECEIVED).problem.unwrap().contains("5053"));
}
