use super::{SealError, TextError, VeLicense, lines, read, seal::Seal, write};
use crate::vendor_key::{VendorKey, VendorSecret};

/// The most a license text may have, in bytes.
pub const LARGEST: usize = 64 * 1024;

/// How a license text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `KEYSEC`, `K_FINGER=…`.
    Keys,
    /// `VeLicense fingerprint: …`, as the viewer prints it. Never signed.
    Words,
}

/// A license as its text says it. Whether to believe it is for [`LicenseText::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseText {
    /// What it says.
    pub license: VeLicense,
    /// How it is written.
    pub form: Form,
    /// What a person should know who looks at it: lines that were not understood.
    pub notes: Vec<String>,
    body: String,
    seal: Option<Seal>,
}

impl LicenseText {
    /// Reads a license text of either form. A byte order mark, line ends of any kind and blanks around lines do not matter.
    ///
    /// # Errors
    /// See [`TextError`]: each names the line.
    pub fn parse(bytes: &[u8]) -> Result<LicenseText, TextError> {
        let lines = lines::lines(bytes)?;
        let Some(first) = lines.first() else { return Err(TextError::Empty) };
        if first.text == "KEYSEC" {
            let (read, rest) = read::keys(&lines)?;
            let body = lines::joined(&lines[..lines.len() - rest.len()]);
            let seal = Seal::read(rest)?;
            if seal.is_some() {
                read::complete(&read, &lines)?;
            }
            // A key nobody knows is worth a word only where nobody vouches for it.
            let notes = if seal.is_some() { Vec::new() } else { read.notes };
            Ok(LicenseText { license: read.license, form: Form::Keys, notes, body, seal })
        } else if read::begins_words(first.text) {
            let read = read::words(&lines)?;
            let body = lines::joined(&lines);
            Ok(LicenseText { license: read.license, form: Form::Words, notes: read.notes, body, seal: None })
        } else {
            Err(TextError::NotALicense { line: first.number, found: first.text.to_owned() })
        }
    }

    /// Signs a license.
    ///
    /// # Errors
    /// When the license cannot be written so that it reads back the same: a name with a line break, for example.
    pub fn sign(secret: &VendorSecret, license: &VeLicense) -> Result<LicenseText, TextError> {
        let body = write::keys(license);
        let seal = Seal::sign(secret, &body);
        let signed = LicenseText::parse(format!("{body}{seal}").as_bytes())?;
        if signed.license == *license {
            Ok(signed)
        } else {
            let problem = "holds a value that does not read back as it was written".to_owned();
            Err(TextError::Value { line: 1, key: "The license".to_owned(), problem })
        }
    }

    /// The text: normalised, with its signature.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.seal.as_ref().map_or_else(|| self.body.clone(), |seal| format!("{}{seal}", self.body))
    }

    /// The key it says it is signed with.
    #[must_use]
    pub fn key(&self) -> Option<VendorKey> {
        self.seal.as_ref().map(|seal| seal.key)
    }

    /// Whether one of `keys` signed exactly this; gives that key.
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
