//! What was issued to a server: signed, with a serial that only grows.

use licensing::bundle::{Bundle, License, Serial, SignedBundle};
use sqlx::SqliteConnection;

use crate::servers::RegisteredServer;
use crate::store::decode;
use crate::{Node, deployments, licenses};

/// A bundle that does not verify with the node's own key: the database was changed by something else.
#[derive(Debug, thiserror::Error)]
#[error("the last bundle, serial {serial}, can't be read back: {reason}")]
struct Unreadable {
    serial: i64,
    reason: String,
}

impl Node {
    /// The bundle to answer `server` with. When nothing has changed since the last one, that one, byte for byte; else a
    /// new one with the next serial, which is stored here.
    pub(crate) async fn issue(
        &self,
        connection: &mut SqliteConnection,
        server: &RegisteredServer,
        now: i64,
    ) -> Result<(SignedBundle, Bundle), sqlx::Error> {
        let mut bundle = Bundle {
            guid: server.guid,
            context: server.context,
            serial: Serial(1),
            issued: now,
            customer: server.customer.clone(),
            contact_limit_days: server.contact_days.days(),
            deployments: deployments::of(connection, server.id).await?.into_iter().map(|d| d.id).collect(),
            licenses: in_force(connection, server.id, now).await?,
        };
        if let Some((stored, last)) = self.last_issued(connection, server).await? {
            // The same content under the same serial and time signs to the same bytes: then nothing has changed.
            (bundle.serial, bundle.issued) = (last.serial, last.issued);
            if SignedBundle::sign(&self.secret, &bundle) == stored {
                return Ok((stored, last));
            }
            (bundle.serial, bundle.issued) = (last.serial.next(), now);
        }
        let signed = SignedBundle::sign(&self.secret, &bundle);
        sqlx::query("INSERT INTO bundles (server_id, serial, issued, signed) VALUES (?, ?, ?, ?)")
            .bind(server.id)
            .bind(i64::try_from(bundle.serial.get()).unwrap_or(i64::MAX))
            .bind(bundle.issued)
            .bind(decode(serde_json::to_string(&signed))?)
            .execute(connection)
            .await?;
        Ok((signed, bundle))
    }

    async fn last_issued(
        &self,
        connection: &mut SqliteConnection,
        server: &RegisteredServer,
    ) -> Result<Option<(SignedBundle, Bundle)>, sqlx::Error> {
        let row: Option<(i64, String)> =
            sqlx::query_as("SELECT serial, signed FROM bundles WHERE server_id = ? ORDER BY serial DESC LIMIT 1")
                .bind(server.id)
                .fetch_optional(connection)
                .await?;
        let Some((serial, signed)) = row else { return Ok(None) };
        let signed: SignedBundle = decode(serde_json::from_str(&signed))?;
        let read = signed.verify(&[self.key()]).map_err(|error| Unreadable { serial, reason: error.to_string() });
        Ok(Some((signed, decode(read)?)))
    }

    /// The serial issued last; `None` before the first exchange.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn last_serial(&self, server: &RegisteredServer) -> Result<Option<i64>, sqlx::Error> {
        sqlx::query_scalar("SELECT MAX(serial) FROM bundles WHERE server_id = ?")
            .bind(server.id)
            .fetch_one(self.store.read())
            .await
    }
}

async fn in_force(connection: &mut SqliteConnection, server: i64, now: i64) -> Result<Vec<License>, sqlx::Error> {
    let held = licenses::of(connection, server).await?;
    Ok(held.into_iter().filter(|held| !held.has_expired(now)).map(|held| held.license).collect())
}
