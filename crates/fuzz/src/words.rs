//! Short texts that are typed or pasted.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use licensing::{
    context::Context,
    guid::Guid,
    log_line::LogLevel,
    pasted::{decode, json},
    peers::{Invitation, PeerUrl},
    product::ProductCode,
    registration::AuthString,
    status_report::StatusId,
    ve::{Passphrase, VeAddress},
    vendor_key::{Fingerprint, KeyId},
};

use crate::is_readable;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let _ = json(&text, Ok::<_, std::convert::Infallible>);
    reads_back::<Guid>(&text);
    reads_back::<Fingerprint>(&text);
    reads_back::<KeyId>(&text);
    reads_back::<Invitation>(&text);
    reads_back::<Passphrase>(&text);
    reads_back::<VeAddress>(&text);
    reads_back::<PeerUrl>(&text);
    reads_back::<ProductCode>(&text);
    reads_back::<StatusId>(&text);
    reads_back::<Context>(&text);
    reads_back::<LogLevel>(&text);
    if let Ok(auth) = text.parse::<AuthString>() {
        assert_eq!(auth.as_str().parse().as_ref(), Ok(&auth));
    }
}

fn reads_back<T>(text: &str)
where
    T: FromStr<Err: Display> + Display + PartialEq + Debug,
{
    match text.parse::<T>() {
        Err(error) => is_readable(&error.to_string()),
        Ok(value) => assert_eq!(value.to_string().parse::<T>().ok().as_ref(), Some(&value), "{value} reads back"),
    }
}
