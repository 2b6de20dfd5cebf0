use licensing::contact::Millis;
use licensing::ve::request::VeLicenseRequest;
use licensing::ve::{
    LONGEST_MIN, LONGEST_NAME, LicenseText, MOST_HOURS, MOST_PRODUCTS, Passphrase, VeEntitlement, VeLicense,
    VeLicenseKind,
};
use sqlx::{Row, Sqlite, Transaction};

use super::{IssuedVe, VeError};
use crate::{Node, secret};

/// A product of a license to be issued. Its passphrase is made, or kept from the license before.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// The virtual hardware.
    pub name: String,
    /// Product codes.
    pub codes: Vec<String>,
    /// The newest version covered, major and minor.
    pub version: (u32, u32),
    /// The most processors of one instance.
    pub cpus: u32,
    /// The most memory of one instance, MB.
    pub memory_mb: u64,
    /// The most instances.
    pub instances: u32,
}

/// A license to be issued.
#[derive(Debug, Clone)]
pub struct NewVe {
    /// The machine.
    pub request: VeLicenseRequest,
    /// How long it is good.
    pub kind: VeLicenseKind,
    /// Customer; added if new.
    pub customer: String,
    /// Where the machine is; `None` for what its request says.
    pub platform: Option<String>,
    /// Grace period, minutes.
    pub grace_min: u32,
    /// Minutes between checks.
    pub interval_min: u32,
    /// What it permits.
    pub products: Vec<NewProduct>,
}

impl NewVe {
    fn check(&self, now: Millis) -> Result<(), VeError> {
        match self.kind {
            VeLicenseKind::Normal { until } if until <= now => return Err(VeError::Past(until)),
            VeLicenseKind::Countdown { hours } if !(1..=MOST_HOURS).contains(&hours) => {
                return Err(VeError::Hours(hours));
            }
            VeLicenseKind::Normal { .. } | VeLicenseKind::Countdown { .. } => {}
        }
        let customer = self.customer.trim();
        if customer.is_empty() || customer.chars().count() > LONGEST_NAME || customer.chars().any(char::is_control) {
            return Err(VeError::Customer);
        }
        if self.grace_min > LONGEST_MIN {
            return Err(VeError::Grace(self.grace_min));
        }
        if !(1..=LONGEST_MIN).contains(&self.interval_min) {
            return Err(VeError::Interval(self.interval_min));
        }
        if (1..=MOST_PRODUCTS).contains(&self.products.len()) {
            Ok(())
        } else {
            Err(VeError::Products(self.products.len()))
        }
    }
}

impl Node {
    /// Issues a license for a machine, with a greater serial than any before it. A product the machine had before keeps
    /// its passphrase, so that the addresses of its clients stay good.
    ///
    /// # Errors
    /// [`VeError`]; nothing is kept then.
    pub async fn issue_ve(&self, new: &NewVe) -> Result<IssuedVe, VeError> {
        let now = self.now_ms();
        new.check(now)?;
        let mut tx = self.store.write().await?;
        let machine = machine(&mut tx, new, now).await?;
        let last =
            sqlx::query("SELECT serial, signed FROM ve_licenses WHERE machine_id = ? ORDER BY serial DESC LIMIT 1")
                .bind(machine.id)
                .fetch_optional(&mut *tx)
                .await?;
        let (serial, before) = match last {
            Some(row) => {
                let before = LicenseText::parse(row.try_get::<String, _>("signed")?.as_bytes())?.license;
                (row.try_get::<i64, _>("serial")? + 1, before.products)
            }
            None => (1, Vec::new()),
        };
        let license_id = format!("01.{:08}.{:03}.{serial:03}", machine.customer, machine.number);
        let license = license(new, &license_id, serial, &before, now);
        let text = LicenseText::sign(&self.secret, &license)?;
        sqlx::query("INSERT INTO ve_licenses (machine_id, serial, license_id, issued, signed) VALUES (?, ?, ?, ?, ?)")
            .bind(machine.id)
            .bind(serial)
            .bind(&license_id)
            .bind(now)
            .bind(text.to_text())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(IssuedVe { issued: now, text })
    }
}

fn license(new: &NewVe, license_id: &str, serial: i64, before: &[VeEntitlement], now: Millis) -> VeLicense {
    let hypervisor = new.request.bound.mark(licensing::machine::ComponentName::Hypervisor);
    // An unnamed hypervisor doesn't tell where the machine is.
    let named = hypervisor.filter(|mark| mark.digest().is_some()).map(licensing::machine::ComponentMark::shown);
    let seen = named.filter(|name| name != "unnamed");
    VeLicense {
        fingerprint: new.request.fingerprint().into(),
        license_id: license_id.to_owned(),
        kind: new.kind,
        customer: new.customer.trim().to_owned(),
        platform: new.platform.clone().or(seen).unwrap_or_default().trim().to_owned(),
        // Whole seconds: the text has no finer ones.
        released: Some(now.div_euclid(1000) * 1000),
        grace_min: new.grace_min,
        interval_min: new.interval_min,
        serial: u64::try_from(serial).unwrap_or(1),
        guid: new.request.guid,
        bound: new.request.bound.clone(),
        products: new.products.iter().map(|asked| product(asked, before)).collect(),
    }
}

fn product(asked: &NewProduct, before: &[VeEntitlement]) -> VeEntitlement {
    let kept = before.iter().find(|product| product.name == asked.name).and_then(|product| product.passphrase);
    VeEntitlement {
        name: asked.name.clone(),
        codes: asked.codes.clone(),
        passphrase: Some(kept.unwrap_or_else(passphrase)),
        major: asked.version.0,
        minor: asked.version.1,
        cpus: asked.cpus,
        memory_mb: asked.memory_mb,
        instances: asked.instances,
        until: None,
    }
}

fn passphrase() -> Passphrase {
    loop {
        // Six of 256 bytes give no digit; of 32 at least 16 do, but for one draw in many billions.
        if let Some(passphrase) = Passphrase::from_random(secret::random::<32>()) {
            return passphrase;
        }
    }
}

struct Machine {
    id: i64,
    customer: i64,
    number: i64,
}

/// The machine of the request; added, with its customer, when it is new.
async fn machine(tx: &mut Transaction<'static, Sqlite>, new: &NewVe, now: Millis) -> Result<Machine, VeError> {
    let name = new.customer.trim();
    sqlx::query("INSERT INTO customers (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(name)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    let customer: i64 =
        sqlx::query_scalar("SELECT id FROM customers WHERE name = ?").bind(name).fetch_one(&mut **tx).await?;
    let fingerprint = new.request.fingerprint().to_string();
    let known = sqlx::query(
        "SELECT ve_machines.id, number, customer_id, name FROM ve_machines JOIN customers ON customers.id = customer_id
         WHERE fingerprint = ?",
    )
    .bind(&fingerprint)
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = known {
        if row.try_get::<i64, _>("customer_id")? != customer {
            return Err(VeError::OtherCustomer(row.try_get("name")?));
        }
        return Ok(Machine { id: row.try_get("id")?, customer, number: row.try_get("number")? });
    }
    let number: i64 = sqlx::query_scalar("SELECT coalesce(max(number), 0) + 1 FROM ve_machines WHERE customer_id = ?")
        .bind(customer)
        .fetch_one(&mut **tx)
        .await?;
    let id = sqlx::query("INSERT INTO ve_machines (fingerprint, customer_id, number, created_at) VALUES (?, ?, ?, ?)")
        .bind(&fingerprint)
        .bind(customer)
        .bind(number)
        .bind(now)
        .execute(&mut **tx)
        .await?
        .last_insert_rowid();
    Ok(Machine { id, customer, number })
}
