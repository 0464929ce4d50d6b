//! The default vault against a real gnome-keyring, and the three ways in which a keyring can be missing.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Run, installed, run};
use tempfile::TempDir;

const ADDRESS: &str = "alice@example.com";

/// A home of its own: no keyring, no bus and no profile of the person who runs the tests.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(TempDir::new().unwrap());
        let runtime = home.path("runtime");
        fs::create_dir(&runtime).unwrap();
        fs::set_permissions(runtime, fs::Permissions::from_mode(0o700)).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program in this home, without a bus.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("LC_ALL", "C.UTF-8")
            .env("WAXSEAL", env!("CARGO_BIN_EXE_waxseal-cli"))
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    /// A shell script on a session bus of its own. `bus`: options for `dbus-run-session`. Waxseal is `"$WAXSEAL"`.
    fn on_a_bus(&self, bus: &[&str], script: &str) -> Run {
        fs::write(self.path("script"), format!("set -eu\n{script}\n")).unwrap();
        run(self.command("dbus-run-session").args(bus).args(["--", "sh", "script"]))
    }

    /// The same, with gnome-keyring unlocked.
    fn with_keyring(&self, script: &str) -> Run {
        let unlock =
            "printf %s keyring-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
        self.on_a_bus(&[], &format!("{unlock}\n{script}"))
    }

    /// Says that no file of the home names the address: no certificate, no row.
    #[track_caller]
    fn keeps_nothing(&self) {
        for file in files(self.0.path()) {
            let bytes = fs::read(&file).unwrap_or_default();
            let found = bytes.windows(ADDRESS.len()).any(|window| window == ADDRESS.as_bytes());
            assert!(!found || file.ends_with("script"), "{} names {ADDRESS}", file.display());
        }
    }
}

/// Every regular file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

fn everything_is_installed() -> bool {
    installed("gnome-keyring-daemon") && installed("dbus-run-session")
}

const CREATE: &str = r#""$WAXSEAL" identity create --name Alice --email alice@example.com --key p256"#;

#[test]
fn keys_live_in_the_keyring_from_creation_to_reading() {
    if !everything_is_installed() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("text"), "From the keyring.\n").unwrap();
    home.with_keyring(&format!(
        "{CREATE}\n\
         \"$WAXSEAL\" identity certificate {ADDRESS} --out own.cer\n\
         \"$WAXSEAL\" seal --from {ADDRESS} --to {ADDRESS} --subject Self --text text --out note.eml\n\
         \"$WAXSEAL\" --json open note.eml > opened.json"
    ))
    .succeeds();
    let opened: serde_json::Value =
        serde_json::from_slice(&fs::read(home.path("opened.json")).unwrap()).unwrap();
    assert_eq!(opened["signature"]["trust"], "own");
    assert!(opened["text"].as_str().unwrap().contains("From the keyring."));
    for file in files(&home.path("data")) {
        let bytes = fs::read(&file).unwrap();
        let keyring = file.components().any(|part| part.as_os_str() == "keyrings");
        let pem = String::from_utf8_lossy(&bytes).contains("PRIVATE KEY");
        assert!(keyring || !pem, "{} holds a private key outside the keyring", file.display());
    }

    // The next log-in finds them again.
    home.with_keyring("\"$WAXSEAL\" open note.eml > again.txt").succeeds();
    assert!(fs::read_to_string(home.path("again.txt")).unwrap().contains("From the keyring."));
}

#[test]
fn a_large_rsa_key_fits() {
    if !everything_is_installed() {
        return;
    }
    let home = Home::new();
    home.with_keyring(&format!(
        "\"$WAXSEAL\" identity create --name Alice --email {ADDRESS} --key rsa4096\n\
         echo large > text\n\
         \"$WAXSEAL\" seal --from {ADDRESS} --to {ADDRESS} --text text --out note.eml\n\
         \"$WAXSEAL\" open note.eml"
    ))
    .succeeds();
}

#[test]
fn a_deleted_key_leaves_the_keyring() {
    if !everything_is_installed() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("text"), "Gone soon.\n").unwrap();
    let run = home.with_keyring(&format!(
        "{CREATE}\n\
         \"$WAXSEAL\" seal --from {ADDRESS} --to {ADDRESS} --text text --out note.eml\n\
         mark=$(\"$WAXSEAL\" --json open note.eml | tr -d '\\n ' | sed 's/.*\"fingerprint\":\"\\([0-9a-fA-F]*\\)\".*/\\1/')\n\
         \"$WAXSEAL\" identity delete \"$mark\" --yes\n\
         \"$WAXSEAL\" open note.eml && exit 9 || exit $?"
    ));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

#[test]
fn without_a_bus_nothing_is_stored() {
    let home = Home::new();
    let run = run(home
        .command(env!("CARGO_BIN_EXE_waxseal-cli"))
        .args(["identity", "create", "--name", "Alice", "--email", ADDRESS, "--key", "p256"]))
    .fails();
    assert!(run.stderr.contains("--vault file"), "it says what to do next: {}", run.stderr);
    home.keeps_nothing();
}

#[test]
fn without_a_service_nothing_is_stored() {
    if !installed("dbus-run-session") {
        return;
    }
    let home = Home::new();
    // A bus that can start no service, whatever is installed.
    fs::write(
        home.path("bus.conf"),
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n\
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
         <allow own=\"*\"/></policy></busconfig>\n",
    )
    .unwrap();
    let run = home.on_a_bus(&["--config-file=bus.conf"], CREATE).fails();
    assert!(run.stderr.contains("--vault file"), "it says what to do next: {}", run.stderr);
    home.keeps_nothing();
}

#[test]
fn with_a_missing_collection_nothing_is_stored() {
    if !everything_is_installed() {
        return;
    }
    let home = Home::new();
    home.on_a_bus(
        &[],
        &format!("gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1\n{CREATE}"),
    )
    .fails();
    home.keeps_nothing();
}

#[test]
fn with_a_locked_collection_nothing_is_stored_and_nothing_is_lost() {
    if !everything_is_installed() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("text"), "Locked away.\n").unwrap();
    home.with_keyring(&format!(
        "{CREATE}\n\"$WAXSEAL\" seal --from {ADDRESS} --to {ADDRESS} --text text --out note.eml"
    ))
    .succeeds();
    let start = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";
    let create = CREATE.replace(ADDRESS, "second@example.com");
    home.on_a_bus(&[], &format!("{start}\n{create}")).fails();
    home.on_a_bus(&[], &format!("{start}\n\"$WAXSEAL\" open note.eml")).fails();
    let listed =
        home.with_keyring("\"$WAXSEAL\" identity list\n\"$WAXSEAL\" open note.eml").succeeds().text();
    assert!(listed.contains("Locked away."), "{listed}");
    assert!(listed.contains(ADDRESS) && !listed.contains("second@example.com"), "{listed}");
}
