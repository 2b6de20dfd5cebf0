use rustls::pki_types::pem::PemObject;

use super::*;
use crate::settings::{Flags, resolve};

fn settings(folder: &Path, more: &[(&'static str, &str)]) -> Settings {
    let flags = Flags::default().set("data", folder.display().to_string());
    resolve(&more.iter().fold(flags, |flags, (name, value)| flags.set(name, *value)), None).unwrap()
}

fn now() -> i64 {
    SystemClock.now_ms() / 1000
}

fn fingerprint_of(certificate: &Certificate) -> String {
    certificate.state().shown.fingerprint.clone()
}

fn der(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

/// Writes a pair as other programs make it; returns the fingerprint.
fn given(cert: &Path, key: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["lic-01.example".to_owned()]).unwrap();
    std::fs::write(cert, made.cert.pem()).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
    engine::secret::fingerprint(made.cert.der())
}

#[test]
fn a_certificate_made_here_is_for_servers_for_all_names_and_for_396_days() {
    let folder = tempfile::tempdir().unwrap();
    let set = [("hosts", "lic-01.example"), ("public-url", "https://licenses.example"), ("console", "10.1.2.3:8084")];
    let certificate = Certificate::open(&settings(folder.path(), &set)).unwrap();
    let der = der(&folder.path().join("console.crt"));
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.server_auth && !usage.client_auth && !usage.any);
    let validity = Validity::of(&der).unwrap();
    assert_eq!(validity.until - validity.from, 396 * DAY);
    assert!(validity.from < now() && now() + 394 * DAY < validity.until);
    let names = ["localhost", "127.0.0.1", "::1", "lic-01.example", "licenses.example", "10.1.2.3"].map(str::to_owned);
    assert!(is_for(&certificate.state().shown.key, &names), "{parsed:?}");
    assert!(!is_for(&certificate.state().shown.key, &["other.example".to_owned()]));
    let mode = std::fs::metadata(folder.path().join("console.key")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[rstest::rstest]
#[case(-1, 395, false)]
#[case(-351, 45, false)]
#[case(-352, 44, true)]
#[case(-400, -4, true)]
#[case(1, 396, true)]
#[case(-1, 730_000, true)]
fn one_made_here_is_due_45_days_before_its_end_or_when_browsers_refuse_it(
    #[case] from: i64,
    #[case] until: i64,
    #[case] due: bool,
) {
    let now = 1_800_000_000;
    assert_eq!(Validity { from: now + from * DAY, until: now + until * DAY }.is_due(now), due);
}

#[test]
fn it_stays_the_same_until_it_is_due_and_is_then_renewed_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::open(&settings(folder.path(), &[])).unwrap();
    let first = fingerprint_of(&certificate);
    certificate.look(now() + 349 * DAY);
    assert_eq!(fingerprint_of(&certificate), first);
    assert_eq!(fingerprint_of(&Certificate::open(&settings(folder.path(), &[])).unwrap()), first, "a restart keeps it");
    certificate.look(now() + 351 * DAY);
    let second = fingerprint_of(&certificate);
    assert_ne!(second, first);
    assert_eq!(certificate.made_here(), Some(second));
}

#[test]
fn one_that_cannot_be_used_or_lacks_a_configured_name_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("console.crt"), folder.path().join("console.key"));
    // As earlier versions made it: valid until 4096.
    let old = given(&cert, &key);
    let opened = |more| fingerprint_of(&Certificate::open(&settings(folder.path(), more)).unwrap());
    let made = opened(&[]);
    assert_ne!(made, old);
    let named = opened(&[("hosts", "lic-02.example")]);
    assert_ne!(named, made);
    assert_eq!(opened(&[("hosts", "lic-02.example")]), named);
    for damage in [&b""[..], b"-----BEGIN PRIVATE KEY-----\n", b"\xff"] {
        let before = opened(&[]);
        std::fs::write(&key, damage).unwrap();
        assert_ne!(opened(&[]), before, "{damage:?}");
    }
}

#[test]
fn a_replaced_certificate_is_shown_at_once_and_half_a_pair_never() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("given.crt"), folder.path().join("given.key"));
    let first = given(&cert, &key);
    let set = [("tls-cert", cert.to_str().unwrap()), ("tls-key", key.to_str().unwrap())];
    let certificate = Certificate::open(&settings(folder.path(), &set)).unwrap();
    assert_eq!((fingerprint_of(&certificate), certificate.made_here()), (first.clone(), None));
    let (next_cert, next_key) = (folder.path().join("next.crt"), folder.path().join("next.key"));
    let second = given(&next_cert, &next_key);
    std::fs::rename(&next_cert, &cert).unwrap();
    certificate.look(now());
    certificate.look(now());
    assert_eq!(fingerprint_of(&certificate), first, "the key is still the old one");
    std::fs::rename(&next_key, &key).unwrap();
    certificate.look(now());
    assert_eq!(fingerprint_of(&certificate), second);
    std::fs::remove_file(&cert).unwrap();
    certificate.look(now());
    certificate.look(now());
    assert_eq!(fingerprint_of(&certificate), second, "what is in use stays");
    // A certificate of somebody else is theirs to renew.
    certificate.look(now() + 4_000_000 * DAY);
    assert_eq!(fingerprint_of(&certificate), second);
}

#[test]
fn a_renewed_certificate_has_the_key_and_the_name_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("console.crt"), folder.path().join("console.key"));
    // As earlier versions made it: valid for much longer than browsers accept.
    let before = given(&cert, &key);
    let old = der(&cert);
    let certificate = Certificate::open(&settings(folder.path(), &[])).unwrap();
    assert_ne!(fingerprint_of(&certificate), before);
    let new = der(&cert);
    let [(_, old), (_, new)] = [&old, &new].map(|der| X509Certificate::from_der(der).unwrap());
    assert_eq!(new.public_key().raw, old.public_key().raw, "whoever trusts the one before trusts this one");
    assert_eq!((new.subject().as_raw(), new.issuer().as_raw()), (old.subject().as_raw(), old.subject().as_raw()));
    assert_eq!(Validity::of(&der(&cert)).unwrap().until - Validity::of(&der(&cert)).unwrap().from, 396 * DAY);
}
