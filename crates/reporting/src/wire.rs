//! The messages and stubs made of `proto/`; modules are named as the packages there.

include!(concat!(env!("OUT_DIR"), "/interface.rs"));

/// The interface as a `FileDescriptorSet`, for reflection.
pub const INTERFACE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/interface.bin"));
