//! Command-line entry.

fn main() -> std::process::ExitCode {
    waxseal::cli::main()
}
