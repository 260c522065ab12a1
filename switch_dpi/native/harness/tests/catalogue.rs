//! What is one catalogue is written in two languages: no key or selector of a native protocol may be that of an application or
//! of a declared protocol in `plugins/`, nor theirs that of another. All clashes are told at once, with file and line; loading
//! tells the first.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use appsteer_core::protocols::ALL;

/// Who has taken each `key = …` and `id = …`.
#[derive(Default)]
struct Taken {
    owners: HashMap<String, String>,
    clashes: Vec<String>,
}

impl Taken {
    fn take(&mut self, what: String, owner: String) {
        match self.owners.get(&what) {
            Some(first) => self.clashes.push(format!("{what} of {owner} is that of {first} already")),
            None => drop(self.owners.insert(what, owner)),
        }
    }

    /// The keys and ids of all `[[app]]` and `[[protocol]]` tables in a file.
    fn take_file(&mut self, path: &Path) -> io::Result<()> {
        let text = fs::read_to_string(path)?;
        let mut is_entry = false;
        for (index, line) in text.lines().enumerate() {
            if line.starts_with('[') {
                is_entry = matches!(line.trim_end(), "[[app]]" | "[[protocol]]");
            }
            let (field, value) = line.split_once('=').unwrap_or_default();
            if is_entry && matches!(field.trim(), "key" | "id") {
                let value = value.split('#').next().unwrap_or_default().trim();
                self.take(format!("{} = {value}", field.trim()), format!("{}:{}", path.display(), index + 1));
            }
        }
        Ok(())
    }
}

#[test]
fn keys_and_selectors_are_one_space_over_protocols_and_plugins() -> io::Result<()> {
    let mut taken = Taken::default();
    for protocol in ALL {
        taken.take(format!("key = {:?}", protocol.key), format!("native protocol {}", protocol.name));
        taken.take(format!("id = {}", protocol.selector), format!("native protocol {}", protocol.name));
    }
    let files = plugin_files()?;
    assert!(!files.is_empty(), "no plugin files");
    for path in files {
        taken.take_file(&path)?;
    }
    assert!(taken.clashes.is_empty(), "{:#?}", taken.clashes);
    Ok(())
}

fn plugin_files() -> io::Result<Vec<PathBuf>> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../plugins");
    let mut files = Vec::new();
    for folder in ["apps", "protocols"] {
        for entry in fs::read_dir(plugins.join(folder))? {
            files.push(entry?.path());
        }
    }
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    Ok(files)
}
