//! Legacy Display elements (RFC 9788 sections 2.1.2, 4.5.3 and 5.2): hidden fields once more at the head of a text, for
//! programs that would not show them otherwise. Those that do leave the element out.

use std::borrow::Cow;

use super::HeaderProtection;
use crate::smime::mime::header::one_line;
use crate::smime::mime::{Entity, html};

/// The parameter of a text part that begins with an element.
pub const PARAMETER: &str = "hp-legacy-display";

/// No element has more fields.
const MAX_LINES: usize = 100;

/// Marks the element in HTML.
const CLASS: &str = "header-protection-legacy-display";

/// Whether this part says that it begins with an element.
pub fn is_marked(part: &Entity) -> bool {
    part.headers.content_type().is_some_and(|field| field.parameter(PARAMETER) == Some("1"))
}

/// One line of an element.
pub fn line(name: &str, text: &str) -> String {
    format!("{name}: {}\n", one_line(text))
}

/// A decoded text without its element: all up to the first blank line. What stands there stays when it is anything else
/// than protected fields that say the same: nothing is left out that is not shown at the head.
pub fn without_in_text<'t>(text: &'t str, protection: &HeaderProtection) -> &'t str {
    let blank = text.find("\n\n").map(|at| (at + 1, at + 2));
    match blank {
        Some((end, rest)) if lists_fields(&text[..end], protection) => &text[rest..],
        Some(_) | None => text,
    }
}

/// Decoded HTML without its element: the first `div` of its class. The same care is taken.
pub fn without_in_html<'t>(source: &'t str, protection: &HeaderProtection) -> Cow<'t, str> {
    match html::division(source, CLASS) {
        Some(range) if lists_fields(&html::to_text(&source[range.clone()]), protection) => {
            Cow::Owned(format!("{}{}", &source[..range.start], &source[range.end..]))
        }
        Some(_) | None => Cow::Borrowed(source),
    }
}

/// Every line is a protected field with its value, or goes on from one.
fn lists_fields(text: &str, protection: &HeaderProtection) -> bool {
    let mut listed: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match listed.last_mut() {
            Some(before) if line.starts_with([' ', '\t']) => {
                before.push(' ');
                before.push_str(line);
            }
            Some(_) | None => listed.push(line.to_owned()),
        }
    }
    let is_field = |line: &String| {
        line.split_once(':').is_some_and(|(name, text)| protection.says(name.trim_end(), text))
    };
    !listed.is_empty() && listed.len() <= MAX_LINES && listed.iter().all(is_field)
}
