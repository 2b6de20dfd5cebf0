//! Makes Rust of the interface files, without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["lumenvox/api/reporting_api.proto"], ["proto"])?;
    // Sorted maps: the same usage is the same bytes.
    tonic_prost_build::configure().btree_map(".lumenvox.api").include_file("interface.rs").compile_fds(files)?;
    Ok(())
}
