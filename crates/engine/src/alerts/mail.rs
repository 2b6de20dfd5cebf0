//! Mail over SMTP.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::channels::{Channel, ChannelSettings, NewChannel, Secrets, Security};
use super::deliver::Outcome;
use super::error::{AlertError, wrong};
use super::message::{Parcel, server_name};

/// A mail server has this long for each answer.
const STEP: Duration = Duration::from_secs(10);
/// A whole delivery ends after this; a page waits for it.
const WHOLE: Duration = Duration::from_secs(20);
/// The most addresses of one channel.
const MOST: usize = 20;

/// Whether a name can only mean this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(super) fn checked(
    new: &NewChannel,
    before: Option<(&Channel, &Secrets)>,
) -> Result<(ChannelSettings, Secrets), AlertError> {
    let host = new.host.trim();
    if host.is_empty() || host.len() > 255 || host.contains(|c: char| c.is_whitespace() || "/@?#,;".contains(c)) {
        return Err(wrong("host", "Enter the name or address of the mail server, such as mail.example.com."));
    }
    let port = new.port.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| wrong("port", "Enter a port from 1 to 65535: 587 for STARTTLS, 465 for TLS."))?;
    let security = Security::ALL.into_iter().find(|security| security.as_str() == new.security);
    let security = security.ok_or_else(|| wrong("security", "Choose how the mail server is spoken to."))?;
    if security == Security::None && !is_loopback(host) {
        return Err(wrong(
            "security",
            "Without TLS, mail goes to this machine only (localhost). Choose STARTTLS or TLS for another one.",
        ));
    }
    let from = new.from.trim();
    mailbox(from).ok_or_else(|| wrong("from", "Enter one address, such as leasehold@example.com."))?;
    let to: Vec<String> =
        new.to.split([',', ';', '\n', '\r']).map(str::trim).filter(|to| !to.is_empty()).map(str::to_owned).collect();
    if let Some(bad) = to.iter().find(|to| mailbox(to).is_none()) {
        return Err(wrong("to", format!("“{bad}” is not a mail address. Write one address a line.")));
    }
    if to.is_empty() || to.len() > MOST {
        return Err(wrong("to", format!("Enter 1 to {MOST} addresses, one a line.")));
    }
    let user = new.user.trim().to_owned();
    if user.chars().count() > 255 || user.chars().any(char::is_control) {
        return Err(wrong("user", "A user name is one line of up to 255 characters."));
    }
    let settings =
        ChannelSettings::Email { host: host.to_owned(), port, security, user: user.clone(), from: from.to_owned(), to };
    let password = password(new, &settings, before)?;
    if user.is_empty() != password.is_empty() {
        return Err(wrong("password", "User name and password go together: give both, or neither."));
    }
    Ok((settings, Secrets { password, ..Secrets::default() }))
}

/// The password to keep. One that is kept goes to no other server than the one it was given for.
fn password(
    new: &NewChannel,
    settings: &ChannelSettings,
    before: Option<(&Channel, &Secrets)>,
) -> Result<String, AlertError> {
    let kept = before.filter(|(_, secrets)| !secrets.password.is_empty() && !new.forget);
    let ChannelSettings::Email { host, port, security, user, .. } = settings else { return Ok(String::new()) };
    match kept {
        _ if !new.password.is_empty() => Ok(new.password.clone()),
        None => Ok(String::new()),
        Some((channel, secrets)) => {
            let same = matches!(&channel.settings, ChannelSettings::Email { host: h, port: p, security: s, user: u, .. }
                if (h, p, s, u) == (host, port, security, user));
            if !same && !user.is_empty() {
                let message = "The server or the user is another one now: enter the password again.";
                return Err(wrong("password", message));
            }
            Ok(if user.is_empty() { String::new() } else { secrets.password.clone() })
        }
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    (text.len() <= 320 && !text.chars().any(char::is_control)).then(|| text.parse().ok()).flatten()
}

/// Sends a mail and tells what the server said.
pub(super) async fn send(settings: &ChannelSettings, secrets: &Secrets, parcel: &Parcel) -> Outcome {
    match tokio::time::timeout(WHOLE, try_send(settings, secrets, parcel)).await {
        Ok(Ok(said)) => Outcome::good(said),
        Ok(Err(why)) => Outcome::bad(why, &[&secrets.password]),
        Err(_) => Outcome::bad(format!("The mail server did not finish within {} s.", WHOLE.as_secs()), &[]),
    }
}

async fn try_send(settings: &ChannelSettings, secrets: &Secrets, parcel: &Parcel) -> Result<String, String> {
    let ChannelSettings::Email { host, port, security, user, from, to } = settings else {
        return Err("This channel is not for mail.".to_owned());
    };
    let mail = compose(from, to, parcel)?;
    let parameters = || TlsParameters::new(host.clone()).map_err(|error| format!("TLS cannot start: {error}."));
    let tls = match security {
        Security::StartTls => Tls::Required(parameters()?),
        Security::Tls => Tls::Wrapper(parameters()?),
        Security::None if is_loopback(host) => Tls::None,
        Security::None => return Err("Without TLS, mail goes to this machine only. Nothing was sent.".to_owned()),
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.trim_matches(['[', ']']))
        .port(*port)
        .tls(tls)
        .timeout(Some(STEP))
        .hello_name(ClientId::Domain(server_name()));
    if !user.is_empty() {
        transport = transport.credentials(Credentials::new(user.clone(), secrets.password.clone()));
    }
    match transport.build().send(mail).await {
        Ok(response) => {
            let lines: Vec<&str> = response.message().collect();
            Ok(format!("The mail server took it: {} {}", response.code(), lines.join(" ")))
        }
        Err(error) => Err(refused(host, *port, &error)),
    }
}

fn compose(from: &str, to: &[String], parcel: &Parcel) -> Result<Message, String> {
    let unusable = || "An address of this channel cannot be used. Enter it anew.".to_owned();
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(parcel.made_ms).unwrap_or(0));
    let mut mail = Message::builder()
        .from(mailbox(from).ok_or_else(unusable)?)
        .subject(&parcel.title)
        .date(at)
        .message_id(Some(format!("<{}@leasehold>", parcel.delivery)))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN);
    for address in to {
        mail = mail.to(mailbox(address).ok_or_else(unusable)?);
    }
    mail.body(parcel.text()).map_err(|error| format!("The mail cannot be written: {error}."))
}

fn refused(host: &str, port: u16, error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    match error.status() {
        Some(code) => format!("The mail server refused: {code} {cause}"),
        None if error.is_timeout() => format!("{host}:{port} did not answer within {} s.", STEP.as_secs()),
        None if error.is_tls() => format!("No TLS with {host}:{port}: {cause}"),
        None if error.is_client() => format!("{host}:{port} cannot be used as it is set up here: {cause}"),
        None => format!("The connection to {host}:{port} failed: {cause}"),
    }
}
