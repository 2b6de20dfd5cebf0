//! Reads the machine's identity from files, without network or commands.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use licensing::machine::{Component, ComponentName, ComponentReading, MachineIdentity};

/// A folder to use instead of `/` for `/etc`, `/proc`, `/sys` and the rest: for tests, and containers with their
/// host's files. Only the server's own user can set it, who could change the files anyway.
pub const MACHINE_ROOT: &str = "LEASEHOLD_MACHINE_ROOT";

/// Maximum length of a value, characters.
const LONGEST: usize = 256;

/// The source of a machine's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    root: PathBuf,
}

/// A file and its content.
type Text = Result<String, ComponentReading>;

impl Machine {
    /// The files below a folder.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// This machine, or the folder in [`MACHINE_ROOT`].
    #[must_use]
    pub fn from_environment() -> Self {
        let root = std::env::var_os(MACHINE_ROOT).filter(|root| !root.is_empty());
        Self { root: root.map_or_else(|| PathBuf::from("/"), PathBuf::from) }
    }

    /// The folder, if it isn't `/`.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&Path> {
        Some(self.root.as_path()).filter(|root| *root != Path::new("/"))
    }

    /// Reads every component.
    #[must_use]
    pub fn identity(&self) -> MachineIdentity {
        let reading = |name| match name {
            ComponentName::MachineId => self.machine_id(),
            ComponentName::ProductUuid => uuid(self.text("sys/class/dmi/id/product_uuid")),
            ComponentName::CpuCores => self.cores(),
            ComponentName::InstanceUuid => self.instance_uuid(),
            ComponentName::Hypervisor => self.hypervisor(),
            ComponentName::CloudInstance => self.cloud_instance(),
            ComponentName::RootFileSystem => self.root_file_system(),
            ComponentName::HostName => first([self.text("proc/sys/kernel/hostname"), self.text("etc/hostname")]),
            ComponentName::Addresses => self.addresses(),
        };
        MachineIdentity::new(ComponentName::ALL.map(|name| Component { name, reading: reading(name) }))
    }

    /// A file, trimmed and without unprintable characters. An empty one is absent; an unreadable one is unknown.
    fn text(&self, path: &str) -> Text {
        let bytes = std::fs::read(self.root.join(path)).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => missing(path),
            ErrorKind::PermissionDenied => ComponentReading::Unknown(format!("this user may not read /{path}")),
            _ => ComponentReading::Unknown(format!("can't read /{path}: {error}")),
        })?;
        let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        let text = text.trim();
        if text.is_empty() { Err(ComponentReading::Absent) } else { Ok(text.to_owned()) }
    }

    fn machine_id(&self) -> ComponentReading {
        let set =
            |text: Text| text.and_then(|id| if id == "uninitialized" { Err(ComponentReading::Absent) } else { Ok(id) });
        first([set(self.text("etc/machine-id")), set(self.text("var/lib/dbus/machine-id"))])
    }

    /// Online processors in /proc/cpuinfo, including threads.
    fn cores(&self) -> ComponentReading {
        let text = match self.whole("proc/cpuinfo") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        match text.lines().filter(|line| line.starts_with("processor")).count() {
            0 => ComponentReading::Unknown("/proc/cpuinfo lists no processor".to_owned()),
            count => ComponentReading::Value(count.to_string()),
        }
    }

    /// A file of several lines, unchanged.
    fn whole(&self, path: &str) -> Text {
        match std::fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(missing(path)),
            Err(error) => Err(ComponentReading::Unknown(format!("can't read /{path}: {error}"))),
        }
    }

    fn instance_uuid(&self) -> ComponentReading {
        match uuid(self.text("sys/hypervisor/uuid")) {
            ComponentReading::Value(uuid) => ComponentReading::Value(uuid),
            other => match uuid(self.text("proc/device-tree/vm,uuid")) {
                ComponentReading::Missing { .. } => other,
                found => found,
            },
        }
    }

    /// By the firmware's names, else by the processor's.
    fn hypervisor(&self) -> ComponentReading {
        let [vendor, product] =
            ["sys_vendor", "product_name"].map(|file| self.text(&format!("sys/class/dmi/id/{file}")));
        if let Some(name) = known(vendor.as_deref().unwrap_or_default(), product.as_deref().unwrap_or_default()) {
            return ComponentReading::Value(name.to_owned());
        }
        if let Ok(kind) = self.text("sys/hypervisor/type") {
            return ComponentReading::Value(kind);
        }
        if let (Err(ComponentReading::Unknown(why)), _) | (_, Err(ComponentReading::Unknown(why))) = (&vendor, &product)
        {
            return ComponentReading::Unknown(why.clone());
        }
        let flags = self.whole("proc/cpuinfo").unwrap_or_default();
        let flag = |line: &str| line.starts_with("flags") && line.split_whitespace().any(|flag| flag == "hypervisor");
        let by_processor = flags.lines().any(flag).then(|| "unnamed".to_owned());
        // Without the firmware's names, whoever runs this machine may still do so.
        match vendor {
            Err(ComponentReading::Missing { file, .. }) => ComponentReading::Missing { file, otherwise: by_processor },
            _ => by_processor.map_or(ComponentReading::Absent, ComponentReading::Value),
        }
    }

    /// From the cloud's firmware, else from cloud-init.
    fn cloud_instance(&self) -> ComponentReading {
        if let Ok(tag) = self.text("sys/class/dmi/id/board_asset_tag")
            && tag.starts_with("i-")
        {
            return ComponentReading::Value(tag);
        }
        match self.text("var/lib/cloud/data/instance-id") {
            Ok(id) if id == "iid-datasource-none" => ComponentReading::Absent,
            read => first([read]),
        }
    }

    fn root_file_system(&self) -> ComponentReading {
        let mounts = match self.whole("proc/self/mountinfo") {
            Ok(mounts) => mounts,
            Err(reading) => return reading,
        };
        // 36 35 98:0 / / rw,noatime shared:1 - ext4 /dev/vda1 rw: the device follows the file system type.
        let device = mounts.lines().find_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let device = after.split(' ').nth(1)?;
            (before.split(' ').nth(4) == Some("/")).then(|| Path::new(device).file_name()).flatten()
        });
        let (Some(device), Ok(links)) = (device, std::fs::read_dir(self.root.join("dev/disk/by-uuid"))) else {
            return ComponentReading::Absent;
        };
        let points =
            |link: &std::fs::DirEntry| std::fs::read_link(link.path()).is_ok_and(|to| to.file_name() == Some(device));
        match links.flatten().find(points) {
            Some(link) => ComponentReading::Value(link.file_name().to_string_lossy().into_owned()),
            None => ComponentReading::Absent,
        }
    }

    /// The IPv4 addresses of this machine, except loopback. (IPv6 addresses change automatically.)
    fn addresses(&self) -> ComponentReading {
        let table = match self.whole("proc/net/fib_trie") {
            Ok(table) => table,
            Err(reading) => return reading,
        };
        let lines: Vec<&str> = table.lines().map(str::trim).collect();
        let own = lines.windows(2).filter(|pair| pair[1].starts_with("/32 host LOCAL"));
        let mut own: Vec<&str> = own.filter_map(|pair| pair[0].strip_prefix("|-- ")).collect();
        own.retain(|address| !address.starts_with("127."));
        own.sort_unstable();
        own.dedup();
        if own.is_empty() { ComponentReading::Absent } else { ComponentReading::Value(own.join(" ")) }
    }
}

/// What stands in a file that is not there.
fn missing(path: &str) -> ComponentReading {
    ComponentReading::Missing { file: format!("/{path}"), otherwise: None }
}

/// The first that is present; otherwise unknown, if any is unknown; absent, if any says so; else the first file that is
/// missing.
fn first<const N: usize>(texts: [Text; N]) -> ComponentReading {
    let rank = |reading: &ComponentReading| match reading {
        ComponentReading::Unknown(_) => 2,
        ComponentReading::Missing { .. } => 0,
        ComponentReading::Absent | ComponentReading::Value(_) => 1,
    };
    let mut otherwise: Option<ComponentReading> = None;
    for text in texts {
        match text {
            Ok(text) => {
                return ComponentReading::Value(text.chars().filter(|c| !c.is_control()).take(LONGEST).collect());
            }
            Err(reading) if otherwise.as_ref().is_none_or(|best| rank(&reading) > rank(best)) => {
                otherwise = Some(reading);
            }
            Err(_) => {}
        }
    }
    otherwise.unwrap_or(ComponentReading::Absent)
}

/// A UUID in lower case; all zeros or all ones means unset.
fn uuid(text: Text) -> ComponentReading {
    let text = text.map(|text| text.to_ascii_lowercase());
    let unset = |uuid: &str| ['0', 'f'].iter().any(|fill| uuid.chars().all(|c| c == '-' || c == *fill));
    first([text.and_then(|uuid| if unset(&uuid) { Err(ComponentReading::Absent) } else { Ok(uuid) })])
}

/// Hypervisors by names in the firmware.
fn known(vendor: &str, product: &str) -> Option<&'static str> {
    let table = [
        ("Amazon EC2", "", "Amazon EC2"),
        ("Google", "Google Compute Engine", "Google Compute Engine"),
        ("Microsoft Corporation", "Virtual Machine", "Hyper-V"),
        ("VMware", "", "VMware"),
        ("innotek GmbH", "", "VirtualBox"),
        ("Oracle Corporation", "VirtualBox", "VirtualBox"),
        ("Xen", "", "Xen"),
        ("QEMU", "", "KVM"),
        ("Red Hat", "KVM", "KVM"),
        ("", "KVM", "KVM"),
        ("OpenStack", "", "OpenStack"),
        ("", "OpenStack", "OpenStack"),
        ("Parallels", "", "Parallels"),
        ("DigitalOcean", "", "DigitalOcean"),
        ("Nutanix", "AHV", "Nutanix AHV"),
        ("Alibaba Cloud", "", "Alibaba Cloud"),
        ("", "BHYVE", "bhyve"),
    ];
    let fits = |(v, p, _): &&(&str, &str, &str)| vendor.starts_with(v) && product.starts_with(p);
    table.iter().find(fits).map(|(_, _, name)| *name)
}

/// A machine without any readable component.
pub(super) fn unreadable(why: &str) -> MachineIdentity {
    MachineIdentity::new(
        ComponentName::ALL.map(|name| Component { name, reading: ComponentReading::Unknown(why.to_owned()) }),
    )
}

/// The host name.
pub(super) fn host_name(identity: &MachineIdentity) -> String {
    match identity.reading(ComponentName::HostName) {
        ComponentReading::Value(name) => name.clone(),
        _ => "unnamed".to_owned(),
    }
}
