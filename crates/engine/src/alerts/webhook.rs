//! Webhooks: the message as JSON, posted to one configured address.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Url};
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use super::authority;
use super::channels::{Channel, ChannelSettings, Secrets};
use super::deliver::DeliveryOutcome;
use super::error::WrongFields;
use super::mail::is_loopback;
use super::message::OutgoingAlert;
use super::new_channel::NewChannel;
use crate::{https, secret};

/// Timeout of a post, including the answer.
const WHOLE: Duration = Duration::from_secs(10);
/// Part of the answer that is shown, bytes.
const SHOWN: usize = 300;
/// Header with the HMAC of the body.
const SIGNATURE: &str = "x-leasehold-signature";
/// Header with the id that identifies duplicates.
const DELIVERY: &str = "x-leasehold-delivery";
/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// Clients for posting to other machines, through the environment's proxy, and to this one.
#[derive(Debug)]
pub(super) struct Clients {
    away: Client,
    here: Client,
}

impl Clients {
    /// They trust this machine's authorities and those in `more`.
    ///
    /// # Errors
    /// A sentence that says why not.
    pub fn new(more: &[CertificateDer<'static>]) -> Result<Self, String> {
        let failed = |error: reqwest::Error| format!("Can't start the webhook client: {error}.");
        let builder = || -> Result<reqwest::ClientBuilder, String> {
            Ok(Client::builder()
                .tls_backend_preconfigured(https::tls(more)?)
                .redirect(reqwest::redirect::Policy::none())
                .timeout(WHOLE)
                .pool_max_idle_per_host(0)
                .user_agent(concat!("Leasehold/", env!("CARGO_PKG_VERSION"))))
        };
        Ok(Self { away: builder()?.build().map_err(failed)?, here: builder()?.no_proxy().build().map_err(failed)? })
    }
}

/// The settings to save; `None` if a field is invalid, which is added to `wrong`.
pub(super) fn checked(
    new: &NewChannel,
    before: Option<(&Channel, &Secrets)>,
    wrong: &mut WrongFields,
) -> Option<(ChannelSettings, Secrets)> {
    let kept = before.map(|(_, secrets)| secrets.clone()).unwrap_or_default();
    let (typed, ca) = (new.url.trim(), new.ca.trim());
    if typed.is_empty() && !kept.url.is_empty() && before.is_some_and(|(channel, _)| channel.settings.ca() != ca) {
        // A saved address is not used with another CA file: it may contain a secret.
        wrong.add("url", "The CA file has changed: enter the address again.");
    }
    let url = wrong.note("url", usable(if typed.is_empty() { &kept.url } else { typed }))?;
    let key = match (new.key.is_empty(), new.forget) {
        (false, _) => new.key.clone(),
        (true, true) => String::new(),
        (true, false) => kept.key,
    };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let host = format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default());
    let settings = ChannelSettings::Webhook { host, ca: ca.to_owned() };
    Some((settings, Secrets { url: url.to_string(), key, ..Secrets::default() }))
}

/// An address that may be posted to.
fn usable(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or("Enter an address that begins with https:// (or http:// on this machine).")?;
    if url.scheme() == "http" && !is_loopback(url.host_str().unwrap_or_default()) {
        return Err("Without TLS, Leasehold posts only to this machine. Enter an https:// address.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Leave out the user name and password before the @.");
    }
    Ok(url)
}

/// HMAC-SHA256 (RFC 2104), as lower-case hexadecimal.
pub(super) fn signature(key: &[u8], body: &[u8]) -> String {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(body).finalize();
    secret::hex(&Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize())
}

/// Posts and returns the reply.
pub(super) async fn send(clients: &Clients, ca: &str, secrets: &Secrets, parcel: &OutgoingAlert) -> DeliveryOutcome {
    let hidden = [secrets.url.as_str(), secrets.key.as_str()];
    match try_send(clients, ca, secrets, parcel).await {
        Ok(said) => DeliveryOutcome::good(said),
        Err(why) => DeliveryOutcome::bad(why, &hidden),
    }
}

async fn try_send(clients: &Clients, ca: &str, secrets: &Secrets, parcel: &OutgoingAlert) -> Result<String, String> {
    let url = Url::parse(&secrets.url).map_err(|_| "The address is invalid. Enter it again.".to_owned())?;
    let client = if url.host_str().is_some_and(is_loopback) { &clients.here } else { &clients.away };
    let body = serde_json::to_vec(parcel).expect("a message always serializes");
    let mut request = client.post(url).header(CONTENT_TYPE, "application/json").header(DELIVERY, &parcel.delivery);
    if !secrets.key.is_empty() {
        request = request.header(SIGNATURE, format!("sha256={}", signature(secrets.key.as_bytes(), &body)));
    }
    let mut response = request.body(body).send().await.map_err(|error| not_reached(error, ca))?;
    let status = response.status();
    if status.is_success() {
        return Ok(format!("The server returned {status}."));
    }
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("another address");
        return Err(format!(
            "The server returned {status} and redirects to {to}, which Leasehold doesn't follow. Enter the final address."
        ));
    }
    let mut said = Vec::new();
    while said.len() < SHOWN
        && let Ok(Some(chunk)) = response.chunk().await
    {
        said.extend_from_slice(&chunk);
    }
    said.truncate(SHOWN);
    let said = String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ");
    if said.is_empty() {
        Err(format!("The server returned {status}."))
    } else {
        Err(format!("The server returned {status}: {said}"))
    }
}

fn not_reached(error: reqwest::Error, ca: &str) -> String {
    let host = error.url().and_then(Url::host_str).unwrap_or("the address").to_owned();
    if let Some(sentence) = authority::refused(&error, host, ca) {
        return sentence;
    }
    // The address may be a secret.
    let error = error.without_url();
    if error.is_timeout() {
        return format!("No response within {} s.", WHOLE.as_secs());
    }
    let cause = https::root_cause(&error);
    if error.is_connect() { format!("Can't reach the address: {cause}") } else { format!("The post failed: {cause}") }
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// Of RFC 4231, the cases with a whole digest: a short key, a text as key, and a key longer than a block.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, text, expected) in cases {
            assert_eq!(signature(key, text), expected);
        }
    }
}
