//! Places for connections and for bytes that arrive: so many in all, so many for one address. Who floods a port uses up its own.
//!
//! A connection is *unproven* until it has said something sensible. Of those one address has few: the oldest makes way for the
//! next, so that a thousand silent ones keep nobody else at the same address out.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum_server::accept::Accept;
use futures::future::BoxFuture;
use licensing::client_protocol::neighbourhood;
use reporting::{HeldStream, NotedService, ReplayedStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

/// A connection says something within this time, TLS included, or it is closed.
pub const FIRST: Duration = Duration::from_secs(10);
/// The preface of an HTTP/2 connection (RFC 9113, 3.4).
pub const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What one connection may hold without asking: an ordinary request fits.
const FREE_BYTES: usize = 4 * 1024;

/// Clients of the license port and the VE port: one connection for each of many thousand, and many behind one address.
const CLIENTS: PlaceLimits = PlaceLimits {
    all: 120_000,
    of_address: 30_000,
    unproven: 2_000,
    requests: ByteLimits { all: 64 * 1024 * 1024, of_address: 32 * 1024 * 1024 },
    uploads: ByteLimits { all: 48 * 1024 * 1024, of_address: 16 * 1024 * 1024 },
};
/// Browsers and scripts; a proxy brings all of them from one address.
const CONSOLE: PlaceLimits =
    PlaceLimits { all: 1_000, of_address: 500, unproven: 100, requests: ByteLimits::NONE, uploads: ByteLimits::NONE };
/// Files this process has open besides: database, logs, the reporting API, connections to nodes and peers.
const OTHER_FILES: usize = 500;

/// Every connection is an open file. The console gets a small share, so that the license port always has some.
pub struct PortPlaces {
    /// Of the license port and the VE port together.
    pub clients: Arc<Places>,
    pub console: Arc<Places>,
}

impl PortPlaces {
    /// Of as many files as the system lets this process open.
    pub fn of_this_process() -> Self {
        Self::of(raise_open_files(CLIENTS.all + CONSOLE.all + OTHER_FILES))
    }

    fn of(files: usize) -> Self {
        let quarter = files / 4;
        let console = CONSOLE.within(quarter);
        let clients = CLIENTS.within(files - console.all - OTHER_FILES.min(quarter));
        Self { clients: Places::new(clients), console: Places::new(console) }
    }
}

/// Raises the number of files this process may open, to `wanted` if possible; returns it.
fn raise_open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.map_or(wanted as u64, |most| most.min(wanted as u64));
    let Some(current) = limit.current.filter(|current| *current < allowed) else {
        return wanted.min(at_most(limit.current));
    };
    limit.current = Some(allowed);
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => at_most(Some(allowed)),
        Err(error) => {
            tracing::warn!(%error, "this process may open few files, so few clients can connect");
            at_most(Some(current))
        }
    }
}

fn at_most(limit: Option<u64>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub struct PlaceLimits {
    /// Connections.
    pub all: usize,
    /// Connections of one address.
    pub of_address: usize,
    /// Unproven connections of one address.
    pub unproven: usize,
    /// Of requests under way, which somebody waits for.
    pub requests: ByteLimits,
    /// Of uploads under way, which are larger and can wait.
    pub uploads: ByteLimits,
}

/// Bytes under way.
#[derive(Debug, Clone, Copy)]
pub struct ByteLimits {
    /// From everywhere.
    pub all: usize,
    /// From one address.
    pub of_address: usize,
}

impl ByteLimits {
    const NONE: Self = Self { all: usize::MAX, of_address: usize::MAX };
}

/// What arrives. Each has room of its own: no refresh waits for records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arriving {
    Request,
    Upload,
}

/// The places of a port.
#[derive(Debug)]
pub struct Places {
    limits: PlaceLimits,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    connections: usize,
    /// By [`Arriving`].
    bytes: [usize; 2],
    last: u64,
    by_address: HashMap<IpAddr, TakenOfAddress>,
}

#[derive(Debug, Default)]
struct TakenOfAddress {
    connections: usize,
    /// By [`Arriving`].
    bytes: [usize; 2],
    /// By their order.
    unproven: BTreeMap<u64, Arc<Notify>>,
}

/// The place of one connection. It is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    address: IpAddr,
    number: u64,
    is_proven: AtomicBool,
    must_go: Arc<Notify>,
}

/// Room for bytes that arrive on a connection.
#[derive(Debug)]
pub struct ByteRoom<'a> {
    place: &'a Place,
    what: Arriving,
    held: usize,
}

impl PlaceLimits {
    /// The same where there are no more than `most` connections.
    fn within(self, most: usize) -> Self {
        let all = self.all.min(most);
        Self {
            all,
            of_address: self.of_address.min(all.div_ceil(2)),
            unproven: self.unproven.min(all.div_ceil(4)),
            ..self
        }
    }
}

impl Places {
    pub fn new(limits: PlaceLimits) -> Arc<Self> {
        Arc::new(Self { limits, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends all unproven connections away: the server ends, and nobody waits for them.
    pub fn send_silent_away(&self) {
        for of_address in self.taken().by_address.values_mut() {
            std::mem::take(&mut of_address.unproven).values().for_each(|must_go| must_go.notify_one());
        }
    }

    /// A place for a connection from this address, if there is one.
    pub fn take(self: &Arc<Self>, from: SocketAddr) -> Option<Place> {
        let address = neighbourhood(from.ip());
        let mut taken = self.taken();
        if taken.connections >= self.limits.all {
            return None;
        }
        let number = taken.last + 1;
        let of_address = taken.by_address.entry(address).or_default();
        if of_address.connections >= self.limits.of_address {
            return None;
        }
        if of_address.unproven.len() >= self.limits.unproven
            && let Some((_, oldest)) = of_address.unproven.pop_first()
        {
            oldest.notify_one();
        }
        let must_go = Arc::new(Notify::new());
        of_address.connections += 1;
        of_address.unproven.insert(number, must_go.clone());
        taken.last = number;
        taken.connections += 1;
        Some(Place { places: self.clone(), address, number, is_proven: AtomicBool::new(false), must_go })
    }
}

impl Place {
    /// The connection has said something sensible: it is no longer sent away for another.
    pub fn prove(&self) {
        if !self.is_proven.swap(true, Ordering::Relaxed)
            && let Some(of_address) = self.places.taken().by_address.get_mut(&self.address)
        {
            of_address.unproven.remove(&self.number);
        }
    }

    /// Returns when the place is needed for another connection.
    pub async fn must_go(&self) {
        self.must_go.notified().await;
    }

    /// Room for what arrives.
    pub fn room(&self) -> ByteRoom<'_> {
        ByteRoom { place: self, what: Arriving::Request, held: 0 }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.connections = taken.connections.saturating_sub(1);
        if let Some(of_address) = taken.by_address.get_mut(&self.address) {
            of_address.unproven.remove(&self.number);
            of_address.connections = of_address.connections.saturating_sub(1);
            if of_address.connections == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

impl ByteRoom<'_> {
    /// Makes the room that many bytes need. Whether there is some.
    #[must_use]
    pub fn grow_to(&mut self, bytes: usize, what: Arriving) -> bool {
        if what != self.what {
            // What began as a request turns out to be an upload.
            self.free();
            self.what = what;
        }
        let more = bytes.saturating_sub(FREE_BYTES).saturating_sub(self.held);
        if more == 0 {
            return true;
        }
        let limits = &self.place.places.limits;
        let limits = if what == Arriving::Upload { limits.uploads } else { limits.requests };
        let what = what as usize;
        let mut taken = self.place.places.taken();
        let all = taken.bytes[what] + more;
        let Some(of_address) = taken.by_address.get_mut(&self.place.address) else { return false };
        if all > limits.all || of_address.bytes[what] + more > limits.of_address {
            return false;
        }
        of_address.bytes[what] += more;
        taken.bytes[what] = all;
        self.held += more;
        true
    }

    fn free(&mut self) {
        let held = std::mem::take(&mut self.held);
        if held == 0 {
            return;
        }
        let what = self.what as usize;
        let mut taken = self.place.places.taken();
        taken.bytes[what] = taken.bytes[what].saturating_sub(held);
        if let Some(of_address) = taken.by_address.get_mut(&self.place.address) {
            of_address.bytes[what] = of_address.bytes[what].saturating_sub(held);
        }
    }
}

impl Drop for ByteRoom<'_> {
    fn drop(&mut self) {
        self.free();
    }
}

/// Reads until it is clear which HTTP a connection speaks. Libraries wait for that without a limit.
///
/// # Errors
/// [`io::Error`] when it ends before.
pub async fn begun<S: AsyncRead + Unpin>(mut stream: S) -> io::Result<ReplayedStream<S>> {
    let mut head = Vec::new();
    let mut buffer = [0; HTTP2.len()];
    while head.len() < HTTP2.len() && HTTP2.starts_with(&head) {
        let read = stream.read(&mut buffer[..HTTP2.len() - head.len()]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&buffer[..read]);
    }
    Ok(ReplayedStream::new(head, stream))
}

/// Accepts connections that have a place and say something in time. They end after `idle` without a request.
#[derive(Debug, Clone)]
pub struct PlacedAcceptor<A> {
    inner: A,
    places: Arc<Places>,
    idle: Duration,
}

impl<A> PlacedAcceptor<A> {
    pub fn new(inner: A, places: Arc<Places>, idle: Duration) -> Self {
        Self { inner, places, idle }
    }
}

impl<A, S> Accept<TcpStream, S> for PlacedAcceptor<A>
where
    A: Accept<TcpStream, S> + Clone + Send + Sync + 'static,
    A::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A::Service: Send + 'static,
    A::Future: Send,
    S: Send + 'static,
{
    type Stream = HeldStream<ReplayedStream<A::Stream>, Place>;
    type Service = NotedService<A::Service>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (inner, places, idle) = (self.inner.clone(), self.places.clone(), self.idle);
        Box::pin(async move {
            let no_place = || io::Error::new(io::ErrorKind::QuotaExceeded, "no place for this connection");
            let place = places.take(stream.peer_addr()?).ok_or_else(no_place)?;
            let greeted = timeout(FIRST, async {
                let (stream, service) = inner.accept(stream, service).await?;
                io::Result::Ok((begun(stream).await?, service))
            });
            let (stream, service) = tokio::select! {
                greeted = greeted => greeted.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??,
                () = place.must_go() => return Err(no_place()),
            };
            place.prove();
            let stream = HeldStream::new(stream, place, idle);
            let service = NotedService::of_connection(service, stream.activity().clone());
            Ok((stream, service))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Arc<Places> {
        let bytes = ByteLimits { all: 30_000, of_address: 20_000 };
        Places::new(PlaceLimits { all: 6, of_address: 4, unproven: 2, requests: bytes, uploads: bytes })
    }

    fn from(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 40_000)
    }

    async fn must_go(place: &Place) -> bool {
        timeout(Duration::ZERO, place.must_go()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_silent_connection_of_an_address_makes_way_and_those_of_others_stay() {
        let places = places();
        let other = places.take(from("10.0.0.2")).unwrap();
        let [first, second, third] = [(); 3].map(|()| places.take(from("10.0.0.1")).unwrap());
        assert!(must_go(&first).await && !must_go(&second).await && !must_go(&third).await && !must_go(&other).await);
        second.prove();
        drop(first);
        let fourth = places.take(from("10.0.0.1")).unwrap();
        let fifth = places.take(from("10.0.0.1")).unwrap();
        assert!(!must_go(&second).await && must_go(&third).await && !must_go(&fourth).await);
        assert!(places.take(from("10.0.0.1")).is_none(), "four of one address");
        places.send_silent_away();
        assert!(must_go(&fifth).await && must_go(&other).await && !must_go(&second).await);
        drop((second, third, fourth, fifth));
        assert!(places.take(from("10.0.0.1")).is_some());
    }

    #[tokio::test]
    async fn places_are_free_again_and_an_ipv6_host_is_one_address() {
        let places = places();
        let all: Vec<Place> = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"]
            .into_iter()
            .filter_map(|address| places.take(from(address)))
            .collect();
        assert!(places.take(from("2001:db8::5")).is_none());
        let others = [places.take(from("10.0.0.1")), places.take(from("10.0.0.2"))];
        assert!(others.iter().all(Option::is_some) && places.take(from("10.0.0.3")).is_none(), "six in all");
        drop((all, others));
        assert!(places.taken().by_address.is_empty() && places.taken().connections == 0);
    }

    #[test]
    fn the_console_never_takes_the_files_of_the_license_port() {
        for files in [64, 1_024, 4_096, 121_500, 1_048_576] {
            let PortPlaces { clients, console } = PortPlaces::of(files);
            let (clients, console) = (clients.limits, console.limits);
            assert!(clients.all >= files.min(120_000) / 2, "{files}: {clients:?}");
            assert!(console.all <= 1_000 && clients.all + console.all <= files - OTHER_FILES.min(files / 4), "{files}");
            assert!(clients.of_address < clients.all && clients.unproven < clients.of_address, "{files}");
        }
    }

    #[tokio::test]
    async fn bytes_under_way_have_an_end_for_each_address_and_for_all() {
        let places = places();
        let (one, other) = (places.take(from("10.0.0.1")).unwrap(), places.take(from("10.0.0.2")).unwrap());
        let (mut first, mut second, mut third) = (one.room(), one.room(), other.room());
        let grow = |room: &mut ByteRoom<'_>, bytes| room.grow_to(bytes, Arriving::Upload);
        assert!(grow(&mut first, FREE_BYTES) && grow(&mut second, FREE_BYTES), "a small request is always read");
        assert!(grow(&mut first, FREE_BYTES + 15_000) && !grow(&mut second, FREE_BYTES + 6_000));
        assert!(grow(&mut third, FREE_BYTES + 15_000) && !grow(&mut third, FREE_BYTES + 16_000));
        drop(first);
        assert!(grow(&mut second, FREE_BYTES + 6_000));
    }

    #[tokio::test]
    async fn a_refresh_of_200_products_never_waits_for_the_records_of_others() {
        let refresh = licensing::client_protocol::MOST_BYTES;
        let places = Places::new(CLIENTS);
        let others: Vec<Place> = (0..40).map(|n| places.take(from(&format!("10.0.{n}.1"))).unwrap()).collect();
        let here: Vec<Place> = (0..20).map(|_| places.take(from("10.1.0.1")).unwrap()).collect();
        let mut rooms: Vec<ByteRoom<'_>> = others.iter().chain(&here).map(Place::room).collect();
        let filled =
            rooms.iter_mut().filter_map(|room| room.grow_to(4_000_000, Arriving::Upload).then_some(())).count();
        assert!(filled < rooms.len(), "there is no more room for records");
        let mut asking: Vec<ByteRoom<'_>> = here.iter().map(Place::room).collect();
        assert!(asking.iter_mut().all(|room| room.grow_to(refresh, Arriving::Request)));
        assert!(!asking[0].grow_to(4_000_000, Arriving::Upload), "nor by saying so later");
        drop((rooms, asking));
        assert_eq!(places.taken().bytes, [0, 0]);
    }

    /// After a network comes back, hundreds of clients behind one address connect within the same second, over TLS: none is
    /// proven before its handshake and its first answer.
    #[tokio::test]
    async fn hundreds_of_clients_behind_one_address_reconnect_at_once_and_none_makes_way_for_another() {
        for files in [4_096, 1_048_576] {
            let places = PortPlaces::of(files).clients;
            let live: Vec<Place> = (0..600).map(|_| places.take(from("10.0.0.1")).unwrap()).collect();
            live.iter().for_each(Place::prove);
            let again: Vec<Place> = (0..600).map(|_| places.take(from("10.0.0.1")).unwrap()).collect();
            for place in live.iter().chain(&again) {
                assert!(!must_go(place).await, "{files} files");
            }
        }
    }

    #[tokio::test]
    async fn what_a_connection_speaks_is_clear_after_its_first_bytes() {
        for (text, is_clear) in [(&b"G"[..], true), (b"PRI * HTTP/2.0", false), (HTTP2, true), (b"", false)] {
            let (mut ours, theirs) = tokio::io::duplex(64);
            tokio::io::AsyncWriteExt::write_all(&mut ours, text).await.unwrap();
            let found = timeout(Duration::from_millis(20), begun(theirs)).await;
            assert_eq!(found.is_ok_and(|found| found.is_ok()), is_clear, "{text:?}");
        }
    }
}
