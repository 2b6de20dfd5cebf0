//! The installed licenses: the signed bundle, verified each time it is loaded.

use std::sync::{Arc, Mutex, PoisonError};

use licensing::bundle::{self, Bundle, License, LicenseKind, LicenseStatus, LicenseVerdict, SignedBundle, standing};
use licensing::context::Context;
use licensing::guid::Guid;
use licensing::status_response::{AcceptedResponse, InstalledBundle};
use licensing::vendor_key::VendorKey;
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::Engine;

/// The installed bundle.
#[derive(Debug, Clone)]
pub(crate) struct BundleInForce {
    pub bundle: Bundle,
    pub signed: SignedBundle,
    /// Those of the bundle, in the order of product and id.
    licenses: Vec<Arc<License>>,
    /// When it was installed, Unix milliseconds.
    pub at: i64,
}

impl BundleInForce {
    pub(super) fn from_accepted(accepted: &AcceptedResponse, at: i64) -> Self {
        Self::new(accepted.bundle.clone(), accepted.signed_bundle.clone(), at)
    }

    fn new(bundle: Bundle, signed: SignedBundle, at: i64) -> Self {
        let mut licenses: Vec<Arc<License>> = bundle.licenses.iter().cloned().map(Arc::new).collect();
        licenses.sort_by(|a, b| (a.product.as_str(), &a.id).cmp(&(b.product.as_str(), &b.id)));
        Self { bundle, signed, licenses, at }
    }

    /// What a newer bundle is compared with.
    pub(super) fn stamp(&self) -> InstalledBundle {
        InstalledBundle { serial: self.bundle.serial, sha256: self.signed.sha256() }
    }

    pub(super) async fn store(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        status_id: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO bundle (id, guid, serial, sha256, signed, status_id, installed_at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET guid = ?1, serial = ?2, sha256 = ?3, signed = ?4, status_id = ?5, installed_at = ?6",
        )
        .bind(self.bundle.guid.to_string())
        .bind(i64::try_from(self.bundle.serial.get()).unwrap_or(i64::MAX))
        .bind(self.signed.sha256())
        .bind(serde_json::to_string(&self.signed).expect("a signed bundle always serializes"))
        .bind(status_id)
        .bind(self.at)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// The stored bundle, if its signature is valid. One altered in the database is not loaded, and logged as an error.
    pub(crate) async fn load(pool: &SqlitePool, keys: &[VendorKey]) -> Result<Option<Self>, sqlx::Error> {
        let stored: Option<(String, i64)> =
            sqlx::query_as("SELECT signed, installed_at FROM bundle").fetch_optional(pool).await?;
        let Some((signed, installed_at)) = stored else { return Ok(None) };
        let Ok(signed) = serde_json::from_str::<SignedBundle>(&signed) else {
            tracing::error!(
                "can't read the stored licenses, so they are not loaded; the next sync will bring them back"
            );
            return Ok(None);
        };
        match signed.verify(keys) {
            Ok(bundle) => Ok(Some(Self::new(bundle, signed, installed_at))),
            Err(error) => {
                tracing::error!(%error, "the stored licenses don't match the vendor's signature, so they are not loaded");
                Ok(None)
            }
        }
    }
}

/// A license and whether it is in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseItem {
    /// As the vendor signed it.
    pub license: Arc<License>,
    /// Whether it is in service, and why not.
    pub verdict: LicenseVerdict,
    /// Licenses of it in use by applications now.
    pub in_use: u64,
    /// It is in service, and more of its product is reserved for clients than is licensed now.
    pub over_committed: bool,
}

/// All licenses of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licenses {
    /// In the order of product and id.
    pub items: Vec<LicenseItem>,
    /// Their serial.
    pub serial: u64,
    /// Their context.
    pub context: Context,
    /// When they were installed, Unix milliseconds.
    pub installed_at: i64,
}

/// How the licenses stood at the last look. It holds while all that it depends on is the same, so that pages of many licenses don't
/// judge each anew.
#[derive(Debug, Default)]
pub(crate) struct LastStandings(Mutex<Option<Look>>);

#[derive(Debug)]
struct Look {
    of: LookedAt,
    /// From this time to before that one, at which the next license ends.
    from: i64,
    until: i64,
    licenses: Arc<Licenses>,
}

/// What the standings depend on, besides the time.
#[derive(Debug)]
struct LookedAt {
    installed: Arc<BundleInForce>,
    guid: Option<Guid>,
    flexible: bool,
    in_service: bool,
}

impl Look {
    fn holds(&self, of: &LookedAt, now: i64) -> bool {
        Arc::ptr_eq(&self.of.installed, &of.installed)
            && (self.of.guid, self.of.flexible, self.of.in_service) == (of.guid, of.flexible, of.in_service)
            && (self.from..self.until).contains(&now)
    }
}

impl LookedAt {
    fn judge(&self, now: i64) -> Licenses {
        let installed = &self.installed;
        let verdict = |license: &License| match self.guid {
            Some(guid) if self.flexible && guid == installed.bundle.guid => {
                standing(license, installed.bundle.context, self.in_service, now)
            }
            Some(guid) if self.flexible => LicenseVerdict {
                standing: LicenseStatus::OtherServer,
                reason: Some(format!(
                    "These licenses are for {}, but license_server.conf has the GUID {guid}. Restore the GUID, or register the new one and sync.",
                    installed.bundle.guid
                )),
            },
            _ => LicenseVerdict {
                standing: LicenseStatus::OtherServer,
                reason: Some(
                    "Flexible licensing is off, or license_server.conf has no GUID. Turn it on to use these licenses."
                        .to_owned(),
                ),
            },
        };
        let item = |license: &Arc<License>| LicenseItem {
            license: license.clone(),
            verdict: verdict(license),
            in_use: 0,
            over_committed: false,
        };
        Licenses {
            items: installed.licenses.iter().map(item).collect(),
            serial: installed.bundle.serial.get(),
            context: installed.bundle.context,
            installed_at: installed.at,
        }
    }
}

impl Engine {
    /// The installed bundle.
    pub(crate) fn installed(&self) -> Option<Arc<BundleInForce>> {
        self.installed.borrow().clone()
    }

    pub(super) fn adopt_installed(&self, installed: BundleInForce) {
        self.installed.send_replace(Some(Arc::new(installed)));
    }

    /// Notified when the licenses change.
    pub fn license_changes(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut receiver = self.installed.subscribe();
        async move {
            let _ = receiver.changed().await;
        }
    }

    /// The context of the installed licenses.
    pub fn context(&self) -> Option<Context> {
        self.installed().map(|installed| installed.bundle.context)
    }

    /// All licenses, in service or not; empty before the first sync.
    pub fn licenses(&self) -> Option<Licenses> {
        let mut all = Arc::unwrap_or_clone(self.standings()?);
        self.spread_use(&mut all.items);
        Some(all)
    }

    /// What the contact clock means for the licenses there are, in one or two sentences.
    pub fn contact_effect(&self) -> String {
        let all = self.standings();
        let counts: Vec<_> = all.iter().flat_map(|all| &all.items).map(|item| (item.verdict.standing, 1)).collect();
        bundle::effect(self.contact().rule(), &counts)
    }

    /// The same without numbers in use.
    pub(crate) fn standings(&self) -> Option<Arc<Licenses>> {
        let installed = self.installed()?;
        let contact = self.contact();
        let of = {
            let conf = self.conf.borrow();
            let (guid, flexible) = (conf.effective.guid, conf.effective.flexible);
            LookedAt { installed, guid, flexible, in_service: contact.in_service() }
        };
        let mut last = self.last_standings.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = last.as_ref().filter(|look| look.holds(&of, contact.high_water)) {
            return Some(look.licenses.clone());
        }
        let licenses = Arc::new(of.judge(contact.high_water));
        let ends = of.installed.licenses.iter().filter_map(|license| license.expires);
        let until = ends.filter(|end| *end > contact.high_water).min().unwrap_or(i64::MAX);
        *last = Some(Look { of, from: contact.high_water, until, licenses: licenses.clone() });
        Some(licenses)
    }

    /// Use is counted by product, and shown with the licenses in service, filling the first one first.
    fn spread_use(&self, items: &mut [LicenseItem]) {
        let mut left = self.leases.in_use();
        let over = self.leases.over_committed();
        let active = |item: &LicenseItem| item.verdict.standing == LicenseStatus::Active;
        for item in items.iter_mut().filter(|item| active(item)) {
            item.over_committed = over.contains(&item.license.product);
            let Some(left) = left.get_mut(&item.license.product) else { continue };
            item.in_use = if item.license.kind == LicenseKind::Metered { *left } else { item.license.count.min(*left) };
            *left -= item.in_use;
        }
        // If the licensed number fell, more may be in use than licensed; show it all.
        for item in items.iter_mut().filter(|item| active(item)).rev() {
            item.in_use += left.remove(&item.license.product).unwrap_or(0);
        }
    }

    /// Whether any license is in service.
    pub fn in_service(&self) -> bool {
        self.standings().is_some_and(|all| all.items.iter().any(|item| item.verdict.standing == LicenseStatus::Active))
    }
}
