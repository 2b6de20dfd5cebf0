use super::{
    SealError, TextError, VeLicense,
    lines::{self, TextLine},
    read,
    seal::Seal,
    write,
};
use crate::{
    pasted::{WrappedAt, decode},
    vendor_key::{VendorKey, VendorSecret},
};

/// Maximum size of a license text, bytes.
pub const LARGEST: usize = 64 * 1024;

/// The form of a license text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `KEYSEC`, `K_FINGER=…`.
    Keys,
    /// `License fingerprint: …`, as the viewer prints it. Never signed.
    Words,
}

/// A parsed license text; [`LicenseText::verify`] checks its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseText {
    /// The license.
    pub license: VeLicense,
    /// Its form.
    pub form: Form,
    /// Notes for a reader, about unknown lines.
    pub notes: Vec<String>,
    body: String,
    seal: Option<Seal>,
}

impl LicenseText {
    /// Reads a license text of either form, in UTF-8 or UTF-16, with any line ends and blanks around lines; also one that
    /// a mail program quoted, wrapped or encoded, between other lines of the mail.
    ///
    /// # Errors
    /// See [`TextError`]: each names the line.
    pub fn parse(bytes: &[u8]) -> Result<LicenseText, TextError> {
        if bytes.len() > LARGEST {
            return Err(TextError::TooLong { bytes: bytes.len() });
        }
        let text = decode(bytes).map_err(|at| TextError::NotText { line: at.line })?;
        let as_it_is = lines::lines(&text).and_then(|lines| LicenseText::of(&lines));
        if as_it_is.as_ref().is_ok_and(LicenseText::is_whole) {
            return as_it_is;
        }
        let mut first = None;
        for wrapped in WrappedAt::ALL {
            let found = lines::found(&text, wrapped);
            if found.is_empty() {
                break;
            }
            let read = lines::of(&found).and_then(|lines| LicenseText::of(&lines));
            if read.as_ref().is_ok_and(LicenseText::is_whole) {
                return read;
            }
            first = first.or(Some(read));
        }
        match (as_it_is, first) {
            // The license begins further down: what is wrong with it says more than what is above it.
            (Err(TextError::NotALicense { .. } | TextError::NotText { .. }), Some(found)) => found,
            (as_it_is, _) => as_it_is,
        }
    }

    fn of(lines: &[TextLine<'_>]) -> Result<LicenseText, TextError> {
        let Some(first) = lines.first() else { return Err(TextError::Empty) };
        if first.text == "KEYSEC" {
            let (read, rest) = read::keys(lines)?;
            let body = lines::joined(&lines[..lines.len() - rest.len()]);
            let seal = Seal::read(rest)?;
            if seal.is_some() {
                read::complete(&read, lines)?;
            }
            // Unknown keys matter only in an unsigned text.
            let notes = if seal.is_some() { Vec::new() } else { read.notes };
            Ok(LicenseText { license: read.license, form: Form::Keys, notes, body, seal })
        } else if read::begins_words(first.text) {
            let read = read::words(lines)?;
            let body = lines::joined(lines);
            Ok(LicenseText { license: read.license, form: Form::Words, notes: read.notes, body, seal: None })
        } else {
            Err(TextError::NotALicense { line: first.number, found: first.text.to_owned() })
        }
    }

    /// Whether its signature, if it has one, fits the text, whoever made it.
    fn is_whole(&self) -> bool {
        self.seal.as_ref().is_none_or(|seal| seal.is_good(&seal.key, &self.body))
    }

    /// Signs a license.
    ///
    /// # Errors
    /// If the license would not read back the same, for example because of a line break in a name.
    pub fn sign(secret: &VendorSecret, license: &VeLicense) -> Result<LicenseText, TextError> {
        let body = write::keys(license);
        let seal = Seal::sign(secret, &body);
        let signed = LicenseText::parse(format!("{body}{seal}").as_bytes())?;
        if signed.license == *license {
            Ok(signed)
        } else {
            let problem = "has a value that does not read back as written".to_owned();
            Err(TextError::Value { line: 1, key: "The license".to_owned(), problem })
        }
    }

    /// The normalized text with its signature.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.seal.as_ref().map_or_else(|| self.body.clone(), |seal| format!("{}{seal}", self.body))
    }

    /// The key of its signature, unverified.
    #[must_use]
    pub fn key(&self) -> Option<VendorKey> {
        self.seal.as_ref().map(|seal| seal.key)
    }

    /// Verifies the signature and returns the one of `keys` that made it.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn verify(&self, keys: &[VendorKey]) -> Result<VendorKey, SealError> {
        let seal = self.seal.as_ref().ok_or(SealError::Unsigned)?;
        let Some(key) = keys.iter().find(|key| **key == seal.key) else {
            return Err(match seal.is_good(&seal.key, &self.body) {
                true => SealError::UnknownKey { key_id: seal.key.id(), fingerprint: seal.key.fingerprint() },
                false => SealError::Broken,
            });
        };
        if seal.is_good(key, &self.body) { Ok(*key) } else { Err(SealError::Broken) }
    }
}
