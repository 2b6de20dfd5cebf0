use std::borrow::Cow;

use crate::client_protocol::CheckOutOutcome;

/// A check-out as one line of a daily data file: nine fields, separated by tabs; with seven more if other software recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine<'a> {
    /// When it was taken or denied, Unix milliseconds.
    pub from: i64,
    /// Duration, milliseconds; `None` for a denial.
    pub ms: Option<u64>,
    /// Outcome.
    pub outcome: CheckOutOutcome,
    /// Product.
    pub product: Cow<'a, str>,
    /// The client's name.
    pub client: Cow<'a, str>,
    /// Who.
    pub user: Cow<'a, str>,
    /// Where.
    pub host: Cow<'a, str>,
    /// The context of the server, empty if none.
    pub context: Cow<'a, str>,
    /// Deployment.
    pub deployment: Cow<'a, str>,
    /// What other software recorded besides; none for check-outs of Leasehold's own clients.
    pub foreign: Option<ForeignFields<'a>>,
}

/// What a check-out has besides that other software recorded, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignFields<'a> {
    /// Licenses taken by it, at least 1.
    pub tokens: u32,
    /// Account, project or group.
    pub account: Cow<'a, str>,
    /// Its handle at the license daemon.
    pub handle: Cow<'a, str>,
    /// Display.
    pub display: Cow<'a, str>,
    /// Version of the product.
    pub version: Cow<'a, str>,
    /// Process.
    pub pid: Cow<'a, str>,
    /// When it was requested, Unix seconds; may be empty.
    pub request: Cow<'a, str>,
}

impl UsageLine<'_> {
    /// How many licenses it takes.
    #[must_use]
    pub fn licenses(&self) -> u32 {
        self.foreign.as_ref().map_or(1, |foreign| foreign.tokens)
    }

    /// The first line of every file.
    pub const HEAD: &'static str = "#from\tms\toutcome\tproduct\tclient\tuser\thost\tcontext\tdeployment\n";

    /// Appends it with its line end.
    pub fn write(&self, out: &mut Vec<u8>) {
        number(out, self.from.unsigned_abs());
        out.push(b'\t');
        if let Some(ms) = self.ms {
            number(out, ms);
        }
        out.push(b'\t');
        out.extend_from_slice(word(self.outcome).as_bytes());
        for text in [&self.product, &self.client, &self.user, &self.host, &self.context, &self.deployment] {
            out.push(b'\t');
            escape(out, text);
        }
        if let Some(ForeignFields { tokens, account, handle, display, version, pid, request }) = &self.foreign {
            out.push(b'\t');
            number(out, (*tokens).into());
            for text in [account, handle, display, version, pid, request] {
                out.push(b'\t');
                escape(out, text);
            }
        }
        out.push(b'\n');
    }

    /// Reads one line, with or without its end; `None` for the header and invalid lines.
    #[must_use]
    pub fn parse(line: &str) -> Option<UsageLine<'_>> {
        let mut fields = line.trim_end_matches('\n').split('\t');
        let from = fields.next()?.parse().ok()?;
        let ms = match fields.next()? {
            "" => None,
            ms => Some(ms.parse().ok()?),
        };
        let outcome = outcome(fields.next()?)?;
        let mut text = || fields.next().map(unescape);
        let mut line = UsageLine {
            from,
            ms,
            outcome,
            product: text()?,
            client: text()?,
            user: text()?,
            host: text()?,
            context: text()?,
            deployment: text()?,
            foreign: None,
        };
        let Some(tokens) = fields.next() else { return Some(line) };
        let mut text = || fields.next().map(unescape);
        line.foreign = Some(ForeignFields {
            tokens: tokens.parse().ok().filter(|tokens| *tokens > 0)?,
            account: text()?,
            handle: text()?,
            display: text()?,
            version: text()?,
            pid: text()?,
            request: text()?,
        });
        fields.next().is_none().then_some(line)
    }
}

/// The word in the files.
pub(super) fn word(outcome: CheckOutOutcome) -> &'static str {
    match outcome {
        CheckOutOutcome::Returned => "returned",
        CheckOutOutcome::Open => "open",
        CheckOutOutcome::Flushed => "flushed",
        CheckOutOutcome::Denied => "denied",
        CheckOutOutcome::Lost => "lost",
    }
}

/// The outcome of a word.
pub(super) fn outcome(word: &str) -> Option<CheckOutOutcome> {
    Some(match word {
        "returned" => CheckOutOutcome::Returned,
        "flushed" => CheckOutOutcome::Flushed,
        "denied" => CheckOutOutcome::Denied,
        "lost" => CheckOutOutcome::Lost,
        _ => return None,
    })
}

pub(super) fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Tab, line ends and the backslash itself are written with a backslash.
pub(super) fn escape(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte => out.push(byte),
        }
    }
}

pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        });
    }
    Cow::Owned(out)
}
