//! Makes the browser's script and module from what `frontend` compiles to: `bindgen INPUT FOLDER NAME`.

use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = arguments.as_slice() else {
        anyhow::bail!("Usage: bindgen INPUT FOLDER NAME");
    };
    Bindgen::new().input_path(input).web(true)?.typescript(false).out_name(name).generate(folder)
}
