//! The arrows between the layers, and the habits of the house, read from the sources.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A source file, with its path relative to `src`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Everything before the unit tests of the file, without comments.
    fn code(&self) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| is_for_tests(pair[0]) && opens_a_module(pair[1]));
        lines[..tests.unwrap_or(lines.len())]
            .iter()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| line.split(" // ").next().unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The files, relative to `src`, of modules that this one declares for tests only, without `.rs`.
    fn test_modules(&self) -> Vec<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let own = self.path.strip_suffix(".rs").unwrap();
        let folder = if ["lib", "main"].contains(&own) { String::new() } else { format!("{own}/") };
        lines
            .windows(2)
            .filter(|pair| is_for_tests(pair[0]))
            .filter_map(|pair| pair[1].trim().strip_suffix(';')?.split_once("mod "))
            .map(|(_, name)| format!("{folder}{name}"))
            .collect()
    }

    /// `smime`, `store`, `desk`, `cli`, `app`, `problem`; binaries and the library root are a layer of their own.
    fn layer(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The layers of ours that this file names, by `crate::` or through a group import.
    fn sees(&self) -> Vec<&'static str> {
        let code: String = self.code().split_whitespace().collect();
        ["smime", "store", "post", "desk", "cli", "app", "desktop"]
            .into_iter()
            .filter(|layer| *layer != self.layer())
            .filter(|layer| {
                let direct =
                    ["::", ";", "as"].iter().any(|end| code.contains(&format!("crate::{layer}{end}")));
                let grouped = code.split("crate::{").skip(1).any(|group| {
                    let group = group.split(';').next().unwrap();
                    [",", "::", "}"].iter().any(|end| {
                        group.starts_with(&format!("{layer}{end}"))
                            || group.contains(&format!(",{layer}{end}"))
                    })
                });
                direct || grouped
            })
            .collect()
    }
}

fn is_for_tests(line: &str) -> bool {
    line.trim() == "#[cfg(test)]"
}

fn opens_a_module(line: &str) -> bool {
    line.contains("mod ") && line.trim_end().ends_with('{')
}

/// Does this code name this word? A word that starts or ends with a letter stands alone.
fn names(code: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(letter) && word.starts_with(letter);
        let after = code[at + word.len()..].chars().next().is_some_and(letter) && word.ends_with(letter);
        !before && !after
    })
}

/// Every source file but those that hold unit tests alone.
fn sources() -> Vec<Source> {
    fn collect(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path: PathBuf = entry.path();
            if path.is_dir() {
                collect(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 40, "the sources were not found");
    let tests: Vec<String> = found.iter().flat_map(Source::test_modules).collect();
    found.retain(|source| {
        !tests.iter().any(|module| {
            source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/"))
        })
    });
    found
}

/// Insists that no file of these layers names any of these words outside its unit tests.
fn nobody_names(layers: &[&str], words: &[&str]) {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| layers.contains(&source.layer())) {
        for (line, code) in source.code().lines().enumerate() {
            found.extend(
                words.iter().filter(|word| names(code, word)).map(|word| {
                    format!("src/{} names {word}: {} (code line {line})", source.path, code.trim())
                }),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Insists that a layer sees none of these layers.
fn never_sees(layer: &str, others: &[&str]) {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.layer() == layer) {
        found.extend(
            source
                .sees()
                .into_iter()
                .filter(|seen| others.contains(seen))
                .map(|seen| format!("src/{} sees {seen}", source.path)),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_what_it_should() {
    let source = Source {
        path: "smime/x.rs".into(),
        text: "use crate::store::Store;\nuse crate::{desk, problem::Problem};\n// crate::cli::x\n#[cfg(test)]\nmod tests {\nuse crate::app::y;\n}".into(),
    };
    assert_eq!(source.layer(), "smime");
    assert_eq!(source.sees(), ["store", "desk"]);
    let source = Source {
        path: "smime/y.rs".into(),
        text: "#[cfg(test)]\nmod tests;\n#[cfg(test)]\npub(crate) mod openssl;\nuse crate::desk::x;".into(),
    };
    assert_eq!(source.test_modules(), ["smime/y/tests", "smime/y/openssl"]);
    assert_eq!(source.sees(), ["desk"]);
    assert!(names("use iced::widget;", "iced") && !names("officedocument", "iced"));
}

#[test]
fn the_core_sees_nothing_of_the_world() {
    let world = [
        "iced",
        "rfd::",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "keyring",
        "rusqlite",
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "getrandom",
        "SysRng",
        "tempfile",
        "directories::",
        "println!",
        "eprintln!",
    ];
    nobody_names(&["smime", "problem"], &world);
}

#[test]
fn the_core_sees_only_itself_and_problem() {
    never_sees("smime", &["store", "post", "desk", "cli", "app", "desktop"]);
    never_sees("problem", &["smime", "store", "post", "desk", "cli", "app", "desktop"]);
}

#[test]
fn the_store_never_looks_up() {
    never_sees("store", &["desk", "cli", "app", "desktop", "post"]);
}

#[test]
fn the_desk_never_looks_up() {
    never_sees("desk", &["cli", "app", "desktop"]);
}

#[test]
fn the_command_line_and_the_window_never_see_each_other() {
    never_sees("cli", &["app"]);
    never_sees("app", &["cli"]);
    nobody_names(&["cli", "desk", "store"], &["iced"]);
}

#[test]
fn only_the_store_touches_the_database_and_the_keyring() {
    nobody_names(&["desk", "cli", "app"], &["rusqlite", "keyring_core"]);
}

#[test]
fn no_network_is_named_anywhere() {
    nobody_names(
        &["smime", "store", "desk", "cli", "app", "problem", "lib", "main", "bin"],
        &["TcpStream", "UdpSocket", "std::net"],
    );
}

#[test]
fn nothing_is_left_half_done() {
    let layers = ["smime", "store", "desk", "cli", "app", "problem", "lib", "main", "bin"];
    nobody_names(&layers, &["todo!(", "dbg!(", "unimplemented!(", "TODO", "FIXME", "XXX"]);
}

#[test]
fn every_file_is_of_a_readable_length() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > 700)
        .map(|(lines, path)| format!("src/{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn modules_are_named_after_themselves() {
    assert!(sources().iter().all(|source| !source.path.ends_with("mod.rs")));
}

#[test]
fn secrets_print_as_nothing() {
    for source in sources().iter().filter(|source| source.path == "smime/secret.rs") {
        assert!(!source.code().contains("derive(Debug"), "a derived Debug would print the secret");
    }
}
