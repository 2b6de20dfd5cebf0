use licensing::bundle::LicenseKind;
use licensing::context::Context;
use licensing::guid::Guid;
use node::licenses::{Extension, LicenseError, NewLicense, Selection};

use crate::harness::{DAY, NOW, RunningNode};

fn product(guid: Guid, product: &str) -> Selection {
    Selection::Product { guid, product: product.parse().unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_license_leaves_one_bundle_and_appears_in_the_other_under_its_id() {
    let running = RunningNode::start().await;
    let (from, to) = (running.server(Context::Production).await, running.server(Context::Production).await);
    let added = running.license(&from, "TTS3", |_| ()).await;
    assert_eq!(running.exchange(&from, 1).await.1.licenses, std::slice::from_ref(&added.license));
    assert_eq!(running.exchange(&to, 2).await.1.licenses, []);
    let moved = running.node.move_licenses(&product(from.guid, "TTS3"), to.guid, None).await.unwrap();
    assert_eq!((moved.len(), moved[0].guid), (1, to.guid));
    assert_eq!(running.exchange(&from, 3).await.1.licenses, []);
    let (_, bundle) = running.exchange(&to, 4).await;
    assert_eq!((bundle.serial.get(), bundle.licenses), (2, vec![added.license]));
    let again = running.node.move_licenses(&product(from.guid, "TTS3"), to.guid, None).await;
    assert!(matches!(again, Err(LicenseError::NoProduct { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_license_comes_back_when_it_is_extended() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let id = running.license(&server, "TTS3", |l| l.expires = Some(NOW + DAY)).await.license.id;
    running.clock.advance(2 * DAY);
    assert_eq!(running.exchange(&server, 1).await.1.licenses, []);
    let by = Extension { expires: Some(Some(NOW + 3 * DAY)), ..Extension::default() };
    running.node.extend_licenses(&Selection::Id(format!(" {} ", id.to_lowercase())), &by).await.unwrap();
    assert_eq!(running.exchange(&server, 2).await.1.licenses[0].id, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_date_is_refused_unless_it_is_meant() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.license(&server, "TTS3", |l| (l.expires, l.maintenance) = (Some(NOW + 9 * DAY), Some(NOW + DAY))).await;
    let which = product(server.guid, "TTS3");
    let extend = async |by| running.node.extend_licenses(&which, &by).await;
    let (kept, none) = (Extension::default(), Extension::default);
    assert!(matches!(extend(kept).await, Err(LicenseError::NothingAsked)));
    let earlier = Extension { expires: Some(Some(NOW + DAY)), ..none() };
    assert!(matches!(extend(earlier).await, Err(LicenseError::Shorter { .. })));
    let earlier = Extension { expires: Some(Some(NOW + 10 * DAY)), maintenance: Some(Some(NOW)), ..none() };
    assert!(matches!(extend(earlier).await, Err(LicenseError::Shorter { .. })));
    let unchanged = running.node.licenses(Some(server.guid), false).await.unwrap();
    assert_eq!(unchanged[0].license.expires, Some(NOW + 9 * DAY), "a refused extension changes nothing at all");
    let meant = Extension { expires: Some(Some(NOW + DAY)), shorten: true, ..none() };
    assert_eq!(extend(meant).await.unwrap()[0].license.expires, Some(NOW + DAY));
    let never = Extension { expires: Some(None), maintenance: Some(None), ..none() };
    let license = extend(never).await.unwrap().remove(0).license;
    assert_eq!((license.expires, license.maintenance_expires), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_license_is_refused() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let base = NewLicense {
        guid: server.guid,
        product: "TTS3".parse().unwrap(),
        kind: LicenseKind::Concurrent,
        count: 1,
        expires: None,
        maintenance: None,
        version: None,
        context: None,
    };
    let cases = [
        (NewLicense { count: 0, ..base.clone() }, "1 to 9007199254740991"),
        (NewLicense { count: 1 << 53, ..base.clone() }, "9007199254740992 is out of range"),
        (NewLicense { kind: LicenseKind::Countdown, ..base.clone() }, "ve issue --type countdown --hours"),
        (NewLicense { version: Some("16".to_owned()), ..base.clone() }, "16.0"),
        (NewLicense { expires: Some(NOW), ..base.clone() }, "2026-11-22 00:41 UTC"),
        (NewLicense { guid: Guid::from_bytes([9; 16]).unwrap(), ..base.clone() }, "{09090909-"),
    ];
    for (new, part) in cases {
        let error = running.node.add_license(&new).await.unwrap_err();
        assert!(error.to_string().contains(part), "{part}: {error}");
        assert!(node::NodeError::is_refusal(&error));
    }
    assert!(running.node.licenses(None, true).await.unwrap().is_empty());
    running.node.add_license(&base).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_license_is_listed_only_when_asked_for() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let id = running.license(&server, "TTS3", |_| ()).await.license.id;
    running.node.remove_licenses(&Selection::Id(id.clone())).await.unwrap();
    assert!(running.node.licenses(Some(server.guid), false).await.unwrap().is_empty());
    let all = running.node.licenses(None, true).await.unwrap();
    assert_eq!((all[0].license.id.as_str(), all[0].removed_at), (id.as_str(), Some(NOW)));
    let again = running.node.remove_licenses(&Selection::Id(id)).await;
    assert!(matches!(again, Err(LicenseError::NoLicense(_))));
}
