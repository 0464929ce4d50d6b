//! File names from strangers, made safe.

use super::header::is_hidden;

/// Octets of UTF-8 in a name.
const MAX_LENGTH: usize = 150;
/// Octets of an extension that is kept when the name is cut.
const MAX_EXTENSION: usize = 20;

/// Names that Windows gives to devices, whatever the extension.
const DEVICES: [&str; 24] = [
    "con", "prn", "aux", "nul", "conin$", "conout$", "com1", "com2", "com3", "com4", "com5", "com6", "com7",
    "com8", "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Programs, scripts, installers, shortcuts, disk images and documents with macros.
const EXECUTABLE: &[&str] = &[
    "ade",
    "adp",
    "app",
    "appimage",
    "application",
    "appref-ms",
    "apk",
    "bash",
    "bat",
    "bin",
    "chm",
    "class",
    "cmd",
    "com",
    "command",
    "cpl",
    "csh",
    "deb",
    "desktop",
    "dll",
    "dmg",
    "docm",
    "dotm",
    "exe",
    "flatpakref",
    "gadget",
    "hta",
    "htm",
    "html",
    "img",
    "inf",
    "ins",
    "iso",
    "jar",
    "jnlp",
    "js",
    "jse",
    "ksh",
    "lnk",
    "mht",
    "mhtml",
    "mobileconfig",
    "mpkg",
    "msc",
    "msi",
    "msix",
    "msp",
    "mst",
    "one",
    "pif",
    "pkg",
    "pl",
    "potm",
    "ppam",
    "ppsm",
    "pptm",
    "ps1",
    "ps1xml",
    "psm1",
    "py",
    "pyc",
    "pyw",
    "rb",
    "reg",
    "rpm",
    "run",
    "scf",
    "scpt",
    "scr",
    "sct",
    "settingcontent-ms",
    "sh",
    "shb",
    "sldm",
    "svg",
    "swf",
    "sys",
    "terminal",
    "tool",
    "url",
    "vb",
    "vbe",
    "vbs",
    "vhd",
    "vhdx",
    "wasm",
    "webloc",
    "workflow",
    "ws",
    "wsc",
    "wsf",
    "wsh",
    "xht",
    "xhtml",
    "xlam",
    "xll",
    "xlsb",
    "xlsm",
    "xltm",
    "zsh",
];

/// No path parts, no control, bidi or zero-width characters, nothing a file system forbids, no names reserved on
/// Windows, no leading dots, no trailing dots or spaces, at most 150 octets with the extension kept; never
/// empty (`attachment`).
pub fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !trimmed(part).is_empty()).unwrap_or_default();
    let mut clean = String::with_capacity(last.len().min(4 * MAX_LENGTH));
    for c in last.chars() {
        match c {
            c if is_hidden(c) => {}
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => clean.push('_'),
            c if c.is_control() => {}
            c if c.is_whitespace() => clean.push(' '),
            c => clean.push(c),
        }
    }
    let mut clean = shortened(trimmed(&clean));
    let stem = clean.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    // Windows takes superscript digits for digits here.
    let stem = stem.replace('¹', "1").replace('²', "2").replace('³', "3");
    if DEVICES.contains(&stem.as_str()) {
        clean.insert(0, '_');
    }
    if clean.is_empty() { "attachment".to_owned() } else { clean }
}

fn trimmed(name: &str) -> &str {
    let name = name.trim_start_matches(|c: char| {
        c == '.' || c == '~' || c.is_whitespace() || is_hidden(c) || c.is_control()
    });
    name.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || is_hidden(c) || c.is_control())
}

fn shortened(name: &str) -> String {
    if name.len() <= MAX_LENGTH {
        return name.to_owned();
    }
    let extension = match name.rfind('.').and_then(|dot| name.get(dot..)) {
        Some(extension) if extension.len() <= MAX_EXTENSION => extension,
        _ => "",
    };
    let stem = name.strip_suffix(extension).unwrap_or(name);
    let end = stem.floor_char_boundary(MAX_LENGTH - extension.len());
    let stem = stem.get(..end).unwrap_or_default().trim_end_matches(['.', ' ']);
    format!("{stem}{extension}")
}

/// `name`, or `name (2)` and so on before the extension when `taken` says so (it compares without case).
pub fn distinct(name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|&dot| dot > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    let mut number = 2_u64;
    loop {
        let candidate = format!("{stem} ({number}){extension}");
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

/// A program, a script, or a document with macros by any of its extensions: `x.exe`, `x.pdf.js`, and also
/// `x.exe.txt`, since some systems hide the last one.
pub fn is_executable(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_lowercase();
    let mut parts = name.split('.');
    parts.next();
    parts.rev().take(2).any(|extension| EXECUTABLE.contains(&extension.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        for (name, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\x.txt", "x.txt"),
            ("dir/", "dir"),
            ("..", "attachment"),
            ("/", "attachment"),
            ("", "attachment"),
            (".bashrc", "bashrc"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("a\r\nb\u{0}.txt. . ", "ab.txt"),
            ("nul", "_nul"),
            ("Com1.txt", "_Com1.txt"),
            ("com¹ .x", "_com¹ .x"),
            ("a:b*c?.txt", "a_b_c_.txt"),
            ("Grüße aus Köln.odt", "Grüße aus Köln.odt"),
            ("\u{200b}.\u{200b}x", "x"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = safe(&format!("{}.tar.gz", "é".repeat(500)));
        assert!(name.len() <= MAX_LENGTH && name.ends_with("é.gz") || name.ends_with(".gz"));
        assert!(safe(&"x".repeat(1 << 20)).len() == MAX_LENGTH);
        assert!(safe(&format!("a.{}", "x".repeat(1000))).len() <= MAX_LENGTH);
    }

    #[test]
    fn taken_names_get_a_number() {
        let taken = ["a.txt", "a (2).txt", "b"];
        let distinct = |name| distinct(name, &|other| taken.contains(&other.to_lowercase().as_str()));
        assert_eq!(distinct("A.txt"), "A (3).txt");
        assert_eq!(distinct("b"), "b (2)");
        assert_eq!(distinct("c.txt"), "c.txt");
    }

    #[test]
    fn programs_are_known_by_their_extensions() {
        for name in ["a.exe", "A.EXE ", "invoice.pdf.js", "a.docm", "a.exe.txt", "x.lnk."] {
            assert!(is_executable(name), "{name}");
        }
        for name in ["a.pdf", "exe", "a.docx", "js", "a.b.c.txt", ""] {
            assert!(!is_executable(name), "{name}");
        }
    }
}
