//! The console and the API as somebody sees them who is signed in, over TLS where a server speaks it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;

use crate::harness::{Server, within};

/// Of the account `ann`.
pub const PASSWORD: &str = "seven green lamps hum";

/// A page tells of a change after the next look of the servers at one another and the next refresh of the clients.
const TOLD_MS: u64 = 8_000;

/// Somebody at one server.
pub struct Browser {
    /// `http://host:port` or `https://host:port`
    url: String,
    token: String,
    /// The certificate the server made for itself.
    certificate: PathBuf,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn at(server: &Server) -> Self {
        let certificate = server.data.join("console.crt");
        Self { url: server.url.clone(), token: server.token.clone(), certificate, cookies: BTreeMap::new() }
    }

    /// What a person reads on a page, without the marks of HTML.
    pub fn page(&mut self, path: &str) -> String {
        if self.cookies.is_empty() {
            let form = format!("name=ann&password={}&next=%2F", PASSWORD.replace(' ', "+"));
            let (status, _) = self.ask("POST", "/login", &form);
            assert_eq!(status, 303, "signed in");
        }
        let (status, page) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{page}");
        words_of(&page)
    }

    /// Waits until the page of the servers has all these words and none of those; gives it.
    pub fn reads(&mut self, words: &[&str], not: &[&str]) -> String {
        let mut page = String::new();
        let found = within(TOLD_MS, || {
            page = self.page("/servers");
            let good = words.iter().all(|words| page.contains(words)) && !not.iter().any(|words| page.contains(words));
            good.then_some(())
        });
        assert!(found.is_some(), "{words:?} and not {not:?} on {page}");
        page
    }

    /// An answer of the API; null when there is none.
    pub fn json(&mut self, path: &str) -> Value {
        serde_json::from_str(&self.ask("GET", path, "").1).unwrap_or(Value::Null)
    }

    /// The whole of `/metrics`.
    pub fn metrics(&mut self) -> String {
        self.ask("GET", "/metrics", "").1
    }

    /// A figure of it.
    pub fn metric(&mut self, name: &str) -> Option<f64> {
        self.metrics().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
    }

    fn ask(&mut self, method: &str, path: &str, form: &str) -> (u16, String) {
        let (scheme, host) = self.url.split_once("://").unwrap();
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let is_for_programs = path.starts_with("/api") || path == "/metrics";
        let who = match is_for_programs {
            true => format!("Authorization: Bearer {}", self.token),
            false => format!("Cookie: {}", cookies.join("; ")),
        };
        let kind = if form.is_empty() { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{who}\r\n{kind}Origin: {}\r\nContent-Length: {}\r\n\r\n{form}",
            self.url,
            form.len()
        );
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let answer = match scheme {
            "https" => exchanged(rustls::StreamOwned::new(self.tls(host), stream), &request),
            _ => exchanged(stream, &request),
        };
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer to {path}: {answer}"));
        for set in head.lines().filter(|line| line.to_ascii_lowercase().starts_with("set-cookie:")) {
            let (name, rest) = set[11..].trim().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        }
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn tls(&self, host: &str) -> rustls::ClientConnection {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.certificate).unwrap()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.split(':').next().unwrap().to_owned()).unwrap();
        rustls::ClientConnection::new(Arc::new(config), name).unwrap()
    }
}

fn exchanged(mut stream: impl Read + Write, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // An end without a last word of TLS is an end too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn words_of(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let closed = if after.starts_with("script") { after.split_once("</script>") } else { after.split_once('>') };
        rest = closed.map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
