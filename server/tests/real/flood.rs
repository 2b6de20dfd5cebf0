//! The license port of the real binary under a flood from one address, while an application at another is served; and ports.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Server, end, leasehold, within};

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const APPLICATION: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Threads that say hello.
const HELLOS_AT_ONCE: usize = 4;

/// A connection from one of the addresses of this machine.
fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddrV4::new(from, 0))?;
    connect(&socket, &to)?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Status and body of a request on a connection that is kept.
fn ask(stream: &mut TcpStream, call: &str, body: &Value) -> io::Result<(u16, Value)> {
    let body = body.to_string();
    let head = format!("POST /v1/{call} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes())?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut length = 0;
    loop {
        line.clear();
        if answer.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn hello(client: &str) -> Value {
    json!({"protocol":1,"client":client,"run":format!("{client}-run"),"name":client})
}

/// How much comes from one address.
struct Flood {
    hellos: usize,
    bodies: usize,
    silent: usize,
    lasts: Duration,
}

/// The most memory a process has had, megabytes.
fn peak_mb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn raise_open_files(wanted: u64) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// The longest an application at another address waited, and the server's memory.
fn under(flood: &Flood) -> (Duration, u64) {
    raise_open_files((flood.bodies + flood.silent + 500) as u64);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--reporting", "off"]);
    let to: SocketAddr = server.clients.parse().unwrap();
    let (is_over, said) = (AtomicBool::new(false), AtomicUsize::new(0));
    let over = || is_over.load(Ordering::Relaxed);
    let began = Instant::now();
    let longest = std::thread::scope(|threads| {
        let hellos: Vec<_> = (0..HELLOS_AT_ONCE)
            .map(|thread| {
                let said = &said;
                threads.spawn(move || {
                    let mut stream = connect(ATTACKER, to);
                    for number in 0..flood.hellos / HELLOS_AT_ONCE {
                        let asked = stream.as_mut().is_ok_and(|stream| {
                            ask(stream, "hello", &hello(&format!("flood-{thread}-{number}"))).is_ok()
                        });
                        said.fetch_add(usize::from(asked), Ordering::Relaxed);
                        if !asked {
                            stream = connect(ATTACKER, to);
                        }
                    }
                })
            })
            .collect();
        threads.spawn(|| {
            let head = b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n";
            let begun = || connect(ATTACKER, to).and_then(|mut stream| stream.write_all(head).map(|()| stream)).ok();
            let mut dripping: Vec<_> = (0..flood.bodies).map(|_| begun()).collect();
            while !over() {
                for drip in &mut dripping {
                    let goes_on = drip.as_mut().is_some_and(|stream| stream.write_all(b"x").is_ok());
                    if !goes_on {
                        *drip = begun();
                    }
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        threads.spawn(|| {
            let mut silent: Vec<Option<TcpStream>> = Vec::new();
            silent.resize_with(flood.silent, || None);
            while !over() {
                for one in &mut silent {
                    let is_open = one.as_mut().is_some_and(|stream| {
                        let _ = stream.set_nonblocking(true);
                        stream.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
                    });
                    if !is_open {
                        *one = connect(ATTACKER, to).ok();
                    }
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        let mut longest = Duration::ZERO;
        let mut kept = connect(APPLICATION, to).unwrap();
        assert_eq!(ask(&mut kept, "hello", &hello("app")).unwrap().0, 200);
        for sequence in 1.. {
            let asked = Instant::now();
            let refresh = json!({"protocol":1,"client":"app","run":"app-run","epoch":1,"sequence":sequence});
            assert_eq!(ask(&mut kept, "refresh", &refresh).unwrap().0, 200);
            longest = longest.max(asked.elapsed());
            // And one that begins now.
            let asked = Instant::now();
            let name = format!("app-{sequence}");
            let mut fresh = connect(APPLICATION, to).unwrap();
            assert_eq!(ask(&mut fresh, "hello", &hello(&name)).unwrap().0, 200);
            longest = longest.max(asked.elapsed());
            if began.elapsed() >= flood.lasts && hellos.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        is_over.store(true, Ordering::Relaxed);
        longest
    });
    assert!(said.load(Ordering::Relaxed) >= flood.hellos / 2, "{said:?} hellos were answered");
    (longest, peak_mb(server.pid()))
}

#[test]
fn a_flood_from_one_address_keeps_no_application_at_another_from_being_served() {
    let flood = Flood { hellos: 6_000, bodies: 200, silent: 1_000, lasts: Duration::from_secs(3) };
    let (longest, memory) = under(&flood);
    assert!(longest < Duration::from_secs(5), "{longest:?}");
    assert!(memory < 300, "{memory} MB");
}

/// The whole flood: `cargo test --release -p server --test real whole_flood -- --ignored`.
#[test]
#[ignore = "takes a minute, and a release build"]
fn in_a_whole_flood_an_application_at_another_address_is_served_within_a_second() {
    let flood = Flood { hellos: 200_000, bodies: 1_000, silent: 5_000, lasts: Duration::from_secs(25) };
    let (longest, memory) = under(&flood);
    println!("the longest wait was {longest:?}, the server had {memory} MB");
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert!(memory <= 300, "{memory} MB");
}

/// What the server reads next on a connection that sent these bytes: nothing, because it closes it.
fn is_closed(address: &str, first: &[u8]) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(first).unwrap();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn silent_connections_are_closed_on_every_port_and_so_is_a_request_that_drips() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--ve", "127.0.0.1:0", "--reporting", "off"]);
    let console = server.url.strip_prefix("http://").unwrap();
    let drips = b"POST /v1/records HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n[";
    let cases: [(&str, &[u8]); 7] = [
        (console, b""),
        (console, b"PRI * HTTP/2"),
        (&server.clients, b""),
        (&server.clients, b"\x16"),
        (&server.clients, b"PRI * HTTP/2"),
        (&server.clients, drips),
        (&server.ve, b""),
    ];
    std::thread::scope(|threads| {
        let waiting: Vec<_> =
            cases.iter().map(|(address, first)| threads.spawn(move || is_closed(address, first))).collect();
        for (closed, case) in waiting.into_iter().zip(&cases) {
            assert!(closed.join().unwrap(), "{case:?}");
        }
    });
}

/// The port of the conf file belongs to another program at first. It is taken when it is free, for IPv4 and IPv6.
#[test]
fn a_port_in_use_is_tried_until_it_is_free_and_then_serves_every_address() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("license_server.conf");
    std::fs::write(&conf, format!("[GLOBAL]\nport_number = {port}\n")).unwrap();
    let mut child = leasehold()
        .args(["serve", "--console", "127.0.0.1:0", "--reporting", "off", "--conf"])
        .arg(&conf)
        .arg("--data")
        .arg(folder.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line == "ready"), "it starts without the port");
    drop(taken);
    let answers = |address: &str| {
        let mut stream = TcpStream::connect(address).ok()?;
        ask(&mut stream, "hello", &hello("app")).ok().filter(|(status, _)| *status == 200)
    };
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    let served = within(20_000, || answers(&format!("127.0.0.1:{port}")));
    let served_ipv6 = !has_ipv6 || answers(&format!("[::1]:{port}")).is_some();
    end(&mut child);
    assert!(served.is_some() && served_ipv6, "IPv6: {served_ipv6}");
}
