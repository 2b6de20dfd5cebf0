//! License texts: what is read, what is refused, and that a signature covers every character that matters.

mod admission;
mod request;
mod seal;
mod text;

use super::*;
use crate::machine::{Component, ComponentName, ComponentReading, MachineIdentity};
use crate::vendor_key::VendorSecret;

fn machine() -> MachineIdentity {
    let value = |name, text: &str| Component { name, reading: ComponentReading::Value(text.to_owned()) };
    MachineIdentity::new([
        value(ComponentName::MachineId, "4c4c4544004d3510"),
        value(ComponentName::CpuCores, "4"),
        value(ComponentName::Hypervisor, "Amazon EC2"),
        value(ComponentName::HostName, "licenses"),
        Component {
            name: ComponentName::ProductUuid,
            reading: ComponentReading::Unknown("permission denied".to_owned()),
        },
    ])
}

fn secret() -> VendorSecret {
    VendorSecret::from_seeds([7; 32], [8; 32])
}

pub(crate) fn license() -> VeLicense {
    let product = VeEntitlement {
        name: "Charon-SSP/4U".to_owned(),
        codes: vec!["Charon-SSP-ALL".to_owned(), "test".to_owned()],
        passphrase: "1111-2222-3333-4444".parse().ok(),
        major: 5,
        minor: 3,
        cpus: 4,
        memory_mb: 4096,
        instances: 2,
        until: None,
    };
    let second = VeEntitlement {
        name: "Charon-SSP/4M".to_owned(),
        codes: Vec::new(),
        passphrase: "5555666677778888".parse().ok(),
        until: Some(1_900_000_000_000),
        ..product.clone()
    };
    VeLicense {
        fingerprint: machine().fingerprint().into(),
        license_id: "01.00000001.002.045".to_owned(),
        kind: VeLicenseKind::Countdown { hours: 100 },
        customer: "Stromasys/Testing".to_owned(),
        platform: "amazon.aws".to_owned(),
        released: Some(1_593_308_906_000),
        grace_min: 120,
        interval_min: 60,
        serial: 3,
        guid: "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".parse().ok(),
        bound: machine().bound(),
        products: vec![product, second],
    }
}
