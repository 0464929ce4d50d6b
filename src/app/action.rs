//! What a screen wishes of the window: work to be started, and things that only the window can do.

use std::path::PathBuf;
use std::sync::Arc;

use iced::Task;

use super::Pane;
use waxseal::smime::Address;
use waxseal::smime::secret::Passphrase;

/// Makes a message of an answer.
pub(crate) type Then<T, M> = Arc<dyn Fn(T) -> M + Send + Sync>;

/// What came of an update.
#[must_use]
pub(crate) struct Action<M> {
    pub(crate) task: Task<M>,
    pub(crate) wishes: Vec<Wish<M>>,
}

impl<M: Send + 'static> Action<M> {
    /// Nothing.
    pub(crate) fn none() -> Self {
        Self { task: Task::none(), wishes: Vec::new() }
    }

    /// Work.
    pub(crate) fn run(task: Task<M>) -> Self {
        Self { task, wishes: Vec::new() }
    }

    /// One wish.
    pub(crate) fn wish(wish: Wish<M>) -> Self {
        Self::none().and(wish)
    }

    /// The same with other messages.
    pub(crate) fn map<N: Send + 'static>(
        self,
        f: impl Fn(M) -> N + Clone + Send + Sync + 'static,
    ) -> Action<N> {
        Action {
            task: self.task.map(f.clone()),
            wishes: self.wishes.into_iter().map(|wish| wish.map(f.clone())).collect(),
        }
    }

    /// And one wish more.
    pub(crate) fn and(mut self, wish: Wish<M>) -> Self {
        self.wishes.push(wish);
        self
    }
}

/// Something that only the window can do.
#[derive(Clone)]
pub(crate) enum Wish<M> {
    /// Tell that something succeeded; at most one thing to do with it.
    Toast(String, Option<(String, M)>),
    /// Show a pane.
    Go(Pane),
    /// Write a note.
    Compose(Prefill),
    /// Show a person.
    ShowContact(Address),
    /// Take files, each as what it is: a message, certificates, a key.
    Open(Vec<PathBuf>),
    /// Compare numbers with a person.
    Compare(Address),
    /// Ask the person; one question at a time.
    Ask(Ask<M>),
    /// Let the person choose files.
    Pick(Pick, Then<Vec<PathBuf>, M>),
    /// Put text on the clipboard.
    Copy(String),
    /// People, keys or settings changed: read them again.
    Reload,
    /// Ask for the passphrase of the key files, then say this: most often to try again. For problems that
    /// [need](waxseal::problem::Need) a passphrase.
    Unlock(M),
    /// Make or import one more identity.
    NewIdentity,
    /// Show how the certificate of this own address is handed over.
    HandOver(Address),
    /// The first start, or another identity, is done or put off.
    LeaveWelcome,
}

/// What a new note starts with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefill {
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) attachments: Vec<PathBuf>,
    /// What the note answers.
    pub(crate) thread: waxseal::smime::message::reply::Thread,
    /// What stood sealed in the message that is answered and may not leave in the open.
    pub(crate) confidences: waxseal::smime::message::header_protection::confidences::Confidences,
}

/// A question.
#[derive(Clone)]
pub(crate) enum Ask<M> {
    /// Whether to do something that needs a second thought. Escape and `safe` do nothing.
    Confirm { title: String, body: Vec<String>, safe: String, act: String, danger: bool, then: M },
    /// A passphrase; a new one is asked for twice.
    Passphrase { title: String, reason: String, new: bool, act: String, then: Then<Passphrase, M> },
}

/// Which files may be chosen.
#[derive(Debug, Clone)]
pub(crate) enum Pick {
    /// One or several that are there. `kinds`: a name and the endings that are shown first.
    Open { title: &'static str, kinds: Kinds, several: bool },
    /// A new one.
    Save { title: &'static str, name: String },
}

/// A name for kinds of files, and their endings; none: all.
pub(crate) type Kinds = (&'static str, &'static [&'static str]);

impl<M: 'static> Wish<M> {
    /// The same wish with other messages.
    pub(crate) fn map<N>(self, f: impl Fn(M) -> N + Clone + Send + Sync + 'static) -> Wish<N> {
        fn after<T: 'static, M: 'static, N>(
            then: Then<T, M>,
            f: impl Fn(M) -> N + Send + Sync + 'static,
        ) -> Then<T, N> {
            Arc::new(move |answer| f(then(answer)))
        }
        match self {
            Self::Toast(words, act) => Wish::Toast(words, act.map(|(words, message)| (words, f(message)))),
            Self::Go(pane) => Wish::Go(pane),
            Self::Compose(prefill) => Wish::Compose(prefill),
            Self::ShowContact(address) => Wish::ShowContact(address),
            Self::Open(files) => Wish::Open(files),
            Self::Compare(address) => Wish::Compare(address),
            Self::Ask(Ask::Confirm { title, body, safe, act, danger, then }) => {
                Wish::Ask(Ask::Confirm { title, body, safe, act, danger, then: f(then) })
            }
            Self::Ask(Ask::Passphrase { title, reason, new, act, then }) => {
                Wish::Ask(Ask::Passphrase { title, reason, new, act, then: after(then, f) })
            }
            Self::Pick(pick, then) => Wish::Pick(pick, after(then, f)),
            Self::Copy(text) => Wish::Copy(text),
            Self::Reload => Wish::Reload,
            Self::Unlock(then) => Wish::Unlock(f(then)),
            Self::NewIdentity => Wish::NewIdentity,
            Self::HandOver(address) => Wish::HandOver(address),
            Self::LeaveWelcome => Wish::LeaveWelcome,
        }
    }
}
