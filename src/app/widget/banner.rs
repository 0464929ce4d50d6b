//! What happened, why, and the button that does what comes next; at the top of the sheet that it concerns.

use iced::alignment::Vertical;
use iced::widget::{column, container, row};
use iced::{Element, Length, Padding};

use super::button;
use crate::app::icon::{Icon, wax_icon};
use crate::app::theme::{self, Wax, ink};
use crate::app::typography as typo;
use waxseal::problem::Problem;

/// Something that could not be done. `buttons` do what the remedy says; sentences for the command line are left out.
pub(crate) fn problem<'a, Message: Clone + 'a>(
    problem: &Problem,
    buttons: Vec<Element<'a, Message>>,
    close: Option<Message>,
) -> Element<'a, Message> {
    let why = [problem.cause.as_str(), problem.remedy.as_str()].into_iter().map(for_a_window);
    let why = why.filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(" ");
    banner(Wax::Alarm, problem.summary.clone(), why, buttons, close)
}

/// A banner of any wax: alarm could not, faith needs the person, quiet informs.
pub(crate) fn banner<'a, Message: Clone + 'a>(
    wax: Wax,
    what: String,
    why: String,
    buttons: Vec<Element<'a, Message>>,
    close: Option<Message>,
) -> Element<'a, Message> {
    let sign = match wax {
        Wax::Alarm => Icon::OctagonAlert,
        Wax::Faith => Icon::TriangleAlert,
        Wax::Seal | Wax::Quiet => Icon::Info,
    };
    let why = (!why.is_empty()).then(|| typo::small(why).style(ink(|t| t.ink2)));
    let words = column![typo::strong(what).style(ink(|t| t.ink))].push(why).spacing(2).width(Length::Fill);
    let close = close.map(|message| button::icon(Icon::X, "Close", Some(message)));
    let line = row![wax_icon(sign, 20.0, wax), words]
        .push((!buttons.is_empty()).then(|| row(buttons)))
        .push(close)
        .spacing(12)
        .align_y(Vertical::Center);
    container(line)
        .padding(Padding { top: 12.0, right: 12.0, bottom: 12.0, left: 14.0 })
        .width(Length::Fill)
        .style(theme::tinted(wax, 8.0))
        .into()
}

/// `words` without the sentences that tell what to type on a command line.
pub(crate) fn for_a_window(words: &str) -> String {
    let typed = |sentence: &&str| sentence.contains("waxseal-cli") || sentence.contains(" --");
    let mut kept: Vec<&str> = words.split_inclusive(". ").filter(|sentence| !typed(sentence)).collect();
    if let Some(last) = kept.last_mut() {
        *last = last.trim_end();
    }
    kept.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use waxseal::problem::Explain as _;
    use waxseal::store::StoreError;

    #[test]
    fn nobody_is_sent_to_a_command_line() {
        assert_eq!(
            for_a_window("Keep a copy first with: waxseal-cli identity export. Then delete it with --yes."),
            ""
        );
        assert_eq!(for_a_window("Ask for it again."), "Ask for it again.");
        let none = StoreError::NoKeyringService.explain();
        assert_eq!(
            for_a_window(&none.remedy),
            "Install a keyring program (gnome-keyring or KWallet) and log in again."
        );
        assert_eq!(for_a_window(&StoreError::KeyringLocked.explain().remedy), "Unlock it and try again.");
        assert_eq!(for_a_window(&StoreError::NoPassphrase.explain().remedy), "");
    }
}
