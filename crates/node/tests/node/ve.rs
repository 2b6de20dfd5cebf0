//! VE licenses: bound to the machine of a request, signed by this node, each with a greater serial.

use licensing::guid::Guid;
use licensing::machine::{Component, ComponentName, ComponentReading, MachineIdentity};
use licensing::ve::request::VeLicenseRequest;
use licensing::ve::{LicenseText, MOST_HOURS, VeLicenseKind};
use node::NodeError;
use node::ve::{NewProduct, NewVe, VeError};

use crate::harness::{DAY, NOW, RunningNode};

fn request(machine_id: &str) -> VeLicenseRequest {
    let value = |name, text: &str| Component { name, reading: ComponentReading::Value(text.to_owned()) };
    let machine =
        MachineIdentity::new([value(ComponentName::MachineId, machine_id), value(ComponentName::Hypervisor, "KVM")]);
    VeLicenseRequest::new(&machine, Some(Guid::from_bytes([7; 16]).unwrap()), "licenses", NOW)
}

fn new(machine_id: &str) -> NewVe {
    let product = NewProduct {
        name: "Charon-SSP/4U".to_owned(),
        codes: vec!["test".to_owned()],
        version: (5, 3),
        cpus: 4,
        memory_mb: 4096,
        instances: 4,
    };
    NewVe {
        request: request(machine_id),
        kind: VeLicenseKind::Countdown { hours: 100 },
        customer: "ACME".to_owned(),
        platform: None,
        grace_min: 120,
        interval_min: 60,
        products: vec![product],
    }
}

#[tokio::test]
async fn a_license_is_signed_bound_and_numbered() {
    let running = RunningNode::start().await;
    let node = &running.node;
    let first = node.issue_ve(&new("a")).await.unwrap().text;
    let again = node.issue_ve(&new("a")).await.unwrap().text;
    let other = node.issue_ve(&new("b")).await.unwrap().text;
    let ids: Vec<_> = [&first, &again, &other].map(|text| text.license.license_id.clone()).to_vec();
    assert_eq!(ids, ["01.00000001.001.001", "01.00000001.001.002", "01.00000001.002.001"]);
    assert_eq!((first.license.serial, again.license.serial, other.license.serial), (1, 2, 1));
    assert_eq!(LicenseText::parse(first.to_text().as_bytes()).unwrap().verify(&[node.key()]), Ok(node.key()));
    assert_eq!(first.license.bound, request("a").bound);
    assert_eq!((first.license.platform.as_str(), first.license.released), ("KVM", Some(NOW)));
    let listed = node.ve_licenses(None).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].text, other);
    assert_eq!(node.ve_licenses(Some(Guid::from_bytes([8; 16]).unwrap())).await.unwrap(), []);
}

#[tokio::test]
async fn a_product_keeps_its_passphrase_and_a_new_one_gets_its_own() {
    let running = RunningNode::start().await;
    let node = &running.node;
    let first = node.issue_ve(&new("a")).await.unwrap().text.license.products;
    let mut more = new("a");
    more.products.push(NewProduct { name: "Charon-SSP/4M".to_owned(), ..more.products[0].clone() });
    let second = node.issue_ve(&more).await.unwrap().text.license.products;
    assert_eq!(first[0].passphrase, second[0].passphrase);
    assert!(second[1].passphrase.is_some() && second[1].passphrase != second[0].passphrase);
}

#[tokio::test]
async fn what_cannot_be_issued_is_refused_and_leaves_nothing() {
    let running = RunningNode::start().await;
    let node = &running.node;
    node.issue_ve(&new("a")).await.unwrap();
    let refused = |change: fn(&mut NewVe)| {
        let mut new = new("a");
        change(&mut new);
        new
    };
    for (new, words) in [
        (refused(|new| new.kind = VeLicenseKind::Countdown { hours: 0 }), "--hours 0 is out of range"),
        (refused(|new| new.kind = VeLicenseKind::Countdown { hours: MOST_HOURS + 1 }), "is out of range: enter 1 to"),
        (refused(|new| new.kind = VeLicenseKind::Normal { until: NOW - DAY }), "would already have ended"),
        (refused(|new| new.customer = "a\nK_GRACE=1".to_owned()), "customer name"),
        (refused(|new| new.customer = "Other".to_owned()), "already has licenses of ACME"),
        (refused(|new| new.interval_min = 0), "--interval 0"),
        (refused(|new| new.grace_min = u32::MAX), "--grace"),
        (refused(|new| new.products.clear()), "1 to 1000 products"),
        (refused(|new| new.products[0].name = "a\nb".to_owned()), "could not be read back"),
        (refused(|new| new.products[0].instances = 0), "P_INSTANCE"),
    ] {
        let error: VeError = node.issue_ve(&new).await.unwrap_err();
        assert!(error.is_refusal() && error.to_string().contains(words), "{error}");
    }
    assert_eq!(node.ve_licenses(None).await.unwrap().len(), 1);
    assert_eq!(node.customers().await.unwrap().len(), 1, "a refusal adds no customer");
}
