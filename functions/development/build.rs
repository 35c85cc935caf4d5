//! Writes a module for each program of `functions/src/bin`, with the text of that program,
//! and the table of their names. So a new function is in the development program at once.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// From the folder of the package, where cargo runs this.
const PROGRAMS: &str = "../src/bin";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROGRAMS}");
    let mut files: Vec<_> = fs::read_dir(PROGRAMS)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);

    let mut modules = String::new();
    let mut table = String::from("const FUNCTIONS: &[(&str, Run)] = &[\n");
    for file in files {
        let path = file.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        let module = name.replace('-', "_");
        // `//!` may stand only at the head of a file.
        let text = fs::read_to_string(&path)?.replace("//!", "//");
        writeln!(
            modules,
            "mod {module} {{\n{text}\npub(super) fn run() -> std::process::ExitCode {{ main() }}\n}}"
        )?;
        writeln!(table, "    (\"{name}\", {module}::run),")?;
    }
    table.push_str("];\n");
    let out = std::env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("functions.rs"), modules + &table)?;
    Ok(())
}
