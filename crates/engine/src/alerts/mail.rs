//! Mail over SMTP.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use licensing::peers::PeerUrl;

use super::authority;
use super::channels::{Channel, ChannelSettings, Secrets, Security};
use super::deliver::DeliveryOutcome;
use super::error::WrongFields;
use super::message::OutgoingAlert;
use super::new_channel::NewChannel;

/// Timeout for each answer of a mail server.
const STEP: Duration = Duration::from_secs(10);
/// Timeout of a whole delivery, which a page waits for.
const WHOLE: Duration = Duration::from_secs(20);
/// Maximum number of addresses per channel.
const MOST: usize = 20;

/// Whether a name can only mean this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The settings to save; `None` if a field is invalid, which is added to `wrong`.
pub(super) fn checked(
    new: &NewChannel,
    before: Option<(&Channel, &Secrets)>,
    wrong: &mut WrongFields,
) -> Option<(ChannelSettings, Secrets)> {
    let host = new.host.trim();
    if host.is_empty() || host.len() > 255 || host.contains(|c: char| c.is_whitespace() || "/@?#,;".contains(c)) {
        wrong.add("host", "Enter the name or address of the mail server, such as mail.example.com.");
    }
    let port = new.port.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let port = wrong.note("port", port.ok_or("Enter a port from 1 to 65535: 587 for STARTTLS, 465 for TLS."));
    let security = Security::ALL.into_iter().find(|security| security.as_str() == new.security);
    let security = wrong.note("security", security.ok_or("Choose the encryption."));
    // Without a name, it's unknown where the server is.
    if security == Some(Security::None) && !is_loopback(host) && wrong.spares(&["host"]) {
        wrong.add(
            "security",
            "Without TLS, Leasehold sends mail only to this machine (localhost). For any other, choose STARTTLS or TLS.",
        );
    }
    let user = new.user.trim().to_owned();
    if user.chars().count() > 255 || user.chars().any(char::is_control) {
        wrong.add("user", "A user name is one line of up to 255 characters.");
    }
    let from = new.from.trim();
    wrong.note("from", mailbox(from).ok_or("Enter one address, such as leasehold@example.com."));
    let to: Vec<String> =
        new.to.split([',', ';', '\n', '\r']).map(str::trim).filter(|to| !to.is_empty()).map(str::to_owned).collect();
    if let Some(bad) = to.iter().find(|to| mailbox(to).is_none()) {
        wrong.add("to", format!("“{bad}” is not a mail address. Enter one address per line."));
    }
    if to.is_empty() || to.len() > MOST {
        wrong.add("to", format!("Enter 1 to {MOST} addresses, one per line."));
    }
    let (ca, from) = (new.ca.trim().to_owned(), from.to_owned());
    let settings = security.zip(port).map(|(security, port)| ChannelSettings::Email {
        host: host.to_owned(),
        port,
        security,
        user: user.clone(),
        from,
        to,
        ca,
    });
    let password = password(new, settings.as_ref(), &user, before, wrong);
    Some((settings?, Secrets { password, ..Secrets::default() }))
}

/// The password to save. A saved one is never used for another server than it was entered for, nor with another CA
/// file.
fn password(
    new: &NewChannel,
    settings: Option<&ChannelSettings>,
    user: &str,
    before: Option<(&Channel, &Secrets)>,
    wrong: &mut WrongFields,
) -> String {
    let kept = before.filter(|(_, secrets)| !secrets.password.is_empty() && !new.forget);
    let kept = kept.filter(|_| new.password.is_empty() && !user.is_empty());
    if kept.is_none() && user.is_empty() != new.password.is_empty() && wrong.spares(&["user"]) {
        wrong.add("password", "User name and password belong together. Enter both or neither.");
    }
    let Some((channel, secrets)) = kept else { return new.password.clone() };
    // While one of those fields is invalid, it's unknown whether it is the same server.
    if let Some(settings) = settings.filter(|_| wrong.spares(&["host", "port", "security", "user", "ca"]))
        && !settings.is_the_same_server(&channel.settings)
    {
        wrong.add("password", "The server, its CA file or the user has changed: enter the password again.");
    }
    secrets.password.clone()
}

impl ChannelSettings {
    /// Whether mail goes to the same account of the same server with the same CA file.
    fn is_the_same_server(&self, other: &ChannelSettings) -> bool {
        let account = |settings: &ChannelSettings| match settings {
            Self::Email { host, port, security, user, ca, .. } => {
                Some((host.clone(), *port, *security, user.clone(), ca.clone()))
            }
            Self::Webhook { .. } => None,
        };
        account(self) == account(other)
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    (text.len() <= 320 && !text.chars().any(char::is_control)).then(|| text.parse().ok()).flatten()
}

/// Sends a mail and returns the server's reply.
pub(super) async fn send(settings: &ChannelSettings, secrets: &Secrets, parcel: &OutgoingAlert) -> DeliveryOutcome {
    match tokio::time::timeout(WHOLE, try_send(settings, secrets, parcel)).await {
        Ok(Ok(said)) => DeliveryOutcome::good(said),
        Ok(Err(why)) => DeliveryOutcome::bad(why, &[&secrets.password]),
        Err(_) => DeliveryOutcome::bad(format!("The mail server did not respond within {} s.", WHOLE.as_secs()), &[]),
    }
}

async fn try_send(settings: &ChannelSettings, secrets: &Secrets, parcel: &OutgoingAlert) -> Result<String, String> {
    let ChannelSettings::Email { host, port, security, user, from, to, ca } = settings else {
        return Err("This channel is not for mail.".to_owned());
    };
    let mail = compose(from, to, parcel)?;
    let tls = match security {
        Security::StartTls => Tls::Required(parameters(host, ca).await?),
        Security::Tls => Tls::Wrapper(parameters(host, ca).await?),
        Security::None if is_loopback(host) => Tls::None,
        Security::None => {
            return Err("Without TLS, Leasehold sends mail only to this machine. Nothing was sent.".to_owned());
        }
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.trim_matches(['[', ']']))
        .port(*port)
        .tls(tls)
        .timeout(Some(STEP))
        .hello_name(greeting(&parcel.link, &crate::host_name()));
    if !user.is_empty() {
        transport = transport.credentials(Credentials::new(user.clone(), secrets.password.clone()));
    }
    match transport.build().send(mail).await {
        Ok(response) => {
            let lines: Vec<&str> = response.message().collect();
            Ok(format!("The mail server accepted it: {} {}", response.code(), lines.join(" ")))
        }
        Err(error) => Err(refused(host, *port, ca, &error)),
    }
}

/// What to say hello with (RFC 5321, 4.1.4), which a mail server may check: the name in links to the console, else that
/// of this machine, else an address. A container's id is no name.
fn greeting(link: &str, machine: &str) -> ClientId {
    let origin: Vec<&str> = link.split('/').take(3).collect();
    let console: Option<PeerUrl> = origin.join("/").parse().ok().filter(|url: &PeerUrl| !url.is_loopback());
    let host = console.as_ref().map_or("", PeerUrl::host);
    let address = host.parse::<IpAddr>();
    let is_id = matches!(machine.len(), 12 | 64) && machine.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_name =
        !machine.is_empty() && machine.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    match address {
        Err(_) if !host.is_empty() => ClientId::Domain(host.to_owned()),
        _ if is_name && !is_id && machine != "localhost" => ClientId::Domain(machine.to_owned()),
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Ipv4(Ipv4Addr::LOCALHOST),
    }
}

/// The name the certificate must have, and the authorities to trust.
async fn parameters(host: &str, ca: &str) -> Result<TlsParameters, String> {
    let failed = |error: lettre::transport::smtp::Error| format!("Can't start TLS: {error}.");
    let mut builder = TlsParameters::builder(host.trim_matches(['[', ']']).to_owned());
    for certificate in authority::read(ca).await? {
        builder = builder.add_root_certificate(Certificate::from_der(certificate.to_vec()).map_err(failed)?);
    }
    builder.build().map_err(failed)
}

fn compose(from: &str, to: &[String], parcel: &OutgoingAlert) -> Result<Message, String> {
    let unusable = || "An address of this channel is invalid. Enter it again.".to_owned();
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
    mail.body(parcel.text()).map_err(|error| format!("Can't create the mail: {error}."))
}

fn refused(host: &str, port: u16, ca: &str, error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    if let Some(sentence) = authority::refused(error, format_args!("{host}:{port}"), ca) {
        return sentence;
    }
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    match error.status() {
        Some(code) => format!("The mail server refused: {code} {cause}"),
        None if error.is_timeout() => format!("{host}:{port} did not respond within {} s.", STEP.as_secs()),
        None if error.is_tls() => format!("No TLS with {host}:{port}: {cause}"),
        None if error.is_client() => format!("Can't use {host}:{port} with these settings: {cause}"),
        None => format!("The connection to {host}:{port} failed: {cause}"),
    }
}

#[cfg(test)]
mod tests {
    use super::greeting;

    #[rstest::rstest]
    #[case("https://licenses.example.com/servers", "f00dcafe1234", "licenses.example.com")]
    #[case("https://licenses.example.com/servers", "lic-01", "licenses.example.com")]
    #[case("https://10.0.0.5:8084/servers", "lic-01", "lic-01")]
    #[case("https://10.0.0.5:8084/servers", "f00dcafe1234", "[10.0.0.5]")]
    #[case("https://[2001:db8::5]:8084/", "f00dcafe1234", "[IPv6:2001:db8::5]")]
    #[case("http://127.0.0.1:8084/servers", "lic-01", "lic-01")]
    #[case("http://127.0.0.1:8084/servers", "f00dcafe1234", "[127.0.0.1]")]
    #[case("", "localhost", "[127.0.0.1]")]
    fn a_mail_server_is_greeted_by_a_name_it_can_check(#[case] link: &str, #[case] machine: &str, #[case] said: &str) {
        assert_eq!(greeting(link, machine).to_string(), said);
    }
}
