use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::excerpt::quoted;

/// A component of a machine's identity. The order is that of lists and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentName {
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

impl ComponentName {
    /// All, in their order.
    pub const ALL: [ComponentName; 9] = [
        ComponentName::MachineId,
        ComponentName::ProductUuid,
        ComponentName::CpuCores,
        ComponentName::InstanceUuid,
        ComponentName::Hypervisor,
        ComponentName::CloudInstance,
        ComponentName::RootFileSystem,
        ComponentName::HostName,
        ComponentName::Addresses,
    ];

    /// The word in files and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ComponentName::MachineId => "machine-id",
            ComponentName::ProductUuid => "product-uuid",
            ComponentName::CpuCores => "cpu-cores",
            ComponentName::InstanceUuid => "instance-uuid",
            ComponentName::Hypervisor => "hypervisor",
            ComponentName::CloudInstance => "cloud-instance",
            ComponentName::RootFileSystem => "root-file-system",
            ComponentName::HostName => "host-name",
            ComponentName::Addresses => "addresses",
        }
    }

    /// The words on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            ComponentName::MachineId => "Machine id",
            ComponentName::ProductUuid => "Product UUID",
            ComponentName::CpuCores => "CPU cores",
            ComponentName::InstanceUuid => "Instance UUID",
            ComponentName::Hypervisor => "Hypervisor",
            ComponentName::CloudInstance => "Cloud instance",
            ComponentName::RootFileSystem => "Root file system",
            ComponentName::HostName => "Host name",
            ComponentName::Addresses => "Addresses",
        }
    }

    /// Whether a change of it voids a license.
    #[must_use]
    pub fn is_hard(self) -> bool {
        self < ComponentName::RootFileSystem
    }

    /// Whether it tells one machine from all others; the number of cores does not.
    #[must_use]
    pub fn is_unique(self) -> bool {
        matches!(
            self,
            ComponentName::MachineId
                | ComponentName::ProductUuid
                | ComponentName::InstanceUuid
                | ComponentName::CloudInstance
        )
    }

    /// Whether its value may stand in files and on screen. Of all others only a digest leaves the machine.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, ComponentName::CpuCores | ComponentName::Hypervisor)
    }
}

impl fmt::Display for ComponentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no component of a machine. Leave the file as it was made.", quoted(.0))]
pub struct NameError(String);

impl FromStr for ComponentName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<ComponentName, NameError> {
        ComponentName::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| NameError(text.to_owned()))
    }
}
