//! What desktops are told of Waxseal, held against each other and against the desktops' own checkers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ID: &str = "app.waxseal.Waxseal";

fn file(ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("packaging/linux/{ID}.{ending}"))
}

fn text(ending: &str) -> String {
    fs::read_to_string(file(ending)).unwrap()
}

/// What stands between these two, every time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> BTreeSet<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

/// Runs a checker; without it the test says so.
fn check(program: &str, arguments: &[&str]) {
    match Command::new(program).args(arguments).output() {
        Ok(output) => assert!(
            output.status.success(),
            "{program} {arguments:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(_) => println!("skipped: {program} not found"),
    }
}

#[test]
fn every_type_of_its_own_is_one_that_it_opens() {
    let (entry, types) = (text("desktop"), text("xml"));
    let opened: BTreeSet<&str> = entry
        .lines()
        .find_map(|line| line.strip_prefix("MimeType="))
        .unwrap()
        .trim_end_matches(';')
        .split(';')
        .collect();
    let declared = between(&types, "<mime-type type=\"", "\"");
    let aliases = between(&types, "<alias type=\"", "\"");
    assert!(!declared.is_empty());
    for one in declared.iter().chain(&aliases) {
        assert!(opened.contains(one), "{one} is declared and not opened");
    }
    for one in ["application/x-pkcs12", "application/pkix-cert", "message/rfc822"] {
        assert!(opened.contains(one), "{one}");
    }
    let endings = between(&types, "<glob pattern=\"*.", "\"");
    assert_eq!(endings, ["p7b", "p7c", "p7m", "p7s", "p7z"].into());
    assert!(entry.contains("\nExec=waxseal %F\n"), "several files at once are one start");
}

#[test]
fn the_description_names_what_is_installed() {
    let description = text("metainfo.xml");
    assert!(description.contains(&format!("<id>{ID}</id>")));
    assert!(description.contains(&format!("{ID}.desktop")));
    assert!(description.contains(&format!("<release version=\"{}\"", env!("CARGO_PKG_VERSION"))));
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    for ending in ["desktop", "xml", "metainfo.xml", "svg"] {
        assert!(
            file(ending).exists() && manifest.contains(&format!("packaging/linux/{ID}.{ending}")),
            "{ending}"
        );
    }
}

#[test]
fn the_desktops_own_checkers_agree() {
    check("desktop-file-validate", &[file("desktop").to_str().unwrap()]);
    check("appstreamcli", &["validate", "--no-net", file("metainfo.xml").to_str().unwrap()]);
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().join("packages");
    fs::create_dir(&packages).unwrap();
    fs::copy(file("xml"), packages.join(format!("{ID}.xml"))).unwrap();
    check("update-mime-database", &[folder.path().to_str().unwrap()]);
}
