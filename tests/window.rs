//! The window itself: under Xvfb, with a real gnome-keyring, against OpenSSL.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Is there such a program?
fn installed(program: &str) -> bool {
    let there = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap();
    if !there.status.success() {
        println!("skipped: {program} not found");
    }
    there.status.success()
}

/// `SHOTS=DIR` keeps pictures of every step.
#[test]
fn a_first_evening_with_waxseal() {
    if !["Xvfb", "xdotool", "dbus-run-session", "gnome-keyring-daemon", "openssl"].into_iter().all(installed)
    {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("runtime");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/window/story.sh");
    let keyring =
        "printf %s keyring-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", &format!("{keyring}; exec sh {}", story.display())])
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DISPLAY")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("LC_ALL", "C.UTF-8")
        .env("WINDOW", env!("CARGO_BIN_EXE_waxseal"))
        .env("WAXSEAL", env!("CARGO_BIN_EXE_waxseal-cli"))
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("The evening went well."),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
