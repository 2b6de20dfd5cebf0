//! Embeds what the browser loads into the binary.
//!
//! `scripts/site` leaves hashed files and a manifest in `$CARGO_TARGET_DIR/site`. Without them (a plain `cargo build`) the
//! style sheet alone is embedded: pages work without script.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    // OUT_DIR is TARGET/PROFILE/build/PACKAGE-HASH/out.
    let target = out.ancestors().nth(4).expect("cargo's layout of the target folder").to_owned();
    let site = target.join("site");
    println!("cargo:rerun-if-changed={}", site.join("manifest").display());
    println!("cargo:rerun-if-changed=build.rs");
    let code = if site.join("manifest").exists() { from_site(&site) } else { style_only(&root.join("style"), &out) };
    fs::write(out.join("assets.rs"), code).expect("OUT_DIR is writable");
}

fn from_site(site: &Path) -> String {
    let manifest = fs::read_to_string(site.join("manifest")).expect("the manifest is readable");
    let mut files = String::new();
    let mut named = String::new();
    for line in manifest.lines() {
        let (key, value) = line.split_once('=').expect("key=value lines");
        if key == "output_name" {
            continue;
        }
        match key {
            "css" => writeln!(named, "pub const CSS: &str = {value:?};").expect("writing to a string"),
            "js" => writeln!(named, "pub const JS: Option<&str> = Some({value:?});").expect("writing to a string"),
            "wasm" => writeln!(named, "pub const WASM: Option<&str> = Some({value:?});").expect("writing to a string"),
            "favicon.svg" => {
                writeln!(named, "pub const FAVICON: Option<&str> = Some({value:?});").expect("writing to a string")
            }
            _ => {}
        }
        let path = site.join("pkg").join(value);
        writeln!(
            files,
            "    File {{ name: {value:?}, plain: include_bytes!({:?}), brotli: Some(include_bytes!({:?})), gzip: Some(include_bytes!({:?})) }},",
            path,
            path.with_file_name(format!("{value}.br")),
            path.with_file_name(format!("{value}.gz")),
        )
        .expect("writing to a string");
    }
    if !named.contains("FAVICON") {
        named.push_str("pub const FAVICON: Option<&str> = None;\n");
    }
    format!("{named}pub static FILES: &[File] = &[\n{files}];\n")
}

fn style_only(style: &Path, out: &Path) -> String {
    println!("cargo:rerun-if-changed={}", style.display());
    let main = fs::read_to_string(style.join("main.css")).unwrap_or_default();
    let mut css = String::new();
    for line in main.lines() {
        match line.strip_prefix("@import").and_then(|rest| rest.split('"').nth(1)) {
            Some(file) => css.push_str(&fs::read_to_string(style.join(file)).expect("an imported style file exists")),
            None => css.push_str(line),
        }
        css.push('\n');
    }
    let path = out.join("leasehold.css");
    fs::write(&path, css).expect("OUT_DIR is writable");
    format!(
        "pub const CSS: &str = \"leasehold.css\";\npub const JS: Option<&str> = None;\n\
         pub const WASM: Option<&str> = None;\npub const FAVICON: Option<&str> = None;\n\
         pub static FILES: &[File] = &[File {{ name: \"leasehold.css\", plain: include_bytes!({path:?}), brotli: None, gzip: None }}];\n"
    )
}
