use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use licensing::sealed::{self, SealedAnswer, SealedPlain};

use super::{MAX_BODY, NodeService, body, clear};
use crate::exchange::{NodeAnswer, ReportRefusal};
use crate::secret;

/// The header with what a server proves itself with.
const AUTH: &str = "x-auth-string";

/// What a body says it is.
enum Kind {
    Report,
    Sealed,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = text.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Some(Self::Report)
        } else if essence.eq_ignore_ascii_case(sealed::CONTENT_TYPE) {
            Some(Self::Sealed)
        } else {
            None
        }
    }
}

/// `POST /`: a report in the clear over TLS or from this machine, or a sealed one from anywhere.
pub(super) async fn post(
    State(face): State<NodeService>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let kind = Kind::of(&parts.headers);
    // The body is read even if it is refused: closing a connection with unread bytes may lose the answer.
    let body = body::read(body, MAX_BODY).await;
    let allowed = || match (kind, body) {
        (None, _) => Err(ReportRefusal::ContentType),
        (Some(Kind::Report), _) if !face.secure && !is_own_machine(peer.ip()) => Err(ReportRefusal::Clear),
        (Some(kind), Ok(body)) => Ok((kind, body)),
        (Some(_), Err(refused)) => Err(refused),
    };
    match allowed() {
        Ok((Kind::Report, body)) => {
            let auth = parts.headers.get(AUTH).map(HeaderValue::as_bytes);
            clear(answer(&face, auth, &body).await)
        }
        Ok((Kind::Sealed, body)) => open(&face, &body).await,
        Err(refused) => clear(face.node.refuse(&refused)),
    }
}

/// An IPv4 peer of a socket that listens on IPv6 counts by its IPv4 address.
fn is_own_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

async fn answer(face: &NodeService, auth: Option<&[u8]>, report: &[u8]) -> NodeAnswer {
    match face.turns.acquire().await {
        Ok(_turn) => face.node.answer(auth, report).await,
        Err(_) => face.node.refuse(&ReportRefusal::Busy),
    }
}

async fn open(face: &NodeService, body: &[u8]) -> Response {
    let (plain, replier) = match sealed::open_request(&face.node.secret, body) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::info!(reason = %error, "refused a sealed report");
            let body = serde_json::json!({ "error": true, "response-message": error.to_string() }).to_string();
            return clear(NodeAnswer { status: StatusCode::BAD_REQUEST.as_u16(), body });
        }
    };
    let NodeAnswer { status, body } = match SealedPlain::parse(&plain) {
        Ok(plain) => answer(face, Some(plain.auth_string.as_bytes()), plain.report.as_bytes()).await,
        Err(error) => face.node.refuse(&ReportRefusal::Malformed(error.to_string())),
    };
    let sealed = replier.seal(&SealedAnswer { status, body }.to_bytes(), secret::random());
    ([(header::CONTENT_TYPE, HeaderValue::from_static(sealed::CONTENT_TYPE))], sealed).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_in_either_family_is_the_own_machine() {
        for own in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_own_machine(own.parse().unwrap()), "{own}");
        }
        for other in ["10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "fe80::1", "2001:db8::127.0.0.1"] {
            assert!(!is_own_machine(other.parse().unwrap()), "{other}");
        }
    }
}
