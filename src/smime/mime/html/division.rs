//! One element by its class.

use std::ops::Range;

use super::{Tag, skip_element};

/// Where the first `div` of this class stands, with its tags; None if there is none, or it is not closed. One pass over
/// the input, without recursion.
pub fn division(html: &str, class: &str) -> Option<Range<usize>> {
    // The start of the one that was found, and how many are open inside it.
    let mut found: Option<(usize, usize)> = None;
    let mut at = 0;
    while let Some(open) = html.get(at..)?.find('<') {
        let start = at + open;
        let body = html.get(start + 1..)?;
        let after = |rest: &str| html.len() - rest.len();
        if let Some(comment) = body.strip_prefix("!--") {
            at = comment.find("-->").map_or(html.len(), |end| after(comment) + end + 3);
            continue;
        }
        let (closing, name) = body.strip_prefix('/').map_or((false, body), |name| (true, name));
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            at = start + 1;
            continue;
        }
        let (tag, rest) = Tag::parse(name);
        at = after(rest);
        match (tag.name.as_str(), closing, found) {
            ("script" | "style" | "template" | "title", false, _) if !tag.empty => {
                at = after(skip_element(rest, &tag.name));
            }
            ("div", false, None) => {
                let names = tag.attribute("class").unwrap_or_default();
                found = names.split_whitespace().any(|name| name == class).then_some((start, 0));
            }
            ("div", false, Some((start, depth))) => found = Some((start, depth + 1)),
            ("div", true, Some((start, 0))) => return Some(start..at),
            ("div", true, Some((start, depth))) => found = Some((start, depth - 1)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(html: &str) -> Option<&str> {
        division(html, "x").map(|range| &html[range])
    }

    #[test]
    fn the_first_of_its_class_is_found_with_what_is_in_it() {
        for (html, expected) in [
            ("a<div class=\"x\">b</div>c<div class=x>d</div>", Some("<div class=\"x\">b</div>")),
            (
                "<div><DIV CLASS='y x'>b<div>c</div>d</DIV >e</div>",
                Some("<DIV CLASS='y x'>b<div>c</div>d</DIV >"),
            ),
            ("<!-- <div class=x> --><div class=x>é</div>", Some("<div class=x>é</div>")),
            ("<div class=xy>a</div>", None),
            ("<div class=x>never closed", None),
            ("<p class=x>a</p>", None),
            ("1 < 2 <div", None),
        ] {
            assert_eq!(cut(html), expected, "{html}");
        }
    }

    #[test]
    fn hostile_input_is_done_quickly() {
        let started = std::time::Instant::now();
        for piece in
            ["<div class=x>", "<", "<!--", "</div>", "<div ", "<script>", "<div class=\"", "<style></style"]
        {
            let _ = division(&piece.repeat((1 << 20) / piece.len()), "x");
        }
        assert!(started.elapsed().as_secs() < 20);
    }
}
