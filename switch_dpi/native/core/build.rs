//! Lists `src/protocols/*.rs`, so that adding a protocol is adding a file.

use std::{env, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/protocols");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "rs")
            && let Some(stem) = path.file_stem().and_then(|s| s.to_str())
        {
            names.push((stem.to_owned(), path.display().to_string()));
        }
    }
    names.sort();
    let mut text = String::new();
    for (name, path) in &names {
        writeln!(text, "#[path = {path:?}]\npub mod {name};")?;
    }
    writeln!(text, "/// Every native protocol, by file name.\npub const ALL: &[&crate::protocol::Descriptor] = &[")?;
    for (name, _) in &names {
        writeln!(text, "    &{name}::DESCRIPTOR,")?;
    }
    writeln!(text, "];")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("protocols.rs"), text)?;
    Ok(())
}
