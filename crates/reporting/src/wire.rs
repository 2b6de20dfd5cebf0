//! The messages and stubs made of `proto/`; modules are named as the packages there.

include!(concat!(env!("OUT_DIR"), "/interface.rs"));
