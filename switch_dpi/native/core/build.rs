//! Lists `src/protocols/*/*.rs`, so that adding a protocol is adding a file. The folders are for readers: modules are listed flat.

use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::{env, fmt::Write as _, fs};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/protocols");
    let files = files_by_name(&root)?;
    let mut text = String::new();
    for (name, path) in &files {
        writeln!(text, "#[path = {path:?}]\npub mod {name};")?;
    }
    writeln!(text, "/// Every native protocol, by file name.\npub const ALL: &[&crate::protocol::Descriptor] = &[")?;
    for name in files.keys() {
        writeln!(text, "    &{name}::DESCRIPTOR,")?;
    }
    writeln!(text, "];")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("protocols.rs"), text)?;
    Ok(())
}

/// The protocols' files in the folders of `root`, by the name of their module; two of one name are an error.
fn files_by_name(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = BTreeMap::new();
    for folder in entries(root)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo:rerun-if-changed={}", folder.display());
        for path in entries(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
            if let Some(first) = files.insert(name, path.clone()) {
                return Err(Error::other(format!("{} and {} have one name", first.display(), path.display())));
            }
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}
