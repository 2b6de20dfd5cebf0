//! Our own settings (never in the vendor's file): flags over environment over `leasehold.toml` over defaults; each
//! value knows where it came from.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use engine::backup::BackupSettings;
use engine::monitor::MonitorSettings;
use ipnet::IpNet;
use licensing::backup::Keeping;
use licensing::conf::setting::NodeHost;
use licensing::conf::view::SettingOverride;
use licensing::monitor::ObservationWindow;
use licensing::peers::{PeerUrl, PeerUrlError};
use reporting::listen::StandardServices;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// One setting: described once, for the flag, `--help`, `config sources`, the Settings page and the docs. A new one is
/// a row here and a field of [`Settings`].
pub struct SettingDescription {
    /// Name in `leasehold.toml`; the flag is `--NAME`, the variable `LEASEHOLD_NAME`.
    pub name: &'static str,
    /// Placeholder for its value in `--help`.
    value: &'static str,
    pub help: &'static str,
    unset: Unset,
}

/// Where a setting's default comes from.
enum Unset {
    Value(&'static str),
    /// `./.leasehold` in a checkout, else `/var/lib/leasehold`.
    DataFolder,
    /// This file of the data folder.
    InData(&'static str),
    /// No value; says what happens instead.
    Nothing(&'static str),
}

impl SettingDescription {
    const fn new(name: &'static str, value: &'static str, help: &'static str, unset: Unset) -> Self {
        Self { name, value, help, unset }
    }

    /// The default in words.
    pub fn default_words(&self) -> String {
        match self.unset {
            Unset::Value(words) | Unset::Nothing(words) => words.to_owned(),
            Unset::DataFolder => "./.leasehold in a checkout, else /var/lib/leasehold".to_owned(),
            Unset::InData(file) => format!("{file} in the data folder"),
        }
    }

    /// The default value; empty for none.
    fn default_value(&self, data: &str) -> String {
        match self.unset {
            Unset::Value(value) => value.to_owned(),
            Unset::DataFolder => default_data().to_owned(),
            Unset::InData(file) => format!("{}/{file}", data.trim_end_matches('/')),
            Unset::Nothing(_) => String::new(),
        }
    }
}

/// All our settings; the data folder first, because others are inside it.
pub const DESCRIBED: &[SettingDescription] = &[
    SettingDescription::new(
        "data",
        "DIR",
        "Folder with the database, the set-up token and the control socket.",
        Unset::DataFolder,
    ),
    SettingDescription::new("conf", "FILE", "The vendor's license_server.conf.", Unset::InData("license_server.conf")),
    SettingDescription::new(
        "console",
        "ADDR",
        "Address and port of the console and its API.",
        Unset::Value("127.0.0.1:8084"),
    ),
    SettingDescription::new(
        "reporting",
        "ADDR",
        "Address and port of the reporting API (gRPC, cleartext and TLS); off turns it off.",
        Unset::Value("127.0.0.1:5000"),
    ),
    SettingDescription::new(
        "reporting-services",
        "NAMES",
        "Standard gRPC services the reporting API offers besides: health, reflection, separated by commas.",
        Unset::Nothing("none"),
    ),
    SettingDescription::new(
        "clients",
        "ADDR",
        "Address and port for applications (cleartext and TLS); off turns it off.",
        Unset::Nothing("port_number of license_server.conf, on all addresses"),
    ),
    SettingDescription::new(
        "ve",
        "ADDR",
        "Address and port for VE clients (cleartext and TLS); off turns it off.",
        Unset::Nothing("port 8083 on all addresses, while a license of this machine is installed"),
    ),
    SettingDescription::new(
        "tls-cert",
        "FILE",
        "Certificate chain of the console, the reporting API and the license port (PEM).",
        Unset::Nothing("none on loopback, else generated in the data folder"),
    ),
    SettingDescription::new(
        "tls-key",
        "FILE",
        "Private key of that certificate (PEM).",
        Unset::Nothing("none on loopback, else generated in the data folder"),
    ),
    SettingDescription::new(
        "hosts",
        "NAMES",
        "More host names for the console, separated by commas.",
        Unset::Nothing("none"),
    ),
    SettingDescription::new(
        "public-url",
        "URL",
        "Address people use for the console, such as https://licenses.example.com: for links in messages and invitations.",
        Unset::Nothing("the first of hosts, else the console's own address"),
    ),
    SettingDescription::new(
        "trusted-proxies",
        "CIDRS",
        "Proxies in front of the console whose X-Forwarded-For, -Proto and -Host or Forwarded count: addresses or networks, separated by commas.",
        Unset::Nothing("none"),
    ),
    SettingDescription::new(
        "hsts",
        "WORD",
        "Tell browsers to use only TLS for this host name, when the certificate is a given one: on or off.",
        Unset::Value("on"),
    ),
    SettingDescription::new(
        "metrics",
        "WORD",
        "Who may read /metrics without a token: local for this machine, without a proxy in between; nobody.",
        Unset::Value("local"),
    ),
    SettingDescription::new(
        "require-totp",
        "WORD",
        "Who must sign in with a code of an authenticator app besides the password: nobody or administrators.",
        Unset::Value("nobody"),
    ),
    SettingDescription::new(
        "proxy",
        "URL",
        "Proxy for the licensing nodes, such as http://proxy.example:3128; off for none.",
        Unset::Nothing("HTTP_PROXY, HTTPS_PROXY and NO_PROXY"),
    ),
    SettingDescription::new(
        "node-ca",
        "FILE",
        "Certificates to trust for the licensing nodes besides the system's (PEM).",
        Unset::Nothing("none"),
    ),
    SettingDescription::new(
        "monitor-license-file",
        "FILE",
        "Key file with the license of the usage monitor.",
        Unset::Nothing(
            "licmon.swd/license.lm.key or licmon.swd/license.key in the data folder, else local/license.lm.key in $VOVDIR",
        ),
    ),
    SettingDescription::new(
        "monitor-license-server",
        "HOST:PORT",
        "License port of a Leasehold server that provides the license of the usage monitor.",
        Unset::Nothing("none"),
    ),
    SettingDescription::new(
        "monitor-window",
        "WORD",
        "Span in which observed users are counted, UTC: day, week or month.",
        Unset::Value("day"),
    ),
    SettingDescription::new(
        "log",
        "LEVEL",
        "Log level: error, warn, info or debug; or a filter.",
        Unset::Nothing("LOGGING_VERBOSITY of license_server.conf"),
    ),
    SettingDescription::new(
        "license-log",
        "FILE",
        "Log file, besides stderr; off for none. Each start, and each file that is full, renames the previous one to license.log.1, and so on.",
        Unset::InData("license.log"),
    ),
    SettingDescription::new(
        "license-log-keep",
        "N",
        "Number of earlier log files to keep: 1 to 1000.",
        Unset::Value("10"),
    ),
    SettingDescription::new(
        "license-log-size",
        "MB",
        "Size at which the log file is full: 1 to 100000.",
        Unset::Value("50"),
    ),
    SettingDescription::new(
        "backup-folder",
        "DIR",
        "Folder for backups; best on another disk than the data folder.",
        Unset::InData("backups"),
    ),
    SettingDescription::new(
        "backup-hour",
        "HOUR",
        "Hour at which a backup is made each day, local time: 0 to 23; off for none.",
        Unset::Value("2"),
    ),
    SettingDescription::new(
        "backup-keep",
        "N",
        "Number of backups to keep: 1 to 10000. The newest good one is always kept.",
        Unset::Value("14"),
    ),
    SettingDescription::new(
        "backup-keep-days",
        "DAYS",
        "Days after which a backup is removed: 1 to 10000; 0 for never.",
        Unset::Value("90"),
    ),
    SettingDescription::new(
        "backup-recipient",
        "KEY",
        "Encrypt backups to this age recipient (age1…). Only its identity, which this server does not have, opens them.",
        Unset::Nothing("backups are not encrypted"),
    ),
];

/// Where applications connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// Nowhere.
    Off,
    /// At an address that was named.
    At(SocketAddr),
    /// At `port_number` of the conf file, whatever that is.
    PortNumber,
}

/// Where clients of virtual environments connect, besides the license port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VePort {
    /// Nowhere.
    Off,
    /// At an address that was named.
    At(SocketAddr),
    /// At the port of VE addresses while there is a license of this machine.
    WhileLicensed,
}

/// Flags as given, by name of the setting. As part of a command: one flag for each.
#[derive(Debug, Default, Clone)]
pub struct Flags(BTreeMap<&'static str, String>);

impl Flags {
    pub fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(name, value.into());
        self
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let given = DESCRIBED.iter().filter_map(|of| Some((of.name, matches.get_one::<String>(of.name)?.clone())));
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

impl clap::Args for Flags {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(DESCRIBED.iter().map(|of| {
            let help = of.help.trim_end_matches('.');
            let help = format!("{help} [env: {}] [default: {}]", variable(of.name), of.default_words());
            clap::Arg::new(of.name).long(of.name).value_name(of.value).help(help)
        }))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// A setting, its value and where that came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcedSetting {
    /// Name of the setting.
    pub name: String,
    /// Value; empty when unset.
    pub value: String,
    /// `default`, `leasehold.toml`, `environment LEASEHOLD_X` or `flag --x`.
    pub source: String,
    /// The file, where a file is the source.
    pub file: Option<String>,
    /// What it does.
    pub help: String,
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Data folder.
    pub data: PathBuf,
    /// The vendor's file.
    pub conf: PathBuf,
    /// No conf file was named: the one in the data folder is made when it is missing.
    pub conf_is_own: bool,
    /// Where the console listens.
    pub console: SocketAddr,
    /// Where the reporting API listens; none when it is off.
    pub reporting: Option<SocketAddr>,
    /// The reporting address was given, so failing to listen there is an error.
    pub reporting_is_named: bool,
    /// Standard services the reporting API offers besides.
    pub reporting_services: StandardServices,
    /// Where applications connect.
    pub clients: Clients,
    /// Where clients of virtual environments connect.
    pub ve: VePort,
    /// How the nodes are reached.
    pub proxy: Option<String>,
    /// Certificates to trust at the nodes.
    pub node_ca: Option<PathBuf>,
    /// Certificate and key, when given.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Further host names for the console.
    pub hosts: Vec<String>,
    /// The address people use for the console, when given.
    pub public_url: Option<PeerUrl>,
    /// Proxies whose headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// Browsers are told to use only TLS, if the certificate was given.
    pub hsts: bool,
    /// This machine may read metrics without a token.
    pub metrics_are_local: bool,
    /// Where the license of the usage monitor is found, and how users are counted.
    pub monitor: MonitorSettings,
    /// Administrators must sign in in two steps.
    pub require_totp: bool,
    /// Log filter, when given.
    pub log: Option<String>,
    /// The log file; none when it is off.
    pub license_log: Option<PathBuf>,
    /// Earlier log files that are kept.
    pub license_log_keep: u32,
    /// Bytes at which a log file is full.
    pub license_log_size: u64,
    /// How backups are made.
    pub backups: BackupSettings,
    /// Every setting with its source.
    pub sources: Vec<SourcedSetting>,
}

impl Settings {
    /// Whether the data folder was never used.
    pub fn is_fresh(&self) -> bool {
        !self.data.join("leasehold.db").exists()
    }

    /// Why no new database may be made: the data folder shows that there was one. Names what shows it, and what to do.
    pub fn lost_database(&self) -> Option<String> {
        let trace = engine::store::lost(&self.data)?;
        Some(format!(
            "The data folder {0} has no database, but {trace}, so there was one. Restore the folder from a backup. To start with an empty database, run `leasehold serve --new-database --data {0}`.",
            self.data.display()
        ))
    }

    /// Completes a restore that a crash interrupted. The caller holds the folder's lock.
    ///
    /// # Errors
    /// A sentence when files can't be moved.
    pub fn finish_restore(&self) -> Result<(), Failure> {
        let stays = [self.backups.folder.clone()];
        engine::backup::restore::finish(&self.data, &stays).map_err(|error| {
            let folder = self.data.display();
            Failure::failed(format!(
                "Can't complete the restore of the data folder {folder}: {error}. Nothing is lost; try again."
            ))
        })
    }

    /// The settings of license_server.conf that do not count because one of these is set instead.
    pub fn overrides(&self) -> Vec<(&'static str, SettingOverride)> {
        const OVERRIDE: [(&str, &str); 2] = [("clients", "port_number"), ("log", "LOGGING_VERBOSITY")];
        let named = |name: &str| self.sources.iter().find(|source| source.name == name && !source.value.is_empty());
        OVERRIDE
            .into_iter()
            .filter_map(|(name, key)| {
                let SourcedSetting { source, value, .. } = named(name)?;
                let by = match source.split_once(' ') {
                    // `flag --clients`, `environment LEASEHOLD_CLIENTS`
                    Some((_, by)) => by.to_owned(),
                    None => format!("{name} in {source}"),
                };
                Some((key, SettingOverride { by, value: value.clone() }))
            })
            .collect()
    }

    /// The address for links in what this server sends, if its console answers at `origin`.
    pub fn public_origin(&self, origin: &str) -> String {
        if let Some(url) = &self.public_url {
            return url.to_string();
        }
        let Some(name) = self.hosts.first() else { return origin.to_owned() };
        let (scheme, place) = origin.split_once("://").unwrap_or(("https", origin));
        let port = place.rsplit(':').next().unwrap_or_default();
        match (scheme, port) {
            ("https", "443") | ("http", "80") => format!("{scheme}://{name}"),
            _ => format!("{scheme}://{name}:{port}"),
        }
    }

    /// How the licensing nodes are reached, besides license_server.conf.
    ///
    /// # Errors
    /// A sentence when the file of certificates cannot be read.
    pub fn nodes(&self) -> Result<engine::exchange::NodeSettings, Failure> {
        let ca = self.node_ca.as_ref().map(|path| {
            std::fs::read(path)
                .map_err(|error| Failure::refused(format!("Can't read node-ca {}: {error}.", path.display())))
        });
        Ok(engine::exchange::NodeSettings { proxy: self.proxy.clone(), ca: ca.transpose()? })
    }

    /// For a data folder that was never used and no file named: writes the conf file it starts with. A file that was
    /// lost later is not replaced by an empty one; history can bring it back.
    ///
    /// # Errors
    /// A sentence when it cannot be written.
    pub fn write_first_conf(&self) -> Result<(), Failure> {
        if self.conf_is_own { engine::Engine::write_new_conf(&self.conf).map_err(Failure::failed) } else { Ok(()) }
    }
}

/// An absolute path, so that it means the same file to a server and to commands run from other folders.
fn absolute(path: impl AsRef<Path>) -> PathBuf {
    std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned())
}

/// `./.leasehold` in a checkout, else `/var/lib/leasehold`.
fn default_data() -> &'static str {
    if Path::new("Cargo.toml").exists() && Path::new("server").is_dir() { "./.leasehold" } else { "/var/lib/leasehold" }
}

/// Name of the environment variable of a setting.
pub fn variable(name: &str) -> String {
    format!("LEASEHOLD_{}", name.to_uppercase().replace('-', "_"))
}

/// Merges flags, environment, file and defaults; the first one that has a setting wins.
///
/// # Errors
/// A sentence that names the setting and where its value came from.
pub fn resolve(flags: &Flags, file: Option<&Path>) -> Result<Settings, Failure> {
    let file = file.map(Path::to_owned).or_else(|| std::env::var_os("LEASEHOLD_CONFIG").map(PathBuf::from));
    let from_file = file.as_deref().map_or_else(|| Ok(BTreeMap::new()), read_file)?;
    let mut sources: Vec<SourcedSetting> = Vec::new();
    for described in DESCRIBED {
        let SettingDescription { name, help, .. } = described;
        let env = variable(name);
        let (value, source, origin) = if let Some(value) = flags.0.get(name) {
            (value.clone(), format!("flag --{name}"), None)
        } else if let Ok(value) = std::env::var(&env) {
            (value, format!("environment {env}"), None)
        } else if let Some(value) = from_file.get(*name) {
            (value.clone(), "leasehold.toml".to_owned(), file.as_ref().map(|f| f.display().to_string()))
        } else {
            let data = sources.first().map_or("", |data| &data.value);
            (described.default_value(data), "default".to_owned(), None)
        };
        sources.push(SourcedSetting {
            name: (*name).to_owned(),
            value,
            source,
            file: origin,
            help: (*help).to_owned(),
        });
    }
    let get = |name: &str| sources.iter().find(|s| s.name == name).expect("every described setting is in the list");
    let path = |name: &str| Some(get(name).value.clone()).filter(|v| !v.is_empty()).map(PathBuf::from);
    let console = get("console");
    let address = console.value.parse().map_err(|_| {
        let SourcedSetting { value, source, .. } = console;
        Failure::refused(format!(
            "console = “{value}” ({source}) is not an address with a port. Write it like 127.0.0.1:8084."
        ))
    })?;
    let tls = match (path("tls-cert"), path("tls-key")) {
        (Some(cert), Some(key)) => Some((cert, key)),
        (None, None) => None,
        _ => return Err(Failure::refused("tls-cert and tls-key belong together. Set both or neither.")),
    };
    let reporting = get("reporting");
    let reporting_address = match reporting.value.as_str() {
        "off" => None,
        value => Some(value.parse().map_err(|_| {
            Failure::refused(format!(
                "reporting = “{value}” ({}) is not an address with a port. Write it like 127.0.0.1:5000, or off.",
                reporting.source
            ))
        })?),
    };
    let clients = get("clients");
    let clients = match clients.value.as_str() {
        "" => Clients::PortNumber,
        "off" => Clients::Off,
        value => Clients::At(value.parse().map_err(|_| {
            Failure::refused(format!(
                "clients = “{value}” ({}) is not an address with a port. Write it like 0.0.0.0:7569, or off.",
                clients.source
            ))
        })?),
    };
    let ve = get("ve");
    let ve = match ve.value.as_str() {
        "" => VePort::WhileLicensed,
        "off" => VePort::Off,
        value => VePort::At(value.parse().map_err(|_| {
            Failure::refused(format!(
                "ve = “{value}” ({}) is not an address with a port. Write it like 0.0.0.0:8083, or off.",
                ve.source
            ))
        })?),
    };
    let license_log = Some(get("license-log").value.as_str()).filter(|v| *v != "off").map(absolute);
    let backup_hour = get("backup-hour");
    let backups = BackupSettings {
        folder: absolute(&get("backup-folder").value),
        hour: match backup_hour.value.trim() {
            "off" => None,
            hour => Some(
                hour.parse()
                    .ok()
                    .filter(|hour| *hour < 24)
                    .ok_or_else(|| refused(backup_hour, "is no hour. Enter a whole number from 0 to 23, or off."))?,
            ),
        },
        keeping: Keeping {
            count: number(get("backup-keep"), &(1..=10_000))? as usize,
            days: number(get("backup-keep-days"), &(0..=10_000))?,
        },
        recipient: Some(get("backup-recipient").value.trim().to_owned()).filter(|key| !key.is_empty()),
        certificates: tls.iter().flat_map(|(cert, key)| [cert, key].map(absolute)).collect(),
        leave_out: license_log.iter().cloned().collect(),
    };
    let hosts = get("hosts").value.split(',').map(|h| h.trim().to_lowercase()).filter(|h| !h.is_empty()).collect();
    Ok(Settings {
        data: absolute(&get("data").value),
        conf: absolute(&get("conf").value),
        conf_is_own: get("conf").source == "default",
        console: address,
        reporting: reporting_address,
        reporting_is_named: reporting.source != "default",
        reporting_services: services(get("reporting-services"))?,
        clients,
        ve,
        proxy: Some(get("proxy").value.clone()).filter(|v| !v.is_empty()),
        node_ca: path("node-ca"),
        tls,
        hosts,
        public_url: public_url(get("public-url"))?,
        trusted_proxies: networks(get("trusted-proxies"))?,
        hsts: one_of(get("hsts"), ["on", "off"])? == "on",
        metrics_are_local: one_of(get("metrics"), ["local", "nobody"])? == "local",
        monitor: MonitorSettings {
            key_file: path("monitor-license-file").map(|file| std::path::absolute(&file).unwrap_or(file)),
            vovdir: std::env::var_os("VOVDIR").filter(|value| !value.is_empty()).map(PathBuf::from),
            server: host_and_port(get("monitor-license-server"))?,
            window: window(get("monitor-window"))?,
        },
        require_totp: one_of(get("require-totp"), ["nobody", "administrators"])? == "administrators",
        log: Some(get("log").value.clone()).filter(|v| !v.is_empty()),
        license_log,
        license_log_keep: number(get("license-log-keep"), &crate::logging::KEEP)?,
        license_log_size: u64::from(number(get("license-log-size"), &crate::logging::SIZE_MB)?) * 1_000_000,
        backups,
        sources,
    })
}

/// Why a value is refused: its name, where it came from, and what is wrong.
fn refused(setting: &SourcedSetting, wrong: impl std::fmt::Display) -> Failure {
    let SourcedSetting { name, value, source, .. } = setting;
    Failure::refused(format!("{name} = “{value}” ({source}) {wrong}"))
}

fn number(setting: &SourcedSetting, range: &RangeInclusive<u32>) -> Result<u32, Failure> {
    setting.value.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (first, last) = (range.start(), range.end());
        refused(setting, format_args!("is out of range. Enter a whole number from {first} to {last}."))
    })
}

fn one_of<'a>(setting: &'a SourcedSetting, words: [&str; 2]) -> Result<&'a str, Failure> {
    match setting.value.trim() {
        word if words.contains(&word) => Ok(word),
        _ => Err(refused(setting, format_args!("is not understood. Enter {} or {}.", words[0], words[1]))),
    }
}

/// `host:port`, an IPv6 address in brackets.
fn host_and_port(setting: &SourcedSetting) -> Result<Option<NodeHost>, Failure> {
    let text = setting.value.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let named = text.rsplit_once(':').and_then(|(host, port)| {
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = in_brackets.filter(|host| host.parse::<std::net::Ipv6Addr>().is_ok()).or_else(|| {
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            Some(host).filter(|host| !host.is_empty() && host.chars().all(is_name))
        })?;
        let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
        Some(NodeHost { host: host.to_owned(), port: Some(port) })
    });
    let wrong = "is not a host with a port. Write it like licenses.example.com:7569.";
    named.map(Some).ok_or_else(|| refused(setting, wrong))
}

fn window(setting: &SourcedSetting) -> Result<ObservationWindow, Failure> {
    let read = setting.value.trim().parse();
    read.map_err(|_| refused(setting, "is not understood. Enter day, week or month."))
}

/// The items of a list, without the blank ones.
fn items(setting: &SourcedSetting) -> impl Iterator<Item = &str> {
    setting.value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn services(setting: &SourcedSetting) -> Result<StandardServices, Failure> {
    let mut services = StandardServices::default();
    for name in items(setting) {
        match name {
            "health" => services.health = true,
            "reflection" => services.reflection = true,
            other => {
                let wrong = format_args!("names “{other}”, which is no service. Enter health, reflection or both.");
                return Err(refused(setting, wrong));
            }
        }
    }
    Ok(services)
}

/// An address, or a network as `10.0.0.0/8`.
fn networks(setting: &SourcedSetting) -> Result<Vec<IpNet>, Failure> {
    let network = |item: &str| {
        let address = || item.parse::<IpAddr>().map(|ip| IpNet::from(ip.to_canonical()));
        item.parse().or_else(|_| address()).map_err(|_| {
            let wrong = format_args!("names “{item}”, which is no address. Write it like 10.0.0.5 or 10.0.0.0/8.");
            refused(setting, wrong)
        })
    };
    items(setting).map(network).collect()
}

/// As browsers write it: in lower case, without the port that its scheme has anyway.
fn public_url(setting: &SourcedSetting) -> Result<Option<PeerUrl>, Failure> {
    let text = setting.value.trim().to_lowercase();
    if text.is_empty() {
        return Ok(None);
    }
    let text = text.trim_end_matches('/');
    let usual = if text.starts_with("https:") { ":443" } else { ":80" };
    let url = text
        .strip_suffix(usual)
        .unwrap_or(text)
        .parse()
        .map_err(|wrong: PeerUrlError| refused(setting, format_args!("can't be used. {wrong}")));
    url.map(Some)
}

/// Reads `leasehold.toml`: one value per setting.
fn read_file(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::refused(format!("Can't read {shown} (from --config): {error}.")))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        Failure::refused(format!("{shown} is not valid TOML: {}", error.to_string().trim()))
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let name = key.replace('_', "-");
        if !DESCRIBED.iter().any(|d| d.name == name) {
            let known: Vec<&str> = DESCRIBED.iter().map(|d| d.name).collect();
            return Err(Failure::refused(format!(
                "{shown} has an unknown setting, {key}. Known settings: {}.",
                known.join(", ")
            )));
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Array(items) => items.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(","),
            _ => return Err(Failure::refused(format!("{shown}: the value of {key} must be in quotes."))),
        };
        values.insert(name, value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_each_value_names_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("leasehold.toml");
        std::fs::write(&file, "console = \"127.0.0.1:1\"\ntls_cert = \"c\"\ntls-key = \"k\"\n").unwrap();
        let flags = Flags::default().set("console", "127.0.0.1:2");
        let settings = resolve(&flags, Some(&file)).unwrap();
        assert_eq!(settings.console.port(), 2);
        let source = |name: &str| settings.sources.iter().find(|s| s.name == name).unwrap().source.clone();
        assert_eq!(source("console"), "flag --console");
        assert_eq!(source("tls-cert"), "leasehold.toml");
        assert_eq!(source("hosts"), "default");
    }

    #[test]
    fn a_setting_of_the_vendors_file_names_what_overrides_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("leasehold.toml");
        std::fs::write(&file, "log = \"debug\"\n").unwrap();
        assert_eq!(resolve(&Flags::default(), None).unwrap().overrides(), []);
        let flags = Flags::default().set("clients", "127.0.0.1:7580");
        let by = |by: &str, value: &str| SettingOverride { by: by.to_owned(), value: value.to_owned() };
        assert_eq!(
            resolve(&flags, Some(&file)).unwrap().overrides(),
            [
                ("port_number", by("--clients", "127.0.0.1:7580")),
                ("LOGGING_VERBOSITY", by("log in leasehold.toml", "debug"))
            ]
        );
    }

    #[test]
    fn the_log_file_is_in_the_data_folder_or_where_it_is_said_or_off() {
        let log = |flags: &[(&'static str, &str)]| {
            let flags = flags.iter().fold(Flags::default(), |flags, (name, value)| flags.set(name, *value));
            resolve(&flags, None).map(|settings| (settings.license_log, settings.license_log_keep))
        };
        assert_eq!(log(&[("data", "/d/")]).unwrap(), (Some("/d/license.log".into()), 10));
        assert_eq!(log(&[("license-log", "/l/x"), ("license-log-keep", "3")]).unwrap(), (Some("/l/x".into()), 3));
        assert_eq!(log(&[("license-log", "off")]).unwrap().0, None);
        for wrong in ["0", "1001", "-1", "ten"] {
            let refused = log(&[("license-log-keep", wrong)]).unwrap_err();
            assert!(refused.sentence.contains("1 to 1000"), "{refused}");
        }
    }

    #[test]
    fn links_use_the_public_address_else_the_first_host_name_else_the_consoles() {
        let origin = |flags: &[(&'static str, &str)], own: &str| {
            let flags = flags.iter().fold(Flags::default(), |flags, (name, value)| flags.set(name, *value));
            resolve(&flags, None).unwrap().public_origin(own)
        };
        assert_eq!(origin(&[], "http://127.0.0.1:8084"), "http://127.0.0.1:8084");
        let hosts = ("hosts", "Lic-01.example, lic");
        assert_eq!(origin(&[hosts], "https://[::1]:8084"), "https://lic-01.example:8084");
        assert_eq!(origin(&[hosts], "https://10.0.0.5:443"), "https://lic-01.example");
        for url in ["https://Licenses.example", "https://licenses.example/", "https://licenses.example:443"] {
            assert_eq!(origin(&[hosts, ("public-url", url)], "http://127.0.0.1:8084"), "https://licenses.example");
        }
    }

    #[test]
    fn settings_of_proxies_are_read_or_refused_with_the_item_at_fault() {
        let with = |name: &'static str, value: &str| resolve(&Flags::default().set(name, value), None);
        let networks = with("trusted-proxies", "127.0.0.1, 10.0.0.0/8,, 2001:db8::/32").unwrap().trusted_proxies;
        let shown: Vec<String> = networks.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"]);
        assert!(
            with("metrics", "local").unwrap().metrics_are_local
                && !with("metrics", "nobody").unwrap().metrics_are_local
        );
        assert!(resolve(&Flags::default(), None).unwrap().hsts && !with("hsts", "off").unwrap().hsts);
        let both = StandardServices { health: true, reflection: true };
        assert_eq!(with("reporting-services", "health, reflection").unwrap().reporting_services, both);
        assert_eq!(with("license-log-size", "2").unwrap().license_log_size, 2_000_000);
        let server = |value: &str| with("monitor-license-server", value).unwrap().monitor.server.unwrap().to_string();
        assert_eq!(server(" lic-02.example:7569 "), "lic-02.example:7569");
        assert_eq!(server("[2001:db8::1]:7569"), "[2001:db8::1]:7569");
        assert_eq!(with("monitor-window", "week").unwrap().monitor.window, ObservationWindow::Week);
        assert!(with("monitor-license-file", "a.key").unwrap().monitor.key_file.unwrap().is_absolute());
        let refused: &[(&'static str, &str, &str)] = &[
            ("trusted-proxies", "10.0.0.1,lb-01", "names “lb-01”"),
            ("trusted-proxies", "10.0.0.0/33", "names “10.0.0.0/33”"),
            ("metrics", "all", "local or nobody"),
            ("hsts", "yes", "on or off"),
            ("require-totp", "everybody", "nobody or administrators"),
            ("reporting-services", "health,trace", "names “trace”"),
            ("public-url", "lic-01.example", "Start the console's address with https://"),
            ("public-url", "https://example.com/licenses", "no path"),
            ("license-log-size", "0", "from 1 to 100000"),
            ("monitor-license-server", "lic-02.example", "licenses.example.com:7569"),
            ("monitor-license-server", "http://lic-02:7569/", "licenses.example.com:7569"),
            ("monitor-license-server", "2001:db8::1:7569", "licenses.example.com:7569"),
            ("monitor-license-server", "lic-02:0", "licenses.example.com:7569"),
            ("monitor-window", "year", "day, week or month"),
        ];
        for (name, value, says) in refused {
            let failure = with(name, value).unwrap_err();
            assert!(failure.sentence.contains(says) && failure.sentence.contains(name), "{failure}");
        }
    }

    #[test]
    fn backups_are_made_at_night_into_the_data_folder_unless_something_else_is_said() {
        let with = |flags: &[(&'static str, &str)]| {
            let flags = flags.iter().fold(Flags::default(), |flags, (name, value)| flags.set(name, *value));
            resolve(&flags, None).map(|settings| settings.backups)
        };
        let usual = with(&[("data", "/d/")]).unwrap();
        assert_eq!((usual.folder, usual.hour, usual.recipient), ("/d/backups".into(), Some(2), None));
        assert_eq!(usual.keeping, Keeping { count: 14, days: 90 });
        assert_eq!(usual.leave_out, [PathBuf::from("/d/license.log")]);
        assert_eq!(with(&[("backup-hour", "off")]).unwrap().hour, None);
        assert_eq!(with(&[("backup-hour", "23"), ("backup-keep-days", "0")]).unwrap().keeping.days, 0);
        for (name, wrong, says) in [
            ("backup-hour", "24", "0 to 23"),
            ("backup-hour", "night", "0 to 23"),
            ("backup-keep", "0", "1 to 10000"),
            ("backup-keep-days", "-1", "0 to 10000"),
        ] {
            let refused = with(&[(name, wrong)]).unwrap_err();
            assert!(refused.sentence.contains(says) && refused.sentence.contains(name), "{refused}");
        }
    }

    #[test]
    fn an_unknown_setting_in_the_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("leasehold.toml");
        std::fs::write(&file, "consol = \"127.0.0.1:1\"\n").unwrap();
        let failure = resolve(&Flags::default(), Some(&file)).unwrap_err();
        assert!(failure.sentence.contains("unknown setting, consol"), "{failure}");
    }
}
