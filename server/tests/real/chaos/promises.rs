use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use client::Lease;
use engine::clock::{Clock, SystemClock};
use licensing::usage::UsageLine;
use serde_json::{Value, json};

use super::world::World;
use crate::failover::browser::PASSWORD;
use crate::failover::installation::{POOL, PRODUCT};
use crate::harness::{run, stderr, stdout};

/// Applications that want more than there is.
const APPLICATIONS: usize = 4;
/// Time between two looks at the leases.
const LOOK: Duration = Duration::from_millis(100);
/// A minute is charged ahead, and given back when the last client leaves.
const TICK_S: f64 = 60.0;
/// Nobody waits longer for an answer of a frozen server.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is asked of the installation while it fails, and what it promised.
pub struct Promises {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    began: Instant,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    breaches: Mutex<Vec<String>>,
    /// Records of the recorder that are acknowledged.
    records: AtomicU64,
    /// Comments of the saves that are acknowledged.
    saves: Mutex<Vec<String>>,
    /// What each application holds.
    leases: [Mutex<Vec<Lease>>; APPLICATIONS],
    /// The lowest and the first look at the hours of the backup, seconds.
    hours: Mutex<Option<(f64, f64)>>,
}

/// A server as those see it who have its address and a token.
#[derive(Clone)]
struct Face {
    name: &'static str,
    url: String,
    token: String,
}

/// An answer that came in time.
struct Answer {
    status: u16,
    etag: String,
    cookie: Option<String>,
    text: String,
}

impl Promises {
    pub fn begin(world: &World) -> Self {
        let shared = Arc::new(Shared::default());
        let faces = [0, 1].map(|number| Face {
            name: ["primary", "backup"][number],
            url: world.servers[number].url.clone(),
            token: world.servers[number].token.clone(),
        });
        let servers = [0, 1].map(|number: usize| world.cables[number].address.clone());
        let mut threads = Vec::new();
        let mut begin = |work: Box<dyn FnOnce(&Shared) + Send>| {
            let shared = Arc::clone(&shared);
            threads.push(std::thread::spawn(move || work(&shared)));
        };
        for number in 0..APPLICATIONS {
            let servers = servers.clone();
            begin(Box::new(move |shared| application(shared, number, &servers)));
        }
        begin(Box::new(look_at_leases));
        for face in faces.clone() {
            begin(Box::new(move |shared| look_at_server(shared, &face)));
        }
        let [primary, _] = faces;
        let port = servers[0].clone();
        begin(Box::new(move |shared| recorder(shared, &port)));
        let saver = primary.clone();
        begin(Box::new(move |shared| save(shared, &saver)));
        begin(Box::new(move |shared| browse(shared, &primary)));
        Self { shared, threads, began: Instant::now() }
    }

    pub fn are_broken(&self) -> bool {
        !self.shared.breaches.lock().unwrap().is_empty()
    }

    /// Ends all requests, then the servers, and says what was promised and not kept.
    pub fn end(&mut self, world: &mut World) -> Vec<String> {
        let shared = Arc::clone(&self.shared);
        shared.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                shared.breach("a thread of the test panicked".to_owned());
            }
        }
        for server in [0, 1] {
            if !world.wait_for(server) {
                shared.breach(format!("server {server} does not answer after all was repaired"));
            }
        }
        self.hours(world);
        let data = world.servers[0].data.clone();
        let saves = shared.saves.lock().unwrap().clone();
        let history = command(&shared, &["config", "history", "--json"], &data);
        for comment in saves.iter().filter(|comment| !history.contains(&format!("\"{comment}\""))) {
            shared.breach(format!("the acknowledged save “{comment}” is not in the history"));
        }
        let entries = command(&shared, &["audit", "export", "--json"], &data).matches("conf.save").count();
        if entries < saves.len() {
            shared.breach(format!("{} saves were acknowledged, {entries} are in the audit log", saves.len()));
        }
        for server in [0, 1] {
            command(&shared, &["audit", "verify"], &world.servers[server].data.clone());
            if let Err(error) = world.end(server) {
                shared.breach(error);
            }
        }
        let mut found = BTreeMap::new();
        count_users(&data, &mut found);
        let acknowledged = shared.records.load(Ordering::SeqCst);
        for number in 1..=acknowledged {
            let times = found.get(&user(number)).copied().unwrap_or(0);
            if times != 1 {
                shared.breach(format!("the acknowledged record {number} is there {times} times"));
            }
        }
        println!("chaos: {acknowledged} records and {} saves were acknowledged", saves.len());
        shared.breaches.lock().unwrap().clone()
    }

    /// Hours are charged for time that passed, and for at most a minute at each start.
    fn hours(&self, world: &World) {
        let Some((first, lowest)) = *self.shared.hours.lock().unwrap() else { return };
        let most = self.began.elapsed().as_secs_f64() + TICK_S * f64::from(world.starts[1] + 1);
        if first - lowest > most {
            let charged = first - lowest;
            self.shared
                .breach(format!("{charged:.0} s of hours were charged where at most {most:.0} s can have been used"));
        }
    }
}

impl Shared {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    fn breach(&self, what: String) {
        println!("BREACH: {what}");
        self.breaches.lock().unwrap().push(what);
    }
}

/// Takes and returns licenses through the client library, always one more than it needs.
fn application(shared: &Shared, number: usize, servers: &[String; 2]) {
    let builder = client::blocking::Client::builder().servers(servers).name(format!("Application {number}"));
    let Ok(client) = builder.start_blocking() else { return shared.breach("a client does not start".to_owned()) };
    while shared.goes_on() {
        if let Ok(lease) = client.acquire_within(PRODUCT, Duration::from_millis(500)) {
            shared.leases[number].lock().unwrap().push(lease);
        }
        std::thread::sleep(Duration::from_millis(40 * (number as u64 + 1)));
        let mut held = shared.leases[number].lock().unwrap();
        held.retain(Lease::is_valid);
        if held.len() > 1 {
            drop(held.remove(0));
        }
    }
    shared.leases[number].lock().unwrap().clear();
    client.close();
}

/// Both servers together have twice the pool, and never more is in use.
fn look_at_leases(shared: &Shared) {
    while shared.goes_on() {
        {
            let held: Vec<_> = shared.leases.iter().map(|held| held.lock().unwrap()).collect();
            let valid: usize = held.iter().map(|held| held.iter().filter(|lease| lease.is_valid()).count()).sum();
            if valid > 2 * POOL as usize {
                shared.breach(format!("{valid} licenses are in use, {} are licensed", 2 * POOL));
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// Totals that only grow, hours that only go down, no broken invariant.
fn look_at_server(shared: &Shared, face: &Face) {
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    while shared.goes_on() {
        std::thread::sleep(Duration::from_millis(700));
        for line in face.get("/metrics").unwrap_or_default().lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let value: f64 = value.parse().unwrap_or_default();
            if name.starts_with("leasehold_broken_invariants_total") && value > 0.0 {
                shared.breach(format!("{}: {line}", face.name));
            }
            if name == "countdown_seconds_left" {
                let mut hours = shared.hours.lock().unwrap();
                let (first, lowest) = hours.unwrap_or((value, value));
                if value > lowest + TICK_S + 1.0 {
                    shared.breach(format!("{}: {lowest} s of hours were left, then {value} s", face.name));
                }
                *hours = Some((first, lowest.min(value)));
            }
        }
        let usage: Value =
            face.get("/api/v1/usage").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        for (product, total) in usage["totals"].as_object().into_iter().flatten() {
            for what in ["usage_count", "usage_ms", "denied"] {
                let Some(now) = total[what].as_u64() else { continue };
                let before = totals.insert(format!("{product} {what}"), now).unwrap_or(0);
                if now < before {
                    shared.breach(format!("{}: {product} {what} was {before}, then {now}", face.name));
                }
            }
        }
    }
}

fn user(number: u64) -> String {
    format!("chaos-{number}")
}

/// Sends numbered records, and counts what is acknowledged.
fn recorder(shared: &Shared, port: &str) {
    let ask = |path: &str, body: &Value| {
        let sent = request("POST", &format!("http://{port}{path}")).header("content-type", "application/json");
        let answer = answered(sent, &body.to_string())?;
        (answer.status == 200).then(|| serde_json::from_str::<Value>(&answer.text).ok()).flatten()
    };
    let base = json!({ "protocol": 1, "client": "recorder", "run": "2f1c0a52-fc38-43a5-a10c-0e7dfd45da47" });
    let with = |more: Value| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let mut epoch = None;
    let (mut sequence, mut next) = (0, 1);
    while shared.goes_on() {
        std::thread::sleep(Duration::from_millis(300));
        let Some(known) = epoch else {
            let Some(welcome) = ask("/v1/hello", &with(json!({ "name": "Recorder" }))) else { continue };
            let (stored, acknowledged) = (welcome["records"].as_u64(), shared.records.load(Ordering::SeqCst));
            if stored.is_some_and(|stored| stored < acknowledged) {
                shared.breach(format!("{acknowledged} records were acknowledged, and the server knows of {stored:?}"));
            }
            epoch = welcome["epoch"].as_u64();
            sequence = sequence.max(welcome["sequence"].as_u64().unwrap_or(0));
            continue;
        };
        sequence += 1;
        let now = SystemClock.now_ms();
        let refresh = with(json!({ "epoch": known, "sequence": sequence, "now": now, "products": {} }));
        let record = |number: u64| json!({ "product": PRODUCT, "user": user(number), "from": now - 20, "to": now - 10, "outcome": "returned" });
        let records: Vec<Value> = (next..next + 5).map(record).collect();
        let batch = with(json!({ "epoch": known, "now": now, "first": next, "records": records }));
        let taken = ask("/v1/refresh", &refresh).and_then(|_| ask("/v1/records", &batch));
        match taken.and_then(|taken| taken["acknowledged"].as_u64()) {
            Some(acknowledged) => {
                shared.records.fetch_max(acknowledged, Ordering::SeqCst);
                next = acknowledged + 1;
            }
            // It may have been stored all the same: the same numbers are sent again.
            None => epoch = None,
        }
    }
}

/// Saves a setting again and again, each time with another comment.
fn save(shared: &Shared, face: &Face) {
    let mut number = 0_u64;
    while shared.goes_on() {
        std::thread::sleep(Duration::from_millis(900));
        number += 1;
        let Some(now) = face.ask("GET", "/api/v1/config", "", "") else { continue };
        let comment = format!("save {number} of chaos");
        let change =
            json!({ "changes": { "FLEX_DESIRED_SYNC_HOUR": (number % 23 + 1).to_string() }, "comment": comment });
        if let Some(done) = face.ask("PUT", "/api/v1/config", &now.etag, &change.to_string())
            && done.status == 200
        {
            shared.saves.lock().unwrap().push(comment);
        }
    }
}

/// A person with a browser: signs in, and looks at pages while anybody answers.
fn browse(shared: &Shared, face: &Face) {
    let mut cookie: Option<String> = None;
    let mut seen = 0_u64;
    let mut pages = ["/", "/clients", "/licenses", "/usage", "/servers", "/audit", "/configuration"].iter().cycle();
    while shared.goes_on() {
        std::thread::sleep(Duration::from_millis(500));
        let Some(held) = &cookie else {
            let form = format!("name=ann&password={}", PASSWORD.replace(' ', "+"));
            let sent = request("POST", &format!("{}/login", face.url));
            let sent = sent.header("content-type", "application/x-www-form-urlencoded").header("origin", &face.url);
            cookie = answered(sent, &form).and_then(|answer| answer.cookie);
            continue;
        };
        let path = pages.next().copied().unwrap_or("/");
        let sent = request("GET", &format!("{}{path}", face.url)).header("cookie", held);
        match answered(sent, "") {
            Some(answer) if answer.status == 200 => seen += 1,
            // The session may have been lost with a disk that was full: one signs in again.
            Some(answer) if answer.status < 500 => cookie = None,
            _ => {}
        }
    }
    if seen == 0 {
        shared.breach("the browser never saw a page".to_owned());
    }
}

impl Face {
    fn get(&self, path: &str) -> Option<String> {
        self.ask("GET", path, "", "").filter(|answer| answer.status == 200).map(|answer| answer.text)
    }

    fn ask(&self, method: &str, path: &str, etag: &str, body: &str) -> Option<Answer> {
        let mut sent = request(method, &format!("{}{path}", self.url));
        sent = sent.header("authorization", format!("Bearer {}", self.token));
        if !etag.is_empty() {
            sent = sent.header("if-match", etag).header("content-type", "application/json");
        }
        answered(sent, body)
    }
}

fn request(method: &str, url: &str) -> ureq::http::request::Builder {
    ureq::http::Request::builder().method(method).uri(url)
}

/// What comes back in time, if anything does. Each request has a connection of its own: the last one's server may be dead.
fn answered(request: ureq::http::request::Builder, body: &str) -> Option<Answer> {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(PATIENCE));
    let agent: ureq::Agent = config.build().into();
    let answer = match body {
        "" => agent.run(request.body(()).unwrap()),
        body => agent.run(request.body(body.to_owned()).unwrap()),
    };
    let mut answer = answer.ok()?;
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let cookie = header("set-cookie").and_then(|cookie| cookie.split(';').next().map(str::to_owned));
    let (status, etag) = (answer.status().as_u16(), header("etag").unwrap_or_default());
    let text = answer.body_mut().read_to_string().ok()?;
    Some(Answer { status, etag, cookie, text })
}

/// A command on a server's data that must succeed; what it printed.
fn command(shared: &Shared, words: &[&str], data: &Path) -> String {
    let data = data.display().to_string();
    let done = run(&[words, &["--data", &data]].concat());
    if !done.status.success() {
        shared.breach(format!("`leasehold {}`: {}", words.join(" "), stderr(&done)));
    }
    stdout(&done)
}

/// How often each user is in the data files of check-outs, wherever in the folder they are.
fn count_users(folder: &Path, found: &mut BTreeMap<String, u32>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            count_users(&path, found);
            continue;
        }
        let Ok(text) = std::fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) else { continue };
        if text.starts_with(UsageLine::HEAD) {
            for line in text.lines().filter_map(UsageLine::parse) {
                *found.entry(line.user.into_owned()).or_default() += 1;
            }
        }
    }
}
