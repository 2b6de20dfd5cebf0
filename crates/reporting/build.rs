//! Makes Rust of the interface files, without protoc.

use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["lumenvox/api/reporting_api.proto"], ["proto"])?;
    let mut interface = files.clone();
    for file in &mut interface.file {
        file.source_code_info = None;
    }
    let path = std::path::Path::new(&std::env::var("OUT_DIR")?).join("interface.bin");
    std::fs::write(path, interface.encode_to_vec())?;
    // Sorted maps: the same usage is the same bytes.
    tonic_prost_build::configure().btree_map(".lumenvox.api").include_file("interface.rs").compile_fds(files)?;
    Ok(())
}
