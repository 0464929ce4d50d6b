//! GUI entry: `waxseal [FILE…]`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use waxseal::desktop::instance;
use waxseal::store::vault::VaultKind;

mod app;

/// Sealed mail between two people who trust each other.
#[derive(Parser)]
#[command(name = "waxseal", version, after_help = "Examples:\n  waxseal note.eml\n  waxseal --demo")]
struct Arguments {
    /// Messages to open
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Open a window of its own, also where there is one already
    #[arg(long)]
    new_window: bool,
    /// Use this profile instead of your own
    #[arg(long, value_name = "DIR")]
    profile: Option<PathBuf>,
    /// Where new keys go
    #[arg(long, value_name = "WHERE", value_parser = ["keyring", "file", "memory"])]
    vault: Option<String>,
    /// Look around among throw-away people and messages; nothing is kept
    #[arg(long, conflicts_with_all = ["profile", "vault"])]
    demo: bool,
}

fn main() -> ExitCode {
    let Arguments { files, new_window, profile, vault, demo } = Arguments::parse();
    if !has_display() {
        eprintln!("There is no display for a window. Use waxseal-cli here, for example: waxseal-cli demo");
        return ExitCode::FAILURE;
    }
    let vault = vault.as_deref().and_then(VaultKind::from_word);
    let profile = if demo { Ok(app::Profile::demo()) } else { app::Profile::of(profile, vault) };
    let profile = match profile {
        Ok(profile) => profile,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let instance =
        match profile.folder().filter(|_| !new_window).map(|folder| instance::start(folder, &files)) {
            Some(Ok(instance::Start::HandedOver)) => return ExitCode::SUCCESS,
            Some(Ok(instance::Start::First(instance))) => Some(instance),
            // A second window does no harm.
            Some(Err(_)) | None => None,
        };
    if let Err(error) = app::run(profile, files, instance) {
        eprintln!("The window could not be shown: {error}. Use waxseal-cli, for example: waxseal-cli demo");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// iced panics where it finds none.
fn has_display() -> bool {
    let named = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || named("DISPLAY") || named("WAYLAND_DISPLAY")
}
