//! Behind a proxy that speaks TLS and asks for a password of its own, and with a certificate that is replaced.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};

use crate::harness::{Server, ServerOptions, end, run_with_input, stderr, within};

type TlsStream = rustls::StreamOwned<rustls::ClientConnection, TcpStream>;

/// A connection to `host:port` that trusts this certificate and no other.
fn connect(address: &str, certificate: &Path) -> Option<TlsStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).ok()?).ok()?;
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(address.rsplit_once(':')?.0.to_owned()).ok()?;
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut tls = rustls::StreamOwned::new(rustls::ClientConnection::new(Arc::new(config), name).ok()?, stream);
    tls.conn.complete_io(&mut tls.sock).ok()?;
    Some(tls)
}

/// A key and a certificate for 127.0.0.1.
fn make(cert: &Path, key: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(cert, made.cert.pem()).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
}

#[test]
fn a_hang_up_reopens_the_log_and_every_tls_port_shows_the_new_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (cert, key, next_cert, next_key) = (path("a.crt"), path("a.key"), path("b.crt"), path("b.key"));
    make(&cert, &key);
    make(&next_cert, &next_key);
    let (old, new) = (path("old.crt"), path("new.crt"));
    std::fs::copy(&cert, &old).unwrap();
    std::fs::copy(&next_cert, &new).unwrap();
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap(), "--log", "info"];
    let ports = ["--reporting", "127.0.0.1:0", "--ve", "127.0.0.1:0"];
    let mut server = Server::start(&path("data"), &[&flags[..], &ports].concat());
    let console = server.url.strip_prefix("https://").expect("it speaks TLS").to_owned();
    let addresses = [console, server.reporting.clone(), server.clients.clone(), server.ve.clone()];
    for address in &addresses {
        assert!(connect(address, &old).is_some(), "{address}");
        assert!(connect(address, &new).is_none(), "{address}");
    }
    std::fs::rename(&next_key, &key).unwrap();
    std::fs::rename(&next_cert, &cert).unwrap();
    let log = path("data").join("license.log");
    std::fs::rename(&log, path("moved.log")).unwrap();
    Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().unwrap();
    for address in &addresses {
        within(15_000, || connect(address, &new)).unwrap_or_else(|| panic!("{address} shows the new one"));
        assert!(connect(address, &old).is_none(), "{address}");
    }
    within(5_000, || log.exists().then_some(())).expect("there is a log again");
    assert_eq!(server.terminate().code(), Some(0));
    assert!(std::fs::read_to_string(&log).unwrap().contains("SERVER"), "it is written to");
}

/// Debian's nginx in front of a console; ended when dropped.
struct Proxy {
    child: Child,
    folder: tempfile::TempDir,
    address: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

impl Proxy {
    /// TLS at this address, a password, and what the package says to pass on; all else as it is by default. It asks from 127.0.0.9.
    fn before(console: &str, program: &str, address: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make(&at("cert"), &at("key"));
        std::fs::write(at("users"), "guest:{PLAIN}proxy\n").unwrap();
        let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
        let here = folder.path().display();
        let conf = format!(
            "{user} daemon off; master_process off; pid {here}/pid; error_log stderr;
            events {{}}
            http {{
              access_log off; client_body_temp_path {here}/b; proxy_temp_path {here}/p; fastcgi_temp_path {here}/f;
              uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;
              server {{
                listen {address} ssl; ssl_certificate {here}/cert; ssl_certificate_key {here}/key;
                auth_basic proxy; auth_basic_user_file {here}/users;
                location / {{ proxy_pass {console}; proxy_bind 127.0.0.9; include /etc/nginx/proxy_params; }}
              }}
            }}"
        );
        std::fs::write(at("conf"), conf).unwrap();
        let mut command = Command::new(program);
        command.arg("-c").arg(at("conf")).arg("-p").arg(folder.path()).stderr(Stdio::null());
        let proxy = Self { child: command.spawn().unwrap(), address, folder };
        within(10_000, || proxy.connect()).expect("nginx listens");
        proxy
    }

    fn connect(&self) -> Option<TlsStream> {
        connect(&self.address, &self.folder.path().join("cert"))
    }

    /// Sends a request as a browser does that knows the proxy's password (`guest:proxy`). Its own X-Forwarded-For is a lie.
    fn send(&self, method: &str, path: &str, lines: &str, body: &str) -> TlsStream {
        let mut stream = self.connect().expect("nginx answers");
        let (address, length) = (&self.address, body.len());
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {address}\r\nOrigin: https://{address}\r\nAuthorization: Basic Z3Vlc3Q6cHJveHk=\r\n\
             X-Forwarded-For: 203.0.113.9\r\nContent-Length: {length}\r\n{lines}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// Head and body of the answer.
    fn ask(&self, method: &str, path: &str, lines: &str, body: &str) -> (String, String) {
        let mut bytes = Vec::new();
        // An end without a last word of TLS is an end too.
        let _ = self.send(method, path, lines, body).read_to_end(&mut bytes);
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer}"));
        (head.to_owned(), body.to_owned())
    }
}

#[test]
fn behind_nginx_one_signs_in_saves_hears_of_it_within_a_second_and_is_known_by_the_right_address() {
    let found = ["nginx", "/usr/sbin/nginx"].into_iter().find(|program| {
        let asked = Command::new(program).arg("-v").stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    });
    let Some(program) = found.filter(|_| Path::new("/etc/nginx/proxy_params").exists()) else {
        println!("Debian's nginx is not installed: nothing was checked; scripts/setup tests installs it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    // What the package passes on has no port: the console has to be told of one that is not the usual.
    let public = format!("https://{address}");
    let more =
        ["--trusted-proxies", "127.0.0.9", "--public-url", &public, "--reporting", "off"].map(str::to_owned).to_vec();
    let server = Server::start_as(folder.path(), &ServerOptions { more, ..ServerOptions::default() });
    let password = "seven green lamps hum";
    let data = folder.path().to_str().unwrap();
    let user = ["user", "add", "ann", "--role", "administrator", "--password-stdin", "--data", data];
    let added = run_with_input(&user, password);
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let proxy = Proxy::before(&server.url, program, address);

    let form = format!("name=ann&password={}", password.replace(' ', "+"));
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (head, _) = proxy.ask("POST", "/login", kind, &form);
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let cookies: Vec<&str> = head
        .lines()
        .filter_map(|line| line.strip_prefix("Set-Cookie: ").or(line.strip_prefix("set-cookie: ")))
        .collect();
    assert!(cookies.iter().all(|cookie| cookie.contains("; Secure")), "{cookies:?}");
    let cookies: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    let cookie = format!("Cookie: {}\r\n", cookies.join("; "));

    let mut events = BufReader::new(proxy.send("GET", "/events?every=1", &cookie, ""));
    let mut heard = |word: &str| {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(events.read_line(&mut line).unwrap() > 0, "the stream ended before “{word}”");
        }
    };
    heard("data:");
    let mut took = Vec::new();
    for number in 0..5 {
        let (head, _) = proxy.ask("GET", "/api/v1/config", &cookie, "");
        let etag =
            head.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("etag")));
        let lines = format!("{cookie}Content-Type: application/json\r\nIf-Match: {}\r\n", etag.expect("a revision").1);
        let change = json!({ "changes": { "port_number": (7570 + number).to_string() } }).to_string();
        let (head, body) = proxy.ask("PUT", "/api/v1/config", &lines, &change);
        let saved = Instant::now();
        assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
        heard("\"conf\"");
        took.push(saved.elapsed());
        if took.iter().any(|took| *took < Duration::from_secs(1)) {
            break;
        }
        // Changes within a second are told together.
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(took.iter().any(|took| *took < Duration::from_secs(1)), "{took:?}");

    let (_, body) = proxy.ask("GET", "/api/v1/audit", &cookie, "");
    let audit: Value = serde_json::from_str(&body).unwrap();
    for action in ["session.login", "conf.save"] {
        let entry = audit["items"].as_array().unwrap().iter().find(|entry| entry["action"] == action);
        let entry = entry.unwrap_or_else(|| panic!("{action}: {audit}"));
        assert_eq!((&entry["who"], &entry["address"]), (&json!("ann"), &json!("127.0.0.1")), "{entry}");
    }
}
