//! Asks the license port of another server for its monitor license. What comes is signed by the vendor, so nothing depends
//! on the connection.

use std::time::Duration;

use licensing::plain_text::one_line;
use reqwest::{Client, StatusCode};

use super::Monitor;
use crate::https;

/// Timeout of a request.
const WHOLE: Duration = Duration::from_secs(5);
/// Maximum size of an answer, bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl Monitor {
    /// The text of the document.
    ///
    /// # Errors
    /// A sentence that names the server.
    pub(super) async fn ask(&self, address: &str) -> Result<String, String> {
        let client = match self.client.get() {
            Some(client) => client,
            None => {
                let made = client()?;
                self.client.get_or_init(|| made)
            }
        };
        let no = |why: &str| format!("The license server {address} {why}.");
        let unreached = |error: reqwest::Error| {
            if error.is_timeout() {
                no(&format!("did not respond within {} s", WHOLE.as_secs()))
            } else {
                no(&format!("can't be reached: {}", one_line(&https::root_cause(&error), 200)))
            }
        };
        let request = client.get(format!("http://{address}/v1/monitor-license"));
        let mut response = request.send().await.map_err(unreached)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(no("has no monitor license")),
            status => return Err(no(&format!("answered {status} instead of a monitor license"))),
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreached)? {
            if bytes.len() + chunk.len() > MAX_BYTES {
                return Err(no("answered with more than a monitor license can be"));
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| no("did not answer with text"))
    }
}

fn client() -> Result<Client, String> {
    Client::builder()
        .tls_backend_preconfigured(https::tls(&[])?)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(WHOLE)
        .user_agent(concat!("Leasehold/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("Can't start the client for monitor licenses: {error}."))
}
