use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::excerpt::quoted;

/// A component of a machine's identity. The order is that of lists and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// The operating system's id, created at its installation.
    MachineId,
    /// The machine's id in its firmware.
    ProductUuid,
    /// Number of processors online.
    CpuCores,
    /// The virtual machine's id from its hypervisor.
    InstanceUuid,
    /// The hypervisor; absent on bare metal.
    Hypervisor,
    /// The cloud provider's id of the instance.
    CloudInstance,
    /// The id of the root file system.
    RootFileSystem,
    /// The host name.
    HostName,
    /// The network addresses.
    Addresses,
}

impl Name {
    /// All, in order.
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

    /// Whether it identifies a machine; the number of cores does not.
    #[must_use]
    pub fn is_unique(self) -> bool {
        matches!(self, Name::MachineId | Name::ProductUuid | Name::InstanceUuid | Name::CloudInstance)
    }

    /// Whether its value may be in files and on screen. Of the others only a digest leaves the machine.
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

/// Not the name of a component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a machine component. Use the file unchanged.", quoted(.0))]
pub struct NameError(String);

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Name, NameError> {
        Name::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| NameError(text.to_owned()))
    }
}
