use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time,
};

use super::{ProbeTarget, foreign::shown, trouble::Trouble};

/// Maximum part of an answer that is read, bytes.
const MOST: usize = 8 * 1024;

/// Enough of a body to recognize a web page, bytes.
const SAMPLE: usize = 512;

/// What a node answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeAnswer {
    pub status: u16,
    /// Its clock, Unix milliseconds, in whole seconds.
    pub clock_ms: Option<i64>,
    /// What it says it runs.
    pub software: Option<String>,
}

/// Requests `/livez` and returns the answer if the server behaves like a node.
pub(super) async fn ask<S>(mut stream: S, target: &ProbeTarget, limit: Duration) -> Result<NodeAnswer, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = format!(
        "GET /livez HTTP/1.1\r\nHost: {}\r\nUser-Agent: leasehold/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        target.host_header(),
        env!("CARGO_PKG_VERSION"),
    );
    let mut answer = Vec::with_capacity(MOST);
    let end = time::timeout(limit, talk(&mut stream, request.as_bytes(), &mut answer)).await;
    let head = Head::of(&answer);
    match (head, end) {
        (Some(head), _) => judge(target, &head).map(|status| NodeAnswer {
            status,
            clock_ms: head.header("date").and_then(instant),
            software: head.header("server").map(shown).filter(|software| !software.is_empty()),
        }),
        (None, _) if !target.https && speaks_tls(&answer) => Err(Trouble::SpeaksTls { target: target.clone() }),
        (None, _) if !may_be_http(&answer) || answer.len() >= MOST => Err(Trouble::NotHttp { target: target.clone() }),
        (None, Err(_)) if answer.is_empty() => Err(Trouble::AnswerSilent { target: target.clone(), limit }),
        (None, Err(_)) => Err(Trouble::AnswerSlow { target: target.clone(), limit }),
        (None, Ok(_)) if answer.is_empty() => Err(Trouble::NoAnswer { target: target.clone() }),
        (None, Ok(_)) => Err(Trouble::AnswerCut { target: target.clone() }),
    }
}

/// Sends the request and reads until enough is known, the other side ends, or [`MOST`].
async fn talk<S>(stream: &mut S, request: &[u8], answer: &mut Vec<u8>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // A server that answers and closes before the request is sent has still answered.
    let _ = stream.write_all(request).await;
    let _ = stream.flush().await;
    let mut rest = stream.take(MOST as u64);
    while !enough(answer) && rest.read_buf(answer).await? > 0 {}
    Ok(())
}

/// The beginning of an answer, once all its headers are there.
struct Head<'a> {
    status: u16,
    headers: String,
    body: &'a [u8],
}

impl Head<'_> {
    fn of(answer: &[u8]) -> Option<Head<'_>> {
        let ends = |mark: &[u8]| answer.windows(mark.len()).position(|w| w == mark).map(|at| (at, at + mark.len()));
        let (end, body) = [ends(b"\r\n\r\n"), ends(b"\n\n")].into_iter().flatten().min()?;
        let text = String::from_utf8_lossy(&answer[..end]).into_owned();
        let (line, headers) = text.split_once('\n').unwrap_or((text.as_str(), ""));
        let (version, rest) = line.split_once(' ')?;
        let status = rest.trim_start().get(..3)?;
        let digits = status.bytes().all(|byte| byte.is_ascii_digit());
        let status = status.parse().ok().filter(|status| digits && (100..=999).contains(status))?;
        version.starts_with("HTTP/").then(|| Head { status, headers: headers.to_owned(), body: &answer[body..] })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.headers.lines().filter_map(|line| line.split_once(':'));
        fields.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn has_type(&self, words: &[&str]) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| kind.contains(word))
    }

    fn redirects(&self) -> bool {
        (300..400).contains(&self.status) && self.status != 304
    }

    fn sample(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(SAMPLE)]).to_ascii_lowercase()
    }

    fn is_page(&self) -> bool {
        let begins = |sample: String| ["<!doctype html", "<html"].iter().any(|mark| sample.contains(mark));
        self.has_type(&["text/html", "application/xhtml"]) || (!self.has_type(&["json"]) && begins(self.sample()))
    }

    /// Web servers say this about a cleartext request on a TLS port.
    fn wants_https(&self) -> bool {
        let sample = self.sample();
        self.status == 400 && ["https port", "https server", "ssl-enabled"].iter().any(|word| sample.contains(word))
    }
}

/// Whether reading more would change nothing.
fn enough(answer: &[u8]) -> bool {
    if !may_be_http(answer) {
        return true;
    }
    let Some(head) = Head::of(answer) else { return false };
    let length = head.header("content-length").and_then(|length| length.parse::<usize>().ok());
    head.redirects()
        || matches!(head.status, 100..=199 | 204 | 304)
        || head.body.len() >= length.unwrap_or(SAMPLE).min(SAMPLE)
        || head.body.ends_with(b"0\r\n\r\n")
}

/// The instant of a `Date` header (RFC 9110 §5.6.7).
fn instant(date: &str) -> Option<i64> {
    let at = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(at.timestamp().as_millisecond())
}

fn judge(target: &ProbeTarget, head: &Head<'_>) -> Result<u16, Trouble> {
    let target = target.clone();
    if !target.https && (head.wants_https() || (head.redirects() && goes_to_https(&target, head))) {
        return Err(Trouble::WantsHttps { target });
    }
    match head.status {
        // 511: a network that requires a login (RFC 6585 §6).
        status @ (407 | 511) => Err(Trouble::SignIn { target, status }),
        _ if head.redirects() => Err(Trouble::SentOn { target, to: place(head.header("location")) }),
        _ if head.is_page() => Err(Trouble::WebPage { target }),
        status => Ok(status),
    }
}

/// Whether it redirects to the same host over HTTPS.
fn goes_to_https(target: &ProbeTarget, head: &Head<'_>) -> bool {
    let location = head.header("location").unwrap_or_default().to_ascii_lowercase();
    let rest = location.strip_prefix("https://").unwrap_or_default();
    let host = ProbeTarget { port: 80, ..target.clone() }.host_header().to_ascii_lowercase();
    rest.strip_prefix(&host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
}

/// The target of a redirect without path and query, which may contain secrets.
fn place(location: Option<&str>) -> String {
    let location = location.unwrap_or_default();
    match location.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            shown(&format!("{scheme}://{host}"))
        }
        None => "another page".to_owned(),
    }
}

/// An alert or a handshake record of TLS (RFC 8446 §5.1).
fn speaks_tls(answer: &[u8]) -> bool {
    matches!(answer, [0x15 | 0x16, 0x03, ..])
}

/// Whether it may be the beginning of an HTTP/1 answer.
fn may_be_http(answer: &[u8]) -> bool {
    const MARK: &[u8] = b"HTTP/";
    let known = answer.len().min(MARK.len());
    answer[..known] == MARK[..known]
}

#[cfg(test)]
mod tests;
