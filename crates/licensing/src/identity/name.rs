use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::excerpt::quoted;

/// A component of a machine's identity. The order is that of lists and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// The id the operating system got when it was installed.
    MachineId,
    /// The id the firmware states for the machine.
    ProductUuid,
    /// How many processors are online.
    CpuCores,
    /// The id the virtualisation states for the virtual machine.
    InstanceUuid,
    /// Who runs the virtual machine; absent on bare metal.
    Hypervisor,
    /// The id the cloud provider gave the instance.
    CloudInstance,
    /// The id of the root file system.
    RootFileSystem,
    /// The host name.
    HostName,
    /// The network addresses.
    Addresses,
}

impl Name {
    /// All, in their order.
    pub const ALL: [Name; 9] = [
        Name::MachineId,
        Name::ProductUuid,
        Name::CpuCores,
        Name::InstanceUuid,
        Name::Hypervisor,
        Name::CloudInstance,
        Name::RootFileSystem,
        Name::HostName,
        Name::Addresses,
    ];

    /// The word in files and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Name::MachineId => "machine-id",
            Name::ProductUuid => "product-uuid",
            Name::CpuCores => "cpu-cores",
            Name::InstanceUuid => "instance-uuid",
            Name::Hypervisor => "hypervisor",
            Name::CloudInstance => "cloud-instance",
            Name::RootFileSystem => "root-file-system",
            Name::HostName => "host-name",
            Name::Addresses => "addresses",
        }
    }

    /// The words on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Name::MachineId => "Machine id",
            Name::ProductUuid => "Product UUID",
            Name::CpuCores => "CPU cores",
            Name::InstanceUuid => "Instance UUID",
            Name::Hypervisor => "Hypervisor",
            Name::CloudInstance => "Cloud instance",
            Name::RootFileSystem => "Root file system",
            Name::HostName => "Host name",
            Name::Addresses => "Addresses",
        }
    }

    /// Whether a change of it voids a license (R8).
    #[must_use]
    pub fn is_hard(self) -> bool {
        self < Name::RootFileSystem
    }

    /// Whether it tells one machine from all others; the number of cores does not.
    #[must_use]
    pub fn is_unique(self) -> bool {
        matches!(self, Name::MachineId | Name::ProductUuid | Name::InstanceUuid | Name::CloudInstance)
    }

    /// Whether its value may stand in files and on screen. Of all others only a digest leaves the machine.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Name::CpuCores | Name::Hypervisor)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no component of a machine. Leave the file as it was made.", quoted(.0))]
pub struct NameError(String);

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Name, NameError> {
        Name::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| NameError(text.to_owned()))
    }
}
