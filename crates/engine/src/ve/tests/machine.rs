use licensing::machine::{ComponentName, ComponentReading};

use super::*;

fn value(text: &str) -> ComponentReading {
    ComponentReading::Value(text.to_owned())
}

fn reading(world: &World, name: ComponentName) -> ComponentReading {
    Machine::below(&world.machine()).identity().reading(name).clone()
}

#[test]
fn a_machine_is_read_from_its_files() {
    let world = World::new();
    assert_eq!(reading(&world, ComponentName::MachineId), value("4c4c4544004d3510804ac2c04f4e3432"));
    assert_eq!(reading(&world, ComponentName::ProductUuid), value("4c4c4544-004d-3510-804a-c2c04f4e3432"));
    assert_eq!(reading(&world, ComponentName::CpuCores), value("4"));
    assert_eq!(reading(&world, ComponentName::Hypervisor), value("KVM"));
    assert_eq!(reading(&world, ComponentName::HostName), value("licenses"));
    for name in [
        ComponentName::InstanceUuid,
        ComponentName::CloudInstance,
        ComponentName::RootFileSystem,
        ComponentName::Addresses,
    ] {
        let found = reading(&world, name);
        assert!(matches!(&found, ComponentReading::Missing { otherwise: None, .. }), "{name} {found:?}");
    }
}

#[test]
fn what_is_not_there_is_missing_and_what_cannot_be_read_is_unknown() {
    let world = World::new();
    world.hide("sys/class/dmi/id/product_uuid");
    world.hide("etc/machine-id");
    assert!(
        matches!(reading(&world, ComponentName::ProductUuid), ComponentReading::Unknown(why) if why.contains("product_uuid"))
    );
    assert!(matches!(reading(&world, ComponentName::MachineId), ComponentReading::Unknown(_)));
    world.write("etc/hostname", "x");
    world.remove("proc/sys/kernel/hostname");
    assert_eq!(reading(&world, ComponentName::HostName), value("x"));
    world.remove("proc/cpuinfo");
    let gone = |file: &str| ComponentReading::Missing { file: file.to_owned(), otherwise: None };
    assert_eq!(reading(&world, ComponentName::CpuCores), gone("/proc/cpuinfo"));
    world.write("proc/cpuinfo", "nothing of the kind");
    assert!(matches!(reading(&world, ComponentName::CpuCores), ComponentReading::Unknown(_)));
}

#[test]
fn ids_that_were_never_set_are_none() {
    let world = World::new();
    world.write("sys/class/dmi/id/product_uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n");
    world.write("sys/hypervisor/uuid", "00000000-0000-0000-0000-000000000000\n");
    world.write("etc/machine-id", "uninitialized\n");
    world.write("var/lib/cloud/data/instance-id", "iid-datasource-none\n");
    for name in [
        ComponentName::ProductUuid,
        ComponentName::InstanceUuid,
        ComponentName::MachineId,
        ComponentName::CloudInstance,
    ] {
        assert_eq!(reading(&world, name), ComponentReading::Absent, "{name}");
    }
}

#[test]
fn clouds_and_hypervisors_are_known_by_what_their_firmware_says() {
    for (vendor, product, name) in [
        ("Amazon EC2", "m5.large", "Amazon EC2"),
        ("Google", "Google Compute Engine", "Google Compute Engine"),
        ("Microsoft Corporation", "Virtual Machine", "Hyper-V"),
        ("VMware, Inc.", "VMware Virtual Platform", "VMware"),
        ("Unheard of", "Nothing", "unnamed"),
    ] {
        let world = World::new();
        world.write("sys/class/dmi/id/sys_vendor", vendor);
        world.write("sys/class/dmi/id/product_name", product);
        assert_eq!(reading(&world, ComponentName::Hypervisor), value(name), "{vendor}");
    }
    let metal = World::new();
    metal.write("sys/class/dmi/id/sys_vendor", "Dell Inc.");
    metal.write("proc/cpuinfo", "processor : 0\nflags : fpu\n");
    assert_eq!(reading(&metal, ComponentName::Hypervisor), ComponentReading::Absent);
    metal.write("sys/class/dmi/id/board_asset_tag", "i-0123456789abcdef0\n");
    assert_eq!(reading(&metal, ComponentName::CloudInstance), value("i-0123456789abcdef0"));
}

#[test]
fn root_file_system_and_addresses_are_found_in_what_the_kernel_lists() {
    let world = World::new();
    world.write(
        "proc/self/mountinfo",
        "22 1 0:20 / /proc rw - proc proc rw\n25 1 254:1 / / rw shared:1 - ext4 /dev/vda1 rw\n",
    );
    world.write("dev/disk/by-uuid/none", "");
    std::os::unix::fs::symlink("../../vda1", world.machine().join("dev/disk/by-uuid/1234-abcd")).unwrap();
    assert_eq!(reading(&world, ComponentName::RootFileSystem), value("1234-abcd"));
    world.write(
        "proc/net/fib_trie",
        "Main:\n  |-- 10.0.0.0\n     /24 link UNICAST\n  |-- 10.0.0.5\n     /32 host LOCAL\n  |-- 127.0.0.1\n     /32 host LOCAL\nLocal:\n  |-- 10.0.0.5\n     /32 host LOCAL\n",
    );
    assert_eq!(reading(&world, ComponentName::Addresses), value("10.0.0.5"));
}

#[tokio::test]
async fn a_request_names_the_machine_and_reads_back() {
    let world = World::new();
    let request = world.server("a").await.request().await.unwrap();
    assert_eq!((request.server.as_str(), request.created, request.guid), ("licenses", NOW, None));
    assert_eq!(licensing::ve::request::VeLicenseRequest::parse(request.to_json().as_bytes()), Ok(request));
}
