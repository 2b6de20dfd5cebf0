use super::ComponentName;

/// What ends a license on its machine, in words for people (seed 003).
pub const VOIDS: [&str; 6] = [
    "Copying this server's data to another machine or instance",
    "Copying or cloning the virtual machine, or restoring a backup of it into a new one",
    "Installing the operating system again",
    "Serious damage to the root file system",
    "Another number of CPU cores",
    "Other significant hardware, or another hypervisor",
];

/// What a license stands (seed 003).
pub const ALLOWED: [&str; 5] = [
    "Moving the same instance to another subnet, with other addresses",
    "Backing up this server's data and restoring it on the same instance (an older license does not come back with it)",
    "Another host name",
    "Moving the data to another disk of the same instance",
    "Restarting, updating and patching the machine",
];

impl ComponentName {
    /// What change of a hard component voids a license; for soft ones, that it does not.
    #[must_use]
    pub fn void_when(self) -> &'static str {
        match self {
            ComponentName::MachineId => {
                "The operating system is installed again, or the data is copied to another machine: the machine id is then another."
            }
            ComponentName::ProductUuid => {
                "The virtual machine is copied or cloned, or the main board is replaced: the product UUID is then another."
            }
            ComponentName::CpuCores => "The machine gets more or fewer CPU cores.",
            ComponentName::InstanceUuid => {
                "The virtual machine is copied, or recovered into a new one: the instance UUID is then another."
            }
            ComponentName::Hypervisor => {
                "The machine moves to another hypervisor, from bare metal to a virtual machine, or the other way."
            }
            ComponentName::CloudInstance => {
                "The data moves to another cloud instance, or a backup is recovered into a new instance."
            }
            ComponentName::RootFileSystem | ComponentName::HostName | ComponentName::Addresses => {
                "A change is noted and voids nothing."
            }
        }
    }
}
