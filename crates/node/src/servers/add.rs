//! Adding a server, and giving it a new auth string: both write its registration file.

use std::path::{Path, PathBuf};

use licensing::contact::Limit;
use licensing::context::Context;
use licensing::guid::Guid;
use licensing::registration_file::RegistrationFile;
use storage::file::{self, PRIVATE, StagedFile};

use super::{MOST_CONTACT_DAYS, NoServer, ServerError, find};
use crate::{Node, secret};

/// Folder of the registration files in the node's folder.
const REGISTRATIONS: &str = "registrations";

/// A server to be added.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// Whose it is.
    pub customer: String,
    /// What it is for.
    pub context: Context,
    /// Days without contact after which its licenses leave service; at least 60.
    pub contact_days: u32,
}

/// What a server's administrator needs, available only once: the node keeps only a digest of the auth string.
#[derive(Clone)]
pub struct IssuedRegistration {
    /// The server's GUID.
    pub guid: Guid,
    /// What the server proves itself with.
    pub auth_string: String,
    /// Its first deployment.
    pub deployment_id: String,
    /// For callers of its reporting API.
    pub operator_id: String,
    /// What it is for.
    pub context: Context,
    /// Whose it is.
    pub customer: String,
    /// The file with all this, the node's addresses and its key; absolute.
    pub file: PathBuf,
    /// Whether the file names an address of this node.
    pub has_address: bool,
}

impl std::fmt::Debug for IssuedRegistration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("guid", &self.guid).field("file", &self.file).finish_non_exhaustive()
    }
}

impl Node {
    /// Adds a server with its first deployment and writes its registration file, to `out` or into the node's folder.
    ///
    /// # Errors
    /// [`ServerError`]; nothing is changed then.
    pub async fn add_server(&self, new: &NewServer, out: Option<&Path>) -> Result<IssuedRegistration, ServerError> {
        if !(Limit::LEAST.days()..=MOST_CONTACT_DAYS).contains(&new.contact_days) {
            return Err(ServerError::ContactDays(new.contact_days));
        }
        let (guid, auth, now) = (secret::guid(), secret::auth_string(), self.now_ms());
        let mut tx = self.store.write().await?;
        let customer: Option<(i64, String)> = sqlx::query_as("SELECT id, name FROM customers WHERE name = ?")
            .bind(new.customer.trim())
            .fetch_optional(&mut *tx)
            .await?;
        let (customer_id, customer) =
            customer.ok_or_else(|| ServerError::NoCustomer(new.customer.trim().to_owned()))?;
        let operator_id = secret::uuid().to_string();
        let server = sqlx::query(
            "INSERT INTO servers (guid, customer_id, context, auth, operator_id, contact_days, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(guid.to_string())
        .bind(customer_id)
        .bind(new.context.as_str())
        .bind(&secret::digest(auth.as_bytes())[..])
        .bind(&operator_id)
        .bind(new.contact_days)
        .bind(now)
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        sqlx::query("INSERT INTO deployments (id, server_id, created_at) VALUES (?, ?, ?)")
            .bind(guid.compact())
            .bind(server)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let (registration, staged) = self.stage((guid, auth, operator_id, new.context, customer), out).await?;
        tx.commit().await?;
        registration.publish(staged)
    }

    /// Gives a server a new auth string and writes a new registration file; the old auth string is no longer good.
    ///
    /// # Errors
    /// [`ServerError`]; nothing is changed then.
    pub async fn reissue(&self, guid: Guid, out: Option<&Path>) -> Result<IssuedRegistration, ServerError> {
        let auth = secret::auth_string();
        let mut tx = self.store.write().await?;
        let server = find(&mut *tx, guid).await?.ok_or(NoServer(guid))?;
        sqlx::query("UPDATE servers SET auth = ? WHERE id = ?")
            .bind(&secret::digest(auth.as_bytes())[..])
            .bind(server.id)
            .execute(&mut *tx)
            .await?;
        let made = (guid, auth, server.operator_id, server.context, server.customer);
        let (registration, staged) = self.stage(made, out).await?;
        tx.commit().await?;
        registration.publish(staged)
    }

    /// Writes the file next to its final place, so that it can only fail before anything has changed.
    async fn stage(
        &self,
        (guid, auth_string, operator_id, context, customer): (Guid, String, String, Context, String),
        out: Option<&Path>,
    ) -> Result<(IssuedRegistration, StagedFile), ServerError> {
        let path = match out {
            Some(out) if std::fs::symlink_metadata(out).is_ok() => {
                return Err(ServerError::FileExists(out.to_owned()));
            }
            Some(out) => out.to_owned(),
            None => self.folder().join(REGISTRATIONS).join(format!("{}.json", guid.compact())),
        };
        let path = std::path::absolute(&path).unwrap_or(path);
        let (nodes, nodes_https) = self.addresses().await?;
        let has_address = !nodes.is_empty() || !nodes_https.is_empty();
        let text = RegistrationFile {
            guid,
            auth_string: auth_string.parse().expect("it was made of letters and digits"),
            context: Some(context),
            deployment_id: Some(guid.compact()),
            operator_id: Some(operator_id.clone()),
            customer: Some(customer.clone()),
            nodes,
            nodes_https,
            vendor_keys: vec![self.key()],
        }
        .to_json();
        let prepared = if out.is_none() { file::make_folder(&self.folder().join(REGISTRATIONS)) } else { Ok(()) };
        let staged = prepared
            .and_then(|()| StagedFile::holding(&path, text.as_bytes(), PRIVATE))
            .map_err(|source| ServerError::File { path: path.clone(), source })?;
        let deployment_id = guid.compact();
        let registration = IssuedRegistration {
            guid,
            auth_string,
            deployment_id,
            operator_id,
            context,
            customer,
            file: path,
            has_address,
        };
        Ok((registration, staged))
    }
}

impl IssuedRegistration {
    fn publish(self, staged: StagedFile) -> Result<Self, ServerError> {
        match staged.publish() {
            Ok(()) => Ok(self),
            Err(source) => Err(ServerError::NotInPlace { guid: self.guid, path: self.file, source }),
        }
    }
}
