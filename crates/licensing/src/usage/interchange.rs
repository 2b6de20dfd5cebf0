//! Check-outs and denials as lines that other software reads and writes: fields separated by tabs, times in Unix seconds. A check-out has
//! 13 fields, a denial 7; the number tells them apart.
//!
//! Leasehold marks its own, so that nothing is lost on the way from server to server: a check-out by its handle `leasehold:OUTCOME`, a
//! denial by its account `leasehold:CONTEXT:CLIENT`. Texts of these are escaped as in the data files. Lines of other software are taken and
//! given back as found.

use std::borrow::Cow;

use crate::client_protocol::CheckOutOutcome;
use crate::context::Context;

use super::line::{ForeignFields, UsageLine, escape, number, outcome, unescape, word};
use super::{EARLIEST_MS, LATEST_MS, Span};

/// The first line of a file of check-outs. Files of denials have none.
pub const HEAD: &str =
    "#TAG\tNAME\tACCOUNT\tUSER\tHOST\tHANDLE\tDISPLAY\tVERSION\tTOKENS\tPID\tREQUEST\tCHECKOUT\tCHECKIN\n";
/// Most licenses of one check-out. More is an unlimited number or an error.
pub const MOST_TOKENS: u32 = 1_000_000;
/// Longest text of a field, bytes.
pub const MOST_FIELD: usize = 1024;

/// Fields of a check-out.
const FIELDS: usize = 13;
/// Fields of a denial.
const DENIAL_FIELDS: usize = 7;
/// What marks records of Leasehold's own clients.
const MARK: &str = "leasehold:";
/// The tag of check-outs without a deployment.
const NO_DEPLOYMENT: &str = "leasehold";
/// The client of check-outs that name no host.
const NO_HOST: &str = "-";

/// Why a line is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineRefusal {
    /// Neither a check-out nor a denial.
    #[error("Fields separated by tabs: {0}; a check-out has {FIELDS}, a denial {DENIAL_FIELDS}")]
    Fields(usize),
    /// A name that must be there.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A tag that stands for all.
    #[error("TAG must not be *")]
    Tag,
    /// A field that is too long.
    #[error("{0} is longer than {MOST_FIELD} bytes")]
    Long(&'static str),
    /// A control character.
    #[error("{0} contains a control character")]
    Control(&'static str),
    /// No time.
    #[error("{0} is not a time in Unix seconds: “{1}”")]
    Time(&'static str, String),
    /// A time that cannot be.
    #[error("{0} is not between the years 2000 and 2199: {1}")]
    Years(&'static str, String),
    /// The check-out has not ended.
    #[error("CHECKIN is empty: the check-out has not ended")]
    Open,
    /// It ends before it begins.
    #[error("CHECKIN is before CHECKOUT")]
    EndsFirst,
    /// No number of licenses.
    #[error("TOKENS is not a number from 1 to {MOST_TOKENS}: “{0}”")]
    Tokens(String),
    /// A record with Leasehold's mark that it did not write so.
    #[error("Marked as a record of Leasehold, but {0} is not as Leasehold writes it")]
    Mark(&'static str),
}

/// Reads a line without its end.
///
/// # Errors
/// [`LineRefusal`].
pub fn read(line: &str) -> Result<UsageLine<'_>, LineRefusal> {
    let mut fields = [""; FIELDS];
    let mut count = 0;
    for field in line.split('\t') {
        if let Some(place) = fields.get_mut(count) {
            *place = field;
        }
        count += 1;
    }
    match count {
        FIELDS => check_out(fields),
        DENIAL_FIELDS => {
            let [at, tag, feature, account, user, host, tokens, ..] = fields;
            denial([at, tag, feature, account, user, host, tokens])
        }
        other => Err(LineRefusal::Fields(other)),
    }
}

fn check_out(fields: [&str; FIELDS]) -> Result<UsageLine<'_>, LineRefusal> {
    let [tag, name, account, user, host, handle, display, version, tokens, pid, request, begins, ends] = fields;
    if ends.is_empty() {
        return Err(LineRefusal::Open);
    }
    if !["", "0"].contains(&request) {
        ms("REQUEST", request)?;
    }
    let (begins, ends) = (time("CHECKOUT", begins)?, time("CHECKIN", ends)?);
    if ends < begins {
        return Err(LineRefusal::EndsFirst);
    }
    let span = Span::new(begins, ends).ok_or_else(|| LineRefusal::Years("CHECKOUT", begins.to_string()))?;
    let line = |outcome, client, context, deployment| UsageLine {
        from: span.from,
        ms: Some(span.ms()),
        outcome,
        product: Cow::Borrowed(name),
        client,
        user: Cow::Borrowed(user),
        host: Cow::Borrowed(host),
        context,
        deployment,
        foreign: None,
    };
    if let Some(mark) = handle.strip_prefix(MARK) {
        let outcome = outcome(mark).filter(|outcome| *outcome != CheckOutOutcome::Denied);
        let outcome = outcome.ok_or(LineRefusal::Mark("HANDLE"))?;
        for (field, is_ours) in [("VERSION", version.is_empty()), ("TOKENS", tokens == "1"), ("PID", pid.is_empty())] {
            if !is_ours {
                return Err(LineRefusal::Mark(field));
            }
        }
        return own(line(outcome, Cow::Borrowed(display), Cow::Borrowed(account), Cow::Borrowed(tag)), "DISPLAY");
    }
    let texts = [
        ("TAG", tag),
        ("NAME", name),
        ("ACCOUNT", account),
        ("USER", user),
        ("HOST", host),
        ("HANDLE", handle),
        ("DISPLAY", display),
        ("VERSION", version),
        ("PID", pid),
    ];
    plain(&texts)?;
    named(tag, "NAME", name)?;
    let foreign = ForeignFields {
        tokens: licenses(tokens)?,
        account: Cow::Borrowed(account),
        handle: Cow::Borrowed(handle),
        display: Cow::Borrowed(display),
        version: Cow::Borrowed(version),
        pid: Cow::Borrowed(pid),
        request: Cow::Borrowed(request),
    };
    let line = line(CheckOutOutcome::Returned, client_at(host), Cow::Borrowed(""), Cow::Borrowed(tag));
    Ok(UsageLine { foreign: Some(foreign), ..line })
}

fn denial(
    [at, tag, feature, account, user, host, tokens]: [&str; DENIAL_FIELDS],
) -> Result<UsageLine<'_>, LineRefusal> {
    let at = time("TIMESTAMP", at)?;
    let line = |client, context, deployment| UsageLine {
        from: at,
        ms: None,
        outcome: CheckOutOutcome::Denied,
        product: Cow::Borrowed(feature),
        client,
        user: Cow::Borrowed(user),
        host: Cow::Borrowed(host),
        context,
        deployment,
        foreign: None,
    };
    if let Some(mark) = account.strip_prefix(MARK) {
        let (context, client) = mark.split_once(':').ok_or(LineRefusal::Mark("ACCOUNT"))?;
        if tokens != "1" {
            return Err(LineRefusal::Mark("TOKENS"));
        }
        return own(line(Cow::Borrowed(client), Cow::Borrowed(context), Cow::Borrowed(tag)), "ACCOUNT");
    }
    plain(&[("TAG", tag), ("FEATURE", feature), ("ACCOUNT", account), ("USER", user), ("HOST", host)])?;
    named(tag, "FEATURE", feature)?;
    let none = || Cow::Borrowed("");
    let foreign = ForeignFields {
        tokens: licenses(tokens)?,
        account: Cow::Borrowed(account),
        handle: none(),
        display: none(),
        version: none(),
        pid: none(),
        request: none(),
    };
    Ok(UsageLine { foreign: Some(foreign), ..line(client_at(host), none(), Cow::Borrowed(tag)) })
}

/// A record of Leasehold's own; `names` is the field with the client.
fn own<'a>(line: UsageLine<'a>, names: &'static str) -> Result<UsageLine<'a>, LineRefusal> {
    let text = |field: &'static str, text: Cow<'a, str>| match text {
        Cow::Borrowed(text) if text.len() > MOST_FIELD => Err(LineRefusal::Long(field)),
        Cow::Borrowed(text) => Ok(unescape(text)),
        owned @ Cow::Owned(_) => Ok(owned),
    };
    if !line.context.is_empty() && !Context::ALL.iter().any(|context| context.as_str() == line.context) {
        return Err(LineRefusal::Mark("ACCOUNT"));
    }
    if line.client.is_empty() {
        return Err(LineRefusal::Mark(names));
    }
    if line.product.is_empty() {
        return Err(LineRefusal::Empty("NAME"));
    }
    let deployment = match line.deployment {
        tag if tag == NO_DEPLOYMENT => Cow::Borrowed(""),
        tag if tag.is_empty() || tag == "*" => return Err(LineRefusal::Mark("TAG")),
        tag => text("TAG", tag)?,
    };
    Ok(UsageLine {
        product: text("NAME", line.product)?,
        client: text(names, line.client)?,
        user: text("USER", line.user)?,
        host: text("HOST", line.host)?,
        deployment,
        ..line
    })
}

fn plain(texts: &[(&'static str, &str)]) -> Result<(), LineRefusal> {
    for (field, text) in texts {
        if text.len() > MOST_FIELD {
            return Err(LineRefusal::Long(field));
        }
        if text.chars().any(char::is_control) {
            return Err(LineRefusal::Control(field));
        }
    }
    Ok(())
}

fn named(tag: &str, field: &'static str, name: &str) -> Result<(), LineRefusal> {
    match (tag, name) {
        ("", _) => Err(LineRefusal::Empty("TAG")),
        (_, "") => Err(LineRefusal::Empty(field)),
        ("*", _) => Err(LineRefusal::Tag),
        _ => Ok(()),
    }
}

/// What usage of other software is shown under: its host.
fn client_at(host: &str) -> Cow<'_, str> {
    Cow::Borrowed(if host.is_empty() { NO_HOST } else { host })
}

fn licenses(text: &str) -> Result<u32, LineRefusal> {
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    number.filter(|tokens| (1..=MOST_TOKENS).contains(tokens)).ok_or_else(|| LineRefusal::Tokens(shown(text)))
}

/// An instant that can be one, Unix milliseconds.
fn time(field: &'static str, text: &str) -> Result<i64, LineRefusal> {
    let ms = ms(field, text)?;
    if (EARLIEST_MS..LATEST_MS).contains(&ms) { Ok(ms) } else { Err(LineRefusal::Years(field, shown(text))) }
}

/// Milliseconds of a number of seconds; parts of a millisecond are left out.
fn ms(field: &'static str, text: &str) -> Result<i64, LineRefusal> {
    let no_time = || LineRefusal::Time(field, shown(text));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if !is_digits(digits) || part.is_some_and(|part| !is_digits(part)) {
        return Err(no_time());
    }
    let seconds: i64 = whole.parse().map_err(|_| LineRefusal::Years(field, shown(text)))?;
    let thousandths = part.unwrap_or_default().bytes().chain(*b"000").take(3);
    let thousandths = thousandths.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Ok(seconds.saturating_mul(1000).saturating_add(thousandths))
}

/// A text of others, for a sentence.
fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(MOST).map(visible).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Appends a check-out or a denial with its line end.
pub fn write(line: &UsageLine<'_>, out: &mut Vec<u8>) {
    if line.outcome == CheckOutOutcome::Denied { write_denial(line, out) } else { write_check_out(line, out) }
}

fn write_check_out(line: &UsageLine<'_>, out: &mut Vec<u8>) {
    let to = line.from.saturating_add_unsigned(line.ms.unwrap_or(0));
    match &line.foreign {
        Some(foreign) => {
            for text in [&line.deployment, &line.product, &foreign.account, &line.user, &line.host] {
                found(out, text);
            }
            for text in [&foreign.handle, &foreign.display, &foreign.version] {
                found(out, text);
            }
            found(out, &foreign.tokens.to_string());
            found(out, &foreign.pid);
            found(out, &foreign.request);
        }
        None => {
            for text in [tag(line), &line.product, &line.context, &line.user, &line.host] {
                escape(out, text);
                out.push(b'\t');
            }
            out.extend_from_slice(MARK.as_bytes());
            found(out, word(line.outcome));
            escape(out, &line.client);
            out.extend_from_slice(b"\t\t1\t\t");
            seconds(out, line.from);
            out.push(b'\t');
        }
    }
    seconds(out, line.from);
    out.push(b'\t');
    seconds(out, to);
    out.push(b'\n');
}

fn write_denial(line: &UsageLine<'_>, out: &mut Vec<u8>) {
    seconds(out, line.from);
    out.push(b'\t');
    match &line.foreign {
        Some(foreign) => {
            for text in [&line.deployment, &line.product, &foreign.account, &line.user, &line.host] {
                found(out, text);
            }
            number(out, foreign.tokens.into());
        }
        None => {
            for text in [tag(line), &line.product] {
                escape(out, text);
                out.push(b'\t');
            }
            out.extend_from_slice(MARK.as_bytes());
            escape(out, &line.context);
            out.push(b':');
            for text in [&line.client, &line.user, &line.host] {
                escape(out, text);
                out.push(b'\t');
            }
            out.push(b'1');
        }
    }
    out.push(b'\n');
}

fn tag<'a>(line: &'a UsageLine<'_>) -> &'a str {
    if line.deployment.is_empty() { NO_DEPLOYMENT } else { &line.deployment }
}

/// A field as found, and the tab behind it.
fn found(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(b'\t');
}

/// Unix seconds, with a fraction only where there is one.
fn seconds(out: &mut Vec<u8>, ms: i64) {
    let ms = ms.max(0).unsigned_abs();
    number(out, ms / 1000);
    let part = ms % 1000;
    if part > 0 {
        out.push(b'.');
        out.extend([part / 100, part / 10 % 10, part % 10].map(|digit| b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests;
