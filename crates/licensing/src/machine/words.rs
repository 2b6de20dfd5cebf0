use super::ComponentName;

/// Changes that void a license, for people.
pub const VOIDS: [&str; 6] = [
    "Copying this server's data to another machine or instance",
    "Copying or cloning the virtual machine, or restoring a backup of it into a new one",
    "Reinstalling the operating system",
    "Serious damage to the root file system",
    "A different number of CPU cores",
    "Other significant hardware changes, or a different hypervisor",
];

/// Changes a license tolerates.
pub const ALLOWED: [&str; 5] = [
    "Moving the same instance to another subnet, with other addresses",
    "Backing up this server's data and restoring it on the same instance (an older license does not come back with it)",
    "A different host name",
    "Moving the data to another disk of the same instance",
    "Restarting, updating and patching the machine",
];

impl ComponentName {
    /// Which changes of a component void a license, if any.
    #[must_use]
    pub fn void_when(self) -> &'static str {
        match self {
            ComponentName::MachineId => {
                "Reinstalling the operating system, or copying the data to another machine, which changes the machine id."
            }
            ComponentName::ProductUuid => {
                "Copying or cloning the virtual machine, or replacing the main board, which changes the product UUID."
            }
            ComponentName::CpuCores => "More or fewer CPU cores.",
            ComponentName::InstanceUuid => {
                "Copying the virtual machine or restoring it into a new one, which changes the instance UUID."
            }
            ComponentName::Hypervisor => "Moving to another hypervisor, or between bare metal and a virtual machine.",
            ComponentName::CloudInstance => {
                "Moving the data to another cloud instance, or restoring a backup into a new one."
            }
            ComponentName::RootFileSystem | ComponentName::HostName | ComponentName::Addresses => {
                "A change is only recorded and voids nothing."
            }
        }
    }
}
