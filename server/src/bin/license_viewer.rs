//! `license_viewer [FILE]`: shows a VE license in plain words and whether it can be trusted.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use commands::output::note;
use engine::ve::{LookError, look};
use licensing::ve::{LARGEST, LicenseText, SealError, viewer};

/// Show a VE license in plain words. Exit code 0: signed by a vendor this machine trusts; 1: not signed by one, or
/// nothing installed; 2: not a license.
#[derive(Debug, Parser)]
#[command(name = "license_viewer", version, about, max_term_width = 110)]
struct Viewer {
    /// The license text; - reads standard input [default: the license installed on this machine]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Data folder of the server [env: LEASEHOLD_DATA] [default: ./.leasehold in a checkout, else /var/lib/leasehold]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What is said on stderr, and the exit code.
struct Ended(u8, String);

impl Viewer {
    fn folder(&self) -> PathBuf {
        let named = self
            .data
            .clone()
            .or_else(|| std::env::var_os("LEASEHOLD_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from));
        named.unwrap_or_else(|| {
            let in_checkout = Path::new("Cargo.toml").exists() && Path::new("server").is_dir();
            PathBuf::from(if in_checkout { "./.leasehold" } else { "/var/lib/leasehold" })
        })
    }

    async fn run(&self) -> Result<(), Ended> {
        let folder = self.folder();
        let stored = look(&folder).await;
        let (bytes, keys) = match (&self.file, stored) {
            (Some(file), Ok(stored)) => (read(file)?, stored.keys),
            // A text can be looked at on any machine.
            (Some(file), Err(_)) => (read(file)?, Vec::new()),
            (None, Ok(stored)) => match stored.text {
                Some(text) => (text.into_bytes(), stored.keys),
                None => return Err(Ended(1, none_installed(&folder))),
            },
            (None, Err(error @ LookError::NoData(_))) => return Err(Ended(2, error.to_string())),
            (None, Err(error)) => return Err(Ended(1, error.to_string())),
        };
        let text = LicenseText::parse(&bytes).map_err(|error| Ended(2, error.to_string()))?;
        print(&viewer(&text.license))?;
        for remark in &text.notes {
            note(remark);
        }
        match text.verify(&keys) {
            Ok(_) => Ok(()),
            Err(SealError::UnknownKey { fingerprint, .. }) => Err(Ended(
                1,
                format!(
                    "This license is signed with a key that this machine does not trust: {fingerprint}. Compare it with the fingerprint you received from your vendor."
                ),
            )),
            Err(error) => Err(Ended(1, error.to_string())),
        }
    }
}

fn none_installed(folder: &Path) -> String {
    format!(
        "No license of this machine is installed in {}. Create a request with `leasehold license request`, or give a license file.",
        folder.display()
    )
}

fn read(file: &Path) -> Result<Vec<u8>, Ended> {
    let shown = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let unreadable = |error: std::io::Error| Ended(2, format!("Can't read {shown}: {error}."));
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file).map_err(unreadable)?)
    };
    let mut bytes = Vec::new();
    // One more than a license may have, so that a longer text is seen to be one.
    source.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn print(text: &str) -> Result<(), Ended> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Ended(1, format!("Can't write the output: {error}.")))
        }
        _ => Ok(()),
    }
}

fn main() -> ExitCode {
    let viewer = match Viewer::try_parse() {
        Ok(viewer) => viewer,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            note(format_args!("Can't start the runtime: {error}."));
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(viewer.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended(code, sentence)) => {
            note(sentence);
            ExitCode::from(code)
        }
    }
}
