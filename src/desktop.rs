//! What an operating system wants from a program with windows.

#[cfg_attr(not(unix), path = "desktop/no_instance.rs")]
pub mod instance;
