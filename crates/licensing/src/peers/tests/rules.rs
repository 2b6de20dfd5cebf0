use super::*;
use Context::{Backup as B, Development as D, Production as P};
use Role::{Alone, Backup, Primary};

/// What is joined, who asks whom, and what comes of it.
type Case = (&'static str, Membership, Vec<Membership>, Option<Context>, Result<Role, &'static str>);

#[test]
fn one_production_or_development_server_and_any_number_of_backups() {
    let table: [Case; 14] = [
        ("production takes in a backup", standing("a", Some(P), Alone), vec![], Some(B), Ok(Backup)),
        ("development takes in a backup", standing("a", Some(D), Alone), vec![], Some(B), Ok(Backup)),
        ("unregistered joins as backup", standing("a", Some(P), Alone), vec![], None, Ok(Backup)),
        ("a second backup", standing("a", Some(P), Primary), vec![standing("b", Some(B), Backup)], Some(B), Ok(Backup)),
        ("two unregistered", standing("a", None, Alone), vec![], None, Ok(Backup)),
        (
            "unregistered leads a second",
            standing("a", None, Primary),
            vec![standing("b", None, Backup)],
            None,
            Ok(Backup),
        ),
        ("a backup takes in its production", standing("a", Some(B), Alone), vec![], Some(P), Ok(Primary)),
        ("unregistered takes in production", standing("a", None, Alone), vec![], Some(P), Ok(Primary)),
        ("a second production", standing("a", Some(P), Alone), vec![], Some(P), Err("a")),
        ("development beside production", standing("a", Some(P), Alone), vec![], Some(D), Err("a")),
        ("production beside an unregistered leader", standing("a", None, Primary), vec![], Some(P), Err("a")),
        (
            "a second production through a backup",
            standing("a", Some(B), Backup),
            vec![standing("b", Some(P), Primary)],
            Some(P),
            Err("b"),
        ),
        (
            "a backup through a backup",
            standing("a", Some(B), Backup),
            vec![standing("b", Some(P), Primary)],
            Some(B),
            Err("not here"),
        ),
        ("two backups alone", standing("a", Some(B), Alone), vec![], Some(B), Err("nobody leads")),
    ];
    for (what, own, members, context, expected) in table {
        let found = admit(&own, &members, &standing("new", context, Alone));
        match (expected, &found) {
            (Ok(role), Ok(found)) => assert_eq!(role, *found, "{what}"),
            (Err("not here"), Err(JoinRefusal::NotHere { there, .. })) => assert_eq!(there, "b", "{what}"),
            (Err("nobody leads"), Err(JoinRefusal::NoPrimary { .. })) => {}
            (Err(second), Err(JoinRefusal::Second { there, .. })) => assert_eq!(second, there, "{what}"),
            _ => panic!("{what}: {found:?}"),
        }
        if let Err(refusal) = found {
            assert!(refusal.to_string().ends_with('.'), "{refusal}");
        }
    }
}

#[test]
fn a_refused_second_production_server_is_told_who_is_there() {
    let refusal = admit(&standing("lic-01", Some(P), Alone), &[], &standing("lic-02", Some(P), Alone)).unwrap_err();
    let sentence = refusal.to_string();
    for part in
        ["lic-01 is already the production server", "lic-02, registered for production", "Register lic-02 as backup"]
    {
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn a_context_decides_what_a_server_is_and_without_one_how_it_joined() {
    for (context, joined_as, expected) in [
        (None, None, Alone),
        (Some(P), None, Alone),
        (Some(P), Some(Backup), Primary),
        (Some(D), Some(Primary), Primary),
        (Some(B), Some(Primary), Backup),
        (None, Some(Backup), Backup),
        (None, Some(Primary), Primary),
    ] {
        assert_eq!(role(context, joined_as), expected, "{context:?} {joined_as:?}");
    }
}

#[test]
fn a_server_in_an_installation_joins_no_other_unless_it_leads() {
    let member = [standing("b", Some(B), Backup)];
    assert_eq!(may_join(&standing("a", Some(P), Primary), &member), Ok(()));
    assert_eq!(may_join(&standing("a", None, Primary), &member), Err("b"));
    assert_eq!(may_join(&standing("a", Some(B), Backup), &member), Err("b"));
    assert_eq!(may_join(&standing("a", Some(B), Alone), &[]), Ok(()));
}

#[test]
fn a_backup_removes_only_the_server_that_leads() {
    let leader = standing("p", Some(P), Primary);
    let other = standing("c", Some(B), Backup);
    let own = standing("b", Some(B), Backup);
    let members = [leader.clone(), other.clone()];
    assert_eq!(may_remove(&own, &members, &leader), Ok(()));
    assert_eq!(may_remove(&own, &members, &other), Err(RemoveRefusal { name: "c".into(), there: "p".into() }));
    assert_eq!(may_remove(&leader, &[own, other.clone()], &other), Ok(()));
}

#[test]
fn two_that_lead_are_shown() {
    let servers = [standing("a", Some(P), Primary), standing("b", Some(B), Backup), standing("c", Some(D), Primary)];
    assert_eq!(conflict(&servers[..2]), None);
    let sentence = conflict(&servers).unwrap();
    assert!(sentence.contains("a (production server), c (development server)"), "{sentence}");
}

#[test]
fn names_stay_apart() {
    for (wanted, taken, expected) in [
        ("lic-01", &[][..], "lic-01"),
        ("lic-01", &["lic-01"], "lic-01-2"),
        ("LIC-01", &["lic-01", "lic-01-2"], "LIC-01-3"),
        ("a b\u{7}\n", &[], "ab"),
        ("", &["server"], "server-2"),
        // Drawn from right to left, it would look like the name of another server.
        ("lic\u{202e}20-\u{202c}", &[], "lic20-"),
        ("\u{2066}lic-01\u{2069}\u{200f}", &["lic-01"], "lic-01-2"),
        ("\u{200e}\u{202a}", &[], "server"),
    ] {
        assert_eq!(free_name(wanted, taken), expected);
    }
    assert_eq!(shown_name(&"x".repeat(500)).len(), MOST_NAME);
}

#[test]
fn an_address_is_that_of_a_console() {
    for (text, read, loopback) in [
        ("https://lic-01.example.com:8084", "https://lic-01.example.com:8084", false),
        (" HTTP://127.0.0.1:8084/ ", "http://127.0.0.1:8084", true),
        ("http://localhost", "http://localhost", true),
        ("https://[::1]:9", "https://[::1]:9", true),
        ("https://[2001:db8::1]", "https://[2001:db8::1]", false),
        ("http://127.9.9.9:1", "http://127.9.9.9:1", true),
        ("http://127.0.0.1.example.com", "http://127.0.0.1.example.com", false),
    ] {
        let url: PeerUrl = text.parse().unwrap();
        assert_eq!((url.as_str(), url.is_loopback()), (read, loopback), "{text}");
        assert_eq!(url.as_str().parse(), Ok(url.clone()));
    }
    for (text, error) in [
        ("lic-01:8084", PeerUrlError::Scheme),
        ("ftp://lic-01", PeerUrlError::Scheme),
        ("https://", PeerUrlError::Host),
        ("https://a b", PeerUrlError::Host),
        ("https://::1", PeerUrlError::Host),
        ("https://[::1", PeerUrlError::Host),
        ("https://[x]", PeerUrlError::Host),
        ("https://a:0", PeerUrlError::Port),
        ("https://a:99999", PeerUrlError::Port),
        ("https://a:", PeerUrlError::Port),
        ("https://a/b", PeerUrlError::TooMuch),
        ("https://u@a", PeerUrlError::TooMuch),
        ("https://a?b", PeerUrlError::TooMuch),
    ] {
        assert_eq!(text.parse::<PeerUrl>(), Err(error), "{text}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn a_loopback_address_is_told_on_the_same_machine_only() {
    let url = |text: &str| text.parse::<PeerUrl>().ok();
    let (local, lan, said) = (url("http://127.0.0.1:1"), url("https://lic-02:1"), url("https://lic-02.example.com"));
    for (said, console, other, told) in [
        (None, &local, &local, &local),
        (None, &local, &lan, &None),
        (None, &local, &None, &None),
        (None, &lan, &None, &lan),
        (None, &lan, &local, &lan),
        (said.as_ref(), &local, &lan, &said),
    ] {
        assert_eq!(&own_url(said, console.as_ref(), other.as_ref()), told);
    }
}

#[test]
fn the_newest_license_and_the_lowest_balance_are_remembered() {
    let witness = |serial, balance_ms| Witness { serial, balance_ms };
    for (a, b, expected) in [
        (witness(1, 50), witness(1, 40), witness(1, 40)),
        (witness(1, 40), witness(1, 50), witness(1, 40)),
        (witness(1, 40), witness(2, 90), witness(2, 90)),
        (witness(2, 90), witness(1, 40), witness(2, 90)),
    ] {
        assert_eq!(a.and(b), expected);
    }
}

#[test]
fn tries_grow_back_one_by_one() {
    let mut bucket = Bucket::full(1_000);
    for _ in 0..Bucket::MOST {
        assert_eq!(bucket.wait_s(1_000), 0);
        bucket.wrong();
    }
    assert_eq!(bucket.wait_s(1_000), 10);
    assert_eq!(bucket.wait_s(10_500), 1);
    assert_eq!(bucket.wait_s(11_000), 0);
    bucket.wrong();
    assert_eq!(bucket.wait_s(11_000), 10);
    assert_eq!(bucket.wait_s(i64::MAX / 2), 0);
    for _ in 0..Bucket::MOST {
        bucket.wrong();
    }
    assert!(bucket.wait_s(i64::MAX / 2) > 0, "no more than a full bucket is saved up");
}
