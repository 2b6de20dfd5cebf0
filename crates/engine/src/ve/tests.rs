//! The license of a machine made of files, by a vendor who signs here.

mod install;
mod machine;
mod time;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use licensing::contact::ContactState;
use licensing::ve::{LicenseText, VeEntitlement, VeLicense, VeLicenseKind, VeLicenseStatus};
use licensing::vendor_key::VendorSecret;
use tempfile::TempDir;

use super::{InstallClock, InstallError, InstalledNow, Machine, VeLicensing, VePlaces};
use crate::actor::Actor;
use crate::audit::Audit;
use crate::clock::ManualClock;
use crate::store;

const NOW: i64 = 1_800_000_000_000;
const DAY: i64 = 86_400_000;

/// A machine, a data folder, and a place outside it.
struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    vendor: VendorSecret,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::at(NOW)),
            vendor: VendorSecret::from_seeds([1; 32], [2; 32]),
        };
        world.write("etc/machine-id", "4c4c4544004d3510804ac2c04f4e3432\n");
        world.write("sys/class/dmi/id/product_uuid", "4C4C4544-004D-3510-804A-C2C04F4E3432\n");
        world.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
        world.write("sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n");
        world.cores(4);
        world.write("proc/sys/kernel/hostname", "licenses\n");
        world
    }

    fn machine(&self) -> PathBuf {
        self.folder.path().join("machine")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.machine().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.machine().join(path)).unwrap();
    }

    /// As if this user might not read it: a folder cannot be read as a file, whoever asks.
    fn hide(&self, path: &str) {
        self.remove(path);
        std::fs::create_dir(self.machine().join(path)).unwrap();
    }

    fn cores(&self, count: usize) {
        let one = |index| format!("processor\t: {index}\nflags\t\t: fpu hypervisor\n\n");
        self.write("proc/cpuinfo", &(0..count).map(one).collect::<String>());
    }

    /// A server on the data folder `name`.
    async fn server(&self, name: &str) -> VeLicensing {
        let data = self.folder.path().join(name);
        std::fs::create_dir_all(&data).unwrap();
        let store = store::open(&data, NOW).await.unwrap();
        let audit = Audit::new(store.clone(), data.clone(), self.clock.clone());
        let anchors = vec![data.join("ve.anchor"), self.folder.path().join("state/ve.anchor")];
        let places = VePlaces { machine: Machine::below(&self.machine()), anchors };
        VeLicensing::open(store, audit, self.clock.clone(), places, NOW).await.unwrap()
    }

    /// A license for this machine as it is, with changes.
    fn license(&self, serial: u64, change: impl FnOnce(&mut VeLicense)) -> Vec<u8> {
        let identity = Machine::below(&self.machine()).identity();
        let product = VeEntitlement {
            name: "Charon-SSP/4U".to_owned(),
            codes: Vec::new(),
            passphrase: "1111-2222-3333-4444".parse().ok(),
            major: 5,
            minor: 3,
            cpus: 4,
            memory_mb: 4096,
            instances: 2,
            until: None,
        };
        let mut license = VeLicense {
            fingerprint: identity.fingerprint().into(),
            license_id: format!("01.00000001.001.{serial:03}"),
            kind: VeLicenseKind::Normal { until: NOW + 100 * DAY },
            customer: "ACME".to_owned(),
            platform: String::new(),
            released: Some(NOW),
            grace_min: 120,
            interval_min: 60,
            serial,
            guid: None,
            bound: identity.bound(),
            products: vec![product],
        };
        change(&mut license);
        LicenseText::sign(&self.vendor, &license).unwrap().to_text().into_bytes()
    }

    async fn install(&self, ve: &VeLicensing, text: &[u8]) -> Result<InstalledNow, InstallError> {
        ve.install(text, Some(self.vendor.public().fingerprint()), &actor(), at(NOW)).await
    }
}

/// A contact clock that agrees with the machine's.
fn at(now: i64) -> InstallClock<'static> {
    InstallClock { keeper: None, state: ContactState::unregistered(now), wall: now }
}

fn actor() -> Actor {
    Actor { name: "root".to_owned(), ..Actor::system() }
}

fn in_force(standing: &VeLicenseStatus) -> bool {
    standing.in_force()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
