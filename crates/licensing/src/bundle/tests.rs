use rstest::rstest;
use serde_json::json;

use super::{samples::*, *};
use crate::{
    canonical::{self, LARGEST_INTEGER},
    vendor_key::{VendorKey, VendorSecret},
};

/// A bundle of any content, signed.
fn signed(bundle: Value) -> SignedBundle {
    let signature = canonical::sign(&secret(), DOMAIN, &bundle).unwrap();
    SignedBundle { bundle, key_id: secret().public().id(), signature }
}

fn keys() -> [VendorKey; 2] {
    [VendorSecret::from_seeds([8; 32], [9; 32]).public(), secret().public()]
}

#[test]
fn a_bundle_on_the_wire_has_these_members() {
    let mut bundle = bundle();
    bundle.licenses.truncate(1);
    bundle.licenses[0].maintenance_expires = None;
    assert_eq!(
        Value::from(bundle),
        json!({
            "format": "leasehold bundle 1", "guid": "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}", "context": "production",
            "serial": 3, "issued": "2026-11-22T00:41:42.000Z", "customer": "ACME", "contact-limit-days": 60,
            "deployments": ["df9960a1-7bd5-633b-f0f4-b1470bbd0b8e"],
            "licenses": [{
                "id": "L-1", "product": "TTS3", "kind": "concurrent", "count": 50, "context": "production",
                "hours": null, "expires": "2026-12-22T00:41:42.000Z", "maintenance-expires": null, "version": "2.1",
            }],
        })
    );
}

#[test]
fn a_signed_bundle_verifies_with_its_key_and_reads_back() {
    let signed = SignedBundle::sign(&secret(), &bundle());
    assert_eq!(signed.verify(&keys()), Ok(bundle()));
    let text = serde_json::to_string_pretty(&signed).unwrap();
    let again: SignedBundle = serde_json::from_str(&text).unwrap();
    assert_eq!((again.sha256(), again.verify(&keys())), (signed.sha256(), Ok(bundle())));
    assert_eq!(serde_json::from_str::<Bundle>(&serde_json::to_string(&bundle()).unwrap()).unwrap(), bundle());

    let key_id = signed.key_id;
    assert_eq!(signed.verify(&keys()[..1]), Err(BundleError::UnknownKey { key_id }));
    assert_eq!(signed.verify(&[]), Err(BundleError::UnknownKey { key_id }));
    let mut changed = signed.clone();
    changed.bundle["licenses"][0]["count"] = json!(500);
    assert_eq!(changed.verify(&keys()), Err(BundleError::BadSignature));
    assert_ne!(changed.sha256(), signed.sha256());
    let renamed = SignedBundle { key_id: keys()[0].id(), ..signed };
    assert_eq!(renamed.verify(&keys()), Err(BundleError::BadSignature));
}

#[test]
fn unknown_members_are_signed_and_ignored() {
    let mut value = Value::from(bundle());
    value["colour"] = json!("blue");
    value["licenses"][0]["more"] = json!({"a": [1]});
    let signed = signed(value);
    assert_eq!(signed.verify(&keys()), Ok(bundle()));
    let mut stripped = signed;
    stripped.bundle.as_object_mut().unwrap().remove("colour");
    assert_eq!(stripped.verify(&keys()), Err(BundleError::BadSignature));
}

#[test]
fn numbers_too_large_for_json_are_written_as_the_largest() {
    let mut big = bundle();
    big.serial = Serial(u64::MAX);
    big.licenses[0].count = u64::MAX;
    let read = SignedBundle::sign(&secret(), &big).verify(&keys()).unwrap();
    assert_eq!((read.serial.get(), read.licenses[0].count), (LARGEST_INTEGER, LARGEST_INTEGER));
    assert_eq!(Serial(3).next(), Serial(4));
}

#[test]
fn a_bundle_that_cannot_be_signed_still_has_a_digest_of_its_own() {
    let [one, two] = [u64::MAX, u64::MAX - 1].map(|number| SignedBundle {
        bundle: json!({ "serial": number }),
        key_id: secret().public().id(),
        signature: String::new(),
    });
    assert_ne!(one.sha256(), two.sha256());
}

#[rstest]
#[case("/format", json!("leasehold bundle 2"), "format")]
#[case("/guid", json!("{00000000-0000-0000-0000-000000000000}"), "guid")]
#[case("/context", json!("staging"), "context")]
#[case("/serial", json!("3"), "serial")]
#[case("/serial", json!(-3), "serial")]
#[case("/serial", json!(3.5), "serial")]
#[case("/issued", json!(1_795_308_102), "issued")]
#[case("/customer", json!(null), "customer")]
#[case("/contact-limit-days", json!(5_000_000_000_u64), "contact-limit-days")]
#[case("/deployments", json!("x"), "deployments")]
#[case("/deployments/0", json!(7), "deployments[0]")]
#[case("/licenses", json!({}), "licenses")]
#[case("/licenses", json!(vec![json!(1); MOST_LICENSES + 1]), "licenses")]
#[case("/licenses/1", json!([]), "licenses[1]")]
#[case("/licenses/1/id", json!(""), "licenses[1].id")]
#[case("/licenses/1/id", json!("x".repeat(65)), "licenses[1].id")]
#[case("/licenses/1/id", json!("L-1"), "licenses[1].id")]
#[case("/licenses/1/product", json!("a b"), "licenses[1].product")]
#[case("/licenses/1/kind", json!("eternal"), "licenses[1].kind")]
#[case("/licenses/1/kind", json!("countdown"), "licenses[1].hours")]
#[case("/licenses/1/count", json!(true), "licenses[1].count")]
#[case("/licenses/1/context", json!(1), "licenses[1].context")]
#[case("/licenses/1/hours", json!("1"), "licenses[1].hours")]
#[case("/licenses/1/expires", json!("soon"), "licenses[1].expires")]
#[case("/licenses/1/maintenance-expires", json!(0), "licenses[1].maintenance-expires")]
#[case("/licenses/1/version", json!(2.1), "licenses[1].version")]
fn a_wrong_field_is_named_with_its_place(#[case] at: &str, #[case] new: Value, #[case] expected: &str) {
    let mut value = Value::from(bundle());
    *value.pointer_mut(at).unwrap() = new;
    let error = signed(value).verify(&keys()).unwrap_err();
    assert!(matches!(&error, BundleError::Field { field, .. } if field == expected), "{error:?}");
    assert!(error.to_string().ends_with("again."), "{error}");
}

#[test]
fn ten_thousand_licenses_are_read() {
    let mut many = bundle();
    many.licenses = (0..MOST_LICENSES).map(|number| license(&format!("L-{number}"), "TTS3")).collect();
    assert_eq!(SignedBundle::sign(&secret(), &many).verify(&keys()).unwrap().licenses.len(), MOST_LICENSES);
}

#[rstest]
#[case("TTS3", true)]
#[case("a-Z_0.9", true)]
#[case(&"x".repeat(64), true)]
#[case(&"x".repeat(65), false)]
#[case("", false)]
#[case("TTS 3", false)]
#[case("TTS3\n", false)]
#[case("Ü", false)]
fn a_product_code_is_short_and_plain(#[case] text: &str, #[case] good: bool) {
    let read: Result<ProductCode, _> = text.parse();
    assert_eq!(read.is_ok(), good, "{text}");
    assert_eq!(serde_json::from_value::<ProductCode>(json!(text)).is_ok(), good);
    match read {
        Ok(code) => assert_eq!((code.as_str(), serde_json::to_value(&code).unwrap()), (text, json!(text))),
        Err(error) => assert!(error.to_string().ends_with('.')),
    }
}

#[test]
fn every_kind_reads_back_in_any_case() {
    for kind in LicenseKind::ALL {
        assert_eq!(kind.label().to_uppercase().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.as_str()));
    }
    assert_eq!("perpetual".parse::<LicenseKind>(), Err(KindError));
}
