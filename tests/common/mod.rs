//! What the black-box tests share: throw-away profiles, the command line, OpenSSL identities.
#![allow(dead_code, unreachable_pub, reason = "each test file is compiled on its own and uses its own part")]

pub mod issuer;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub mod authority;
pub mod mail;
pub mod nss;

/// The passphrase of every throw-away file vault.
pub const PASSPHRASE: &str = "correct horse battery staple";
/// The password of every `.p12` made here.
pub const PASSWORD: &str = "p12 password";
/// Longer than any single command may take, in an unoptimised build on a busy machine.
const TOO_LONG: Duration = Duration::from_secs(120);

/// What one command left behind.
#[derive(Debug)]
pub struct Run {
    /// The command as typed, for messages.
    pub line: String,
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
}

impl Run {
    /// Insists on an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n$ {}\n--- stdout\n{}\n--- stderr\n{}",
            self.line,
            String::from_utf8_lossy(&self.stdout),
            self.stderr
        );
        assert!(!self.stderr.contains("panicked"), "$ {}\n{}", self.line, self.stderr);
        self
    }

    /// Insists on exit code 0.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// Insists on exit code 1 and a sentence.
    #[track_caller]
    pub fn fails(self) -> Self {
        let run = self.exits(1);
        run.says_a_sentence();
        run
    }

    /// There is one readable sentence: on stderr, or as the error object on stdout.
    #[track_caller]
    pub fn says_a_sentence(&self) {
        let error = serde_json::from_slice::<Value>(&self.stdout)
            .ok()
            .and_then(|object| object["error"]["summary"].as_str().map(str::to_owned));
        let said = error.unwrap_or_else(|| self.stderr.clone());
        assert!(said.trim().len() > 10 && said.contains('.'), "$ {}\nsaid no sentence: {said:?}", self.line);
    }

    /// Standard output as the one JSON object that `--json` promises.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| {
            panic!("$ {}\nnot JSON: {error}\n{}\n{}", self.line, self.text(), self.stderr)
        })
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Runs a command to its end, within [`TOO_LONG`]; standard output and standard error go through files, so neither can block it.
#[track_caller]
pub fn run(command: &mut Command) -> Run {
    let line = format!("{command:?}");
    let folder = TempDir::new().unwrap();
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let started = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("$ {line}\n{error}"));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > TOO_LONG {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("$ {line}\nstill running after {TOO_LONG:?}");
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    Run {
        line,
        code: status.code(),
        stdout: fs::read(&out).unwrap(),
        stderr: String::from_utf8_lossy(&fs::read(&err).unwrap()).into_owned(),
        took: started.elapsed(),
    }
}

/// The command line itself, in a world of its own: no configuration, keyring or display of the person running the tests.
pub fn waxseal(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waxseal-cli"));
    command
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("LC_ALL", "C.UTF-8")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::null());
    command
}

/// A throw-away profile with a file vault. Removed when dropped.
pub struct Profile {
    folder: TempDir,
}

impl Default for Profile {
    fn default() -> Self {
        Self::new()
    }
}

impl Profile {
    /// An empty one.
    pub fn new() -> Self {
        let folder = scratch();
        fs::create_dir(folder.path().join("profile")).unwrap();
        fs::write(folder.path().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        Self { folder }
    }

    /// One with a new identity.
    pub fn with_identity(name: &str, address: &str, key: &str) -> Self {
        let profile = Self::new();
        profile.run(["identity", "create", "--name", name, "--email", address, "--key", key]).succeeds();
        profile
    }

    /// One with an identity that OpenSSL made.
    pub fn with_peer(peer: &Peer) -> Self {
        let profile = Self::new();
        profile.import_identity(&peer.p12);
        profile
    }

    /// A copy, for a test that changes things.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_folder(&self.profile(), &copy.profile());
        copy
    }

    /// The profile folder.
    pub fn profile(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    /// A path in the scratch folder beside the profile.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the scratch folder.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// What is in a file of the scratch folder.
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The command line on this profile; the arguments follow the global options.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Command {
        let mut command = waxseal(self.folder.path());
        command
            .arg("--profile")
            .arg(self.profile())
            .args(["--vault", "file", "--passphrase-file"])
            .arg(self.path("passphrase"))
            .args(arguments);
        command
    }

    /// Runs the command line on this profile.
    #[track_caller]
    pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Run {
        run(&mut self.command(arguments))
    }

    /// `identity import FILE` with the usual password.
    #[track_caller]
    pub fn import_identity(&self, file: &Path) -> Run {
        let password = self.path("password");
        self.run([
            os("identity"),
            os("import"),
            file.as_os_str(),
            os("--password-file"),
            password.as_os_str(),
        ])
        .succeeds()
    }

    /// `contact import FILE`.
    #[track_caller]
    pub fn import_contact(&self, file: &Path) -> Run {
        self.run([os("contact"), os("import"), file.as_os_str()]).succeeds()
    }

    /// One's own certificate as a file; the form follows the extension.
    #[track_caller]
    pub fn certificate(&self, address: &str, name: &str) -> PathBuf {
        let path = self.path(name);
        self.run([os("identity"), os("certificate"), os(address), os("--out"), path.as_os_str()]).succeeds();
        path
    }

    /// `open --json FILE`, whatever it exits with.
    #[track_caller]
    pub fn open(&self, file: &Path) -> Run {
        self.run([os("--json"), os("open"), file.as_os_str()])
    }

    /// `seal` with a text, to `out` in the scratch folder. `more`: further arguments.
    #[track_caller]
    pub fn seal(&self, from: &str, to: &str, text: &str, out: &str, more: &[&str]) -> Run {
        let text = self.file("text-to-seal.txt", text);
        let out = self.path(out);
        let mut arguments = vec![os("seal"), os("--from"), os(from), os("--to"), os(to), os("--text")];
        arguments.extend([text.as_os_str(), os("--out"), out.as_os_str()]);
        arguments.extend(more.iter().map(OsStr::new));
        self.run(arguments)
    }

    /// Everything the profile can be asked about, to compare before and after.
    #[track_caller]
    pub fn state(&self) -> String {
        let lists = [["identity", "list"], ["contact", "list"], ["trust", "list"]];
        lists.iter().map(|list| self.run(["--json", list[0], list[1]]).succeeds().text()).collect()
    }
}

/// A folder under `target`: what is shared by a whole test program is never dropped, and is swept by `cargo clean`.
pub fn scratch() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Short for `OsStr::new`.
pub fn os(text: &str) -> &OsStr {
    OsStr::new(text)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Is a program on this machine? If not, says so in one line; CI installs them all.
pub fn installed(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !found {
        eprintln!("skipped: {program} not found");
    }
    found
}

/// A folder of the unpacked corpus that `WAXSEAL_CORPUS` names; `None`, and a word about it, where there is none.
#[track_caller]
pub fn corpus(folder: &str) -> Option<PathBuf> {
    let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
        eprintln!("skipped: WAXSEAL_CORPUS is not set");
        return None;
    };
    let folder = PathBuf::from(corpus).join(folder);
    assert!(folder.is_dir(), "WAXSEAL_CORPUS has no {}", folder.display());
    Some(folder)
}

/// Runs OpenSSL and insists on success.
#[track_caller]
pub fn openssl<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Run {
    run(Command::new("openssl").args(arguments).stdin(Stdio::null())).succeeds()
}

/// Somebody who uses OpenSSL: a self-signed certificate, its key, both as `.p12`, and [`ENTITY`] as `entity.txt`.
pub struct Peer {
    folder: TempDir,
    pub address: String,
    pub key: PathBuf,
    pub certificate: PathBuf,
    pub p12: PathBuf,
}

impl Peer {
    /// `kind`: `rsa2048` and the like, or a curve: `P-256`.
    pub fn new(name: &str, kind: &str) -> Self {
        match kind.strip_prefix("rsa") {
            Some(bits) => Self::with_key(name, &["-newkey", &format!("rsa:{bits}")], "keyEncipherment"),
            None => {
                let curve = format!("ec_paramgen_curve:{kind}");
                let mut new_key = vec!["-newkey", "ec", "-pkeyopt", &curve];
                // GpgSM takes no shorter digest than the key.
                new_key.extend((kind == "P-384").then_some("-sha384"));
                Self::with_key(name, &new_key, "keyAgreement")
            }
        }
    }

    /// With a key that these options of `openssl req` make, for signing and for `usage`.
    pub fn with_key(name: &str, new_key: &[&str], usage: &str) -> Self {
        let folder = scratch();
        let path = |file: &str| folder.path().join(file);
        let address = format!("{name}@example.com");
        fs::write(
            path("req.cnf"),
            format!(
                "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\nutf8=yes\n[dn]\nCN={name}\n[ext]\n\
                 basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,{usage}\n\
                 extendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\nsubjectAltName=email:{address}\n"
            ),
        )
        .unwrap();
        let (key, certificate, p12) = (path("key.pem"), path("certificate.pem"), path("identity.p12"));
        let config = path("req.cnf");
        let mut arguments = vec![os("req"), os("-x509"), os("-nodes"), os("-days"), os("365"), os("-config")];
        arguments.push(config.as_os_str());
        arguments.extend(new_key.iter().map(|argument| os(argument)));
        arguments.extend([os("-keyout"), key.as_os_str(), os("-out"), certificate.as_os_str()]);
        openssl(arguments);
        let password = format!("pass:{PASSWORD}");
        let mut arguments = vec![os("pkcs12"), os("-export"), os("-inkey"), key.as_os_str(), os("-in")];
        arguments.extend([certificate.as_os_str(), os("-name"), os(name), os("-out"), p12.as_os_str()]);
        arguments.extend([os("-passout"), os(&password)]);
        openssl(arguments);
        fs::write(path("entity.txt"), ENTITY).unwrap();
        Self { folder, address, key, certificate, p12 }
    }

    /// A path in this peer's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `openssl cms …` in this peer's folder; file names among the arguments are relative to it.
    #[track_caller]
    pub fn cms(&self, arguments: &[&str]) -> Run {
        self.try_cms(arguments).succeeds()
    }

    /// The same, whatever comes of it.
    #[track_caller]
    pub fn try_cms(&self, arguments: &[&str]) -> Run {
        run(Command::new("openssl")
            .arg("cms")
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null()))
    }
}

/// One peer of each kind, made once for a test program: generating RSA keys costs seconds.
pub fn peer(kind: &'static str) -> &'static Peer {
    static PEERS: OnceLock<Mutex<Vec<(&'static str, &'static Peer)>>> = OnceLock::new();
    let mut peers = PEERS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, peer)) = peers.iter().find(|(known, _)| *known == kind) {
        return peer;
    }
    let name = kind.to_lowercase().replace('-', "");
    let peer = Box::leak(Box::new(Peer::new(&name, kind)));
    peers.push((kind, peer));
    peer
}

/// A MIME entity with CRLF line ends: what mail programs sign and encrypt.
pub const ENTITY: &str =
    "Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße vom Küchentisch.\r\nZweite Zeile.\r\n";

/// Says that `text`, as shown, holds the two lines of [`ENTITY`].
#[track_caller]
pub fn shows_the_entity(opened: &Value) {
    let text = opened["text"].as_str().unwrap_or_default();
    assert!(text.contains("Grüße vom Küchentisch."), "{opened:#}");
    assert!(text.contains("Zweite Zeile."), "{opened:#}");
}
