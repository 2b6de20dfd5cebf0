use super::{Passphrase, VeEntitlement, VeLicense, VeLicenseStatus, write::instant};
use crate::contact::Millis;

/// A client's login.
#[derive(Debug, Clone)]
pub struct Login {
    /// The product's passphrase.
    pub passphrase: Passphrase,
    /// The product: a name or code of the license.
    pub product: String,
    /// Its version: this,
    pub major: u32,
    /// and this.
    pub minor: u32,
    /// Virtual processors it wants to run.
    pub cpus: u32,
    /// Memory it wants to run, in MB.
    pub memory_mb: u64,
}

/// Why a client may not log in. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionRefusal {
    /// Wrong passphrase or product: not saying which prevents guessing passphrases one by one.
    #[error(
        "This license server has no such product with this passphrase. Compare the client's address VE://host:port/passphrase and product with the license."
    )]
    Passphrase,
    /// No license on this server.
    #[error("This license server has no VE license. Install one there, or use another server.")]
    NoLicense,
    /// The license is bound to another machine.
    #[error(
        "The license of this server is void: {changes}. Ask its administrator for a new license from the vendor, or use another server."
    )]
    Void {
        /// What changed.
        changes: String,
    },
    /// It has expired.
    #[error("The license ended on {at} UTC. Ask the server's administrator for a newer one, or use another server.")]
    Expired {
        /// When it was.
        at: String,
    },
    /// No hours left.
    #[error(
        "This countdown license has no hours left. Return to the primary server, or ask the vendor for more hours."
    )]
    Empty,
    /// Restored data brought back an older license.
    #[error(
        "A newer license replaced the one on this server. Ask its administrator to install the newer one again, or use another server."
    )]
    Older,
    /// Newer than licensed.
    #[error(
        "This license covers versions up to {licensed_major}.{licensed_minor}, not {major}.{minor}. Use a covered version, or ask the vendor for a license of the newer one."
    )]
    Version {
        /// The client's version.
        major: u32,
        /// The client's version.
        minor: u32,
        /// The license's.
        licensed_major: u32,
        /// The license's.
        licensed_minor: u32,
    },
    /// Too many processors.
    #[error("This license allows {licensed} processors per instance, not {asked}. Configure fewer.")]
    Cpus {
        /// Asked for.
        asked: u32,
        /// P_CPU_NUM.
        licensed: u32,
    },
    /// Too much memory.
    #[error("This license allows {licensed} MB of memory per instance, not {asked} MB. Configure less.")]
    Memory {
        /// Asked for, MB.
        asked: u64,
        /// P_MAX_MEM, MB.
        licensed: u64,
    },
    /// Too many instances.
    #[error("All {licensed} instances of this license are in use. Stop one, or ask the vendor for more.")]
    Instances {
        /// P_INSTANCE.
        licensed: u32,
    },
}

/// Whether a client may log in, and to which product. `in_use` gives the instances of a product in use without this
/// client. Reveals nothing about the license without its passphrase.
///
/// # Errors
/// See [`AdmissionRefusal`].
pub fn admit<'a>(
    license: &'a VeLicense,
    standing: &VeLicenseStatus,
    login: &Login,
    in_use: impl Fn(&VeEntitlement) -> u32,
    now_ms: Millis,
) -> Result<&'a VeEntitlement, AdmissionRefusal> {
    // Compares with every product, so that timing reveals nothing.
    let opened: Vec<&VeEntitlement> =
        license.products.iter().filter(|product| product.passphrase == Some(login.passphrase)).collect();
    let mut refused = AdmissionRefusal::Passphrase;
    for product in opened.into_iter().filter(|product| product.covers(&login.product)) {
        in_force(standing)?;
        match within(product, login, in_use(product), now_ms) {
            Ok(()) => return Ok(product),
            Err(why) => refused = why,
        }
    }
    Err(refused)
}

fn in_force(standing: &VeLicenseStatus) -> Result<(), AdmissionRefusal> {
    match standing {
        VeLicenseStatus::Valid { .. } | VeLicenseStatus::Unverified { .. } => Ok(()),
        VeLicenseStatus::None => Err(AdmissionRefusal::NoLicense),
        VeLicenseStatus::Void { changes } => {
            let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
            Err(AdmissionRefusal::Void { changes: changes.join(", ") })
        }
        VeLicenseStatus::Expired { at_ms } => Err(AdmissionRefusal::Expired { at: instant(*at_ms) }),
        VeLicenseStatus::Empty => Err(AdmissionRefusal::Empty),
        VeLicenseStatus::Older { .. } => Err(AdmissionRefusal::Older),
    }
}

fn within(product: &VeEntitlement, login: &Login, in_use: u32, now_ms: Millis) -> Result<(), AdmissionRefusal> {
    if let Some(until) = product.until.filter(|until| now_ms >= *until) {
        return Err(AdmissionRefusal::Expired { at: instant(until) });
    }
    if (login.major, login.minor) > (product.major, product.minor) {
        let (licensed_major, licensed_minor) = (product.major, product.minor);
        return Err(AdmissionRefusal::Version {
            major: login.major,
            minor: login.minor,
            licensed_major,
            licensed_minor,
        });
    }
    if login.cpus > product.cpus {
        return Err(AdmissionRefusal::Cpus { asked: login.cpus, licensed: product.cpus });
    }
    if login.memory_mb > product.memory_mb {
        return Err(AdmissionRefusal::Memory { asked: login.memory_mb, licensed: product.memory_mb });
    }
    if in_use >= product.instances { Err(AdmissionRefusal::Instances { licensed: product.instances }) } else { Ok(()) }
}
