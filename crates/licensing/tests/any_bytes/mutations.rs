//! Files as they are found, and worse, from a fixed seed.

use super::random::SeededRandom;

const VENDOR: &[u8] = include_bytes!("../fixtures/license_server.conf");

/// What files are made of.
pub const PIECES: &[&[u8]] = &[
    b"[GLOBAL]",
    b"[global] ",
    b"[ Mine ]",
    b"[AuthenticationLogFile]",
    b"[open",
    b"[]",
    b"port_number = 7569",
    b"PORT_NUMBER\t=\tdefault",
    b"port_number=70000",
    b"FLEXIBLE_LICENSING_MODE = 1",
    b"LICENSE_SERVER_GUID = $LV_LIC",
    b"LICENSE_SERVER_GUID = {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}",
    b"USE_FLEX_REPORTING_HTTPS = 1",
    b"FLEX_NODE_LIST = a.example;b.example",
    b"FLEX_NODE_LIST_HTTPS = [::1]:8443;;",
    b"LOGGING_VERBOSITY =",
    b"x = \xFF\xFE",
    b"x = 1\r",
    b" = no key",
    b"two words = 1",
    b"# comment",
    b" ; comment",
    b"* lost its mark",
    b"junk",
    b" \t ",
    b"\0",
    b"\xC3\x28",
    b"\xEF\xBB\xBF",
    b"\xEF\xBF\xBD",
    b"=",
    b" ",
    b"\t",
];

const ENDINGS: &[&[u8]] = &[b"\n", b"\n", b"\n", b"\r\n", b"\r\n", b"\r", b"", b"\n\n"];

/// Files of likely lines and of random bytes, damaged, from a fixed seed.
pub struct FileMutations(SeededRandom);

impl FileMutations {
    pub fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    /// The next file.
    pub fn file(&mut self) -> Vec<u8> {
        let mut file = match self.below(1000) {
            0 => VENDOR.to_vec(),
            1..=99 => (0..self.below(24)).map(|_| self.below(256) as u8).collect(),
            _ => self.lines(),
        };
        for _ in 0..self.below(4) {
            self.damage(&mut file);
        }
        file
    }

    fn lines(&mut self) -> Vec<u8> {
        let mut file = Vec::new();
        if self.below(8) == 0 {
            file.extend_from_slice(b"\xEF\xBB\xBF");
        }
        if self.below(3) > 0 {
            file.extend_from_slice(b"[GLOBAL]\n");
        }
        for _ in 0..self.below(7) {
            file.extend_from_slice(PIECES[self.below(PIECES.len())]);
            file.extend_from_slice(ENDINGS[self.below(ENDINGS.len())]);
        }
        file
    }

    fn damage(&mut self, file: &mut Vec<u8>) {
        if file.is_empty() {
            file.push(self.below(256) as u8);
            return;
        }
        let at = self.below(file.len());
        match self.below(5) {
            0 => file[at] = self.below(256) as u8,
            1 => file[at] ^= 1 << self.below(8),
            2 => file.insert(at, b"=[]\r\n \t#\0\xFF"[self.below(10)]),
            3 => drop(file.remove(at)),
            _ => file.truncate(at),
        }
    }
}
