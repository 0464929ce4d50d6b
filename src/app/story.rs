//! Stories: the whole window without a display. A profile in memory, real work, and clicks on words.

use std::path::PathBuf;

use iced::Task;
use iced::advanced::graphics::futures::futures::StreamExt as _;
use iced_test::Simulator;
use iced_test::futures::futures::executor::block_on;
use iced_test::runtime::{Action, task};

use super::{App, Clerk, Message, People, Profile};
use waxseal::desk::Desk;
use waxseal::problem::Problem;

/// Waits for what `task` answers; what is asked of the window system or the clipboard stays undone.
pub(crate) fn answers<M: Send + 'static>(task: Task<M>) -> Vec<M> {
    let Some(stream) = task::into_stream(task) else { return Vec::new() };
    let outputs = stream.filter_map(|action| async {
        match action {
            Action::Output(message) => Some(message),
            _ => None,
        }
    });
    block_on(outputs.collect())
}

/// A window that is played with.
pub(crate) struct Story {
    pub(super) app: App,
}

impl Story {
    /// A window on a profile in memory that `furnish` fills first.
    pub(crate) fn begin(furnish: impl FnOnce(&Desk) + Send + 'static) -> Self {
        let (app, _) = App::new(Clerk::new(Profile::in_memory()), None, Vec::new());
        let furnished = app.shared.clerk.ask(move |desk| {
            furnish(desk);
            Ok(())
        });
        assert!(answers(furnished).iter().all(Result::is_ok));
        let people = answers(app.shared.load());
        let mut story = Self { app };
        for people in people {
            story.tell(Message::PeopleLoaded(people));
        }
        story
    }

    /// A window at its first start, on a profile of its own.
    pub(crate) fn first_start(profile: Profile) -> Self {
        let (app, _) = App::new(Clerk::new(profile), Some(People::default()), Vec::new());
        Self { app }
    }

    /// Does something with the profile.
    pub(crate) fn with_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> T {
        answers(self.app.shared.clerk.ask(work)).remove(0).unwrap()
    }

    /// Hands the window a message and everything that comes of it.
    pub(super) fn tell(&mut self, message: Message) {
        let mut waiting = vec![message];
        let mut steps = 0;
        while let Some(message) = waiting.pop() {
            let task = self.app.update(message);
            let mut answered = answers(task);
            answered.reverse();
            waiting.extend(answered);
            steps += 1;
            assert!(steps < 1_000, "the window talks to itself");
        }
    }

    /// Opens files as if they were dropped.
    pub(crate) fn open(&mut self, files: &[PathBuf]) {
        let task = self.app.open(files.to_vec());
        for message in answers(task) {
            self.tell(message);
        }
    }

    fn simulator(&self) -> Simulator<'_, Message> {
        let settings = iced::Settings {
            default_font: super::typography::REGULAR,
            fonts: super::typography::FACES.map(Into::into).into(),
            ..iced::Settings::default()
        };
        Simulator::with_size(settings, super::SIZE, self.app.view())
    }

    /// What the window is told when somebody does this in it.
    pub(super) fn play(&self, play: impl FnOnce(&mut Simulator<'_, Message>)) -> Vec<Message> {
        let mut simulator = self.simulator();
        play(&mut simulator);
        simulator.into_messages().collect()
    }

    /// Whether these words are in sight.
    pub(crate) fn shows(&self, words: &str) -> bool {
        self.simulator().find(words).is_ok()
    }

    /// Clicks on these words.
    pub(crate) fn click(&mut self, words: &str) {
        let mut simulator = self.simulator();
        simulator.click(words).unwrap_or_else(|_| panic!("“{words}” is not in sight"));
        let messages: Vec<Message> = simulator.into_messages().collect();
        for message in messages {
            self.tell(message);
        }
    }

    /// Clicks on a field by the words in it, and types.
    pub(crate) fn type_into(&mut self, words: &str, typed: &str) {
        let mut simulator = self.simulator();
        simulator.click(words).unwrap_or_else(|_| panic!("“{words}” is not in sight"));
        simulator.typewrite(typed);
        let messages: Vec<Message> = simulator.into_messages().collect();
        for message in messages {
            self.tell(message);
        }
    }
}
