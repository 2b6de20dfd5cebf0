use std::time::{Duration, Instant};

use tokio_rustls::rustls::{
    Error as TlsError, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    Probe, ProbeStage, ProbeTarget,
    answer::{NodeAnswer, ask},
    dial::dial,
    lookup::Lookup,
    tls::Trust,
    trouble::Trouble,
};

/// Timeout of each stage of a probe.
pub const STAGE_LIMIT: Duration = Duration::from_secs(4);

/// Why nothing can be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The given file is not PEM.
    #[error("Can't read the file with additional trusted certificates: {0}. It must be a PEM file.")]
    NotPem(String),
    /// The given file has no certificate.
    #[error("The file with additional trusted certificates has no certificate. It must be a PEM file.")]
    Empty,
    /// One of the given certificates cannot be trusted.
    #[error("Certificate {number} in the file with additional trusted certificates is invalid: {reason}.")]
    Unusable {
        /// Its place in the file; the first is 1.
        number: usize,
        /// What is wrong with it.
        reason: TlsError,
    },
    /// The encryption is not set up.
    #[error("Can't set up TLS: {0}.")]
    Tls(#[from] TlsError),
}

/// Probes ports of nodes.
#[derive(Debug, Clone)]
pub struct Prober {
    trust: Trust,
    limit: Duration,
}

impl Prober {
    /// A prober that trusts this machine's authorities and the certificates in `extra_ca_pem`. Reads certificates from
    /// disk: not for an async thread.
    ///
    /// # Errors
    /// [`ProbeError`], about `extra_ca_pem`. A machine without trusted authorities is not an error: HTTPS probes
    /// report it.
    pub fn new(extra_ca_pem: Option<&[u8]>) -> Result<Self, ProbeError> {
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "can't read some certificates that this machine trusts");
        }
        let mut roots = RootCertStore::empty();
        // Systems include outdated ones; unusable ones are skipped, as in any client.
        roots.add_parsable_certificates(native.certs);
        Self::trusting(roots, extra_ca_pem)
    }

    /// The same with `limit` for each stage instead of [`STAGE_LIMIT`].
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    pub(super) fn trusting(mut roots: RootCertStore, extra_ca_pem: Option<&[u8]>) -> Result<Self, ProbeError> {
        if let Some(pem) = extra_ca_pem {
            let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
                .collect::<Result<_, _>>()
                .map_err(|error| ProbeError::NotPem(error.to_string()))?;
            if certificates.is_empty() {
                return Err(ProbeError::Empty);
            }
            for (index, certificate) in certificates.into_iter().enumerate() {
                roots.add(certificate).map_err(|reason| ProbeError::Unusable { number: index + 1, reason })?;
            }
        }
        Ok(Self { trust: Trust::new(roots)?, limit: STAGE_LIMIT })
    }

    /// Probes one port of one node. Never fails: a failure is the result.
    pub async fn probe(&self, target: &ProbeTarget) -> Probe {
        let lookup = self.look_up(&target.host).await;
        self.probe_at(target, lookup).await
    }

    pub(super) async fn look_up(&self, host: &str) -> Lookup {
        Lookup::of(host, self.limit).await
    }

    /// The same for a name that is already resolved.
    pub(super) async fn probe_at(&self, target: &ProbeTarget, lookup: Lookup) -> Probe {
        let started = Instant::now();
        let outcome = self.outcome(target, &lookup).await;
        let took = lookup.took.saturating_add(started.elapsed());
        let (clock_ms, software) =
            outcome.as_ref().map_or((None, None), |answer| (answer.clock_ms, answer.software.clone()));
        let (ok, stage, sentence, issuer) = match outcome {
            Ok(answer) => (true, ProbeStage::Http, reached(target, answer.status), None),
            Err(trouble) => (false, trouble.stage(), trouble.to_string(), trouble.issuer()),
        };
        Probe {
            target: target.clone(),
            ok,
            stage,
            ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
            sentence,
            addresses: lookup.addresses.unwrap_or_default(),
            clock_ms,
            software,
            issuer,
        }
    }

    async fn outcome(&self, target: &ProbeTarget, lookup: &Lookup) -> Result<NodeAnswer, Trouble> {
        let addresses = lookup.addresses.as_ref().map_err(Trouble::clone)?;
        let stream = dial(target, addresses, self.limit).await?;
        if target.https {
            let stream = self.trust.wrap(stream, target, self.limit).await?;
            ask(stream, target, self.limit).await
        } else {
            ask(stream, target, self.limit).await
        }
    }
}

fn reached(target: &ProbeTarget, status: u16) -> String {
    let way = format!("{target} can be reached over {}", target.protocol());
    match status {
        500.. => {
            format!("{way}, but reports an error of its own (status {status}). Try to sync later.")
        }
        200..300 => format!("{way}."),
        _ => format!("{way} (status {status})."),
    }
}
