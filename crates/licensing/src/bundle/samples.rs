//! A bundle for the tests.

use super::{Bundle, License, LicenseKind, Serial};
use crate::{
    contact::{DAY, Millis},
    context::Context,
    vendor_key::VendorSecret,
};

/// 2026-11-22T00:41:42Z.
pub(super) const NOW: Millis = 1_795_308_102_000;

pub(super) fn secret() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

pub(super) fn license(id: &str, product: &str) -> License {
    License {
        id: id.to_owned(),
        product: product.parse().unwrap(),
        kind: LicenseKind::Concurrent,
        count: 50,
        context: Context::Production,
        hours: None,
        expires: Some(NOW + 30 * DAY),
        maintenance_expires: Some(NOW + 10 * DAY),
        version: Some("2.1".to_owned()),
    }
}

pub(super) fn bundle() -> Bundle {
    Bundle {
        guid: "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".parse().unwrap(),
        context: Context::Production,
        serial: Serial(3),
        issued: NOW,
        customer: "ACME".to_owned(),
        contact_limit_days: 60,
        deployments: vec!["df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".to_owned()],
        licenses: vec![license("L-1", "TTS3"), license("L-2", "ASR_ENUS")],
    }
}
