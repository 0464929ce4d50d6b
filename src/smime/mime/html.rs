//! HTML as safe structured text: nothing remote, links with their real target, hidden text shown.
//!
//! A tokenizer of our own without a tree: no nesting, so nothing to overflow, and one pass over the input. It does
//! not try to look like a browser; it must show all that is written, and where each link really goes.

mod division;
mod entity;

use std::fmt::Write as _;

use super::header::{is_hidden, one_line};

pub use division::division;

/// Octets of HTML that are read.
const MAX_INPUT: usize = 4 << 20;
/// Links in the list.
const MAX_LINKS: usize = 1000;
/// Octets of one link's target.
const MAX_TARGET: usize = 2000;
/// Octets of text; references of one octet can become three.
const MAX_OUTPUT: usize = 8 << 20;

/// Plain text of an HTML body: `text [1]` with a list of link targets at the end; scripts, styles and comments
/// gone, pictures named as `[picture]`, text shown even where a style hides it. Bounded in input, time and
/// output.
pub fn to_text(html: &str) -> String {
    let html = html.get(..html.floor_char_boundary(MAX_INPUT)).unwrap_or_default();
    let mut writer = Text::default();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (text, from) = rest.split_at(open);
        writer.text(text);
        rest = writer.markup(from);
        if writer.out.len() > MAX_OUTPUT {
            rest = "";
        }
    }
    writer.text(rest);
    writer.finish()
}

/// The text as it grows.
#[derive(Debug, Default)]
struct Text {
    out: String,
    /// A space is due before the next character.
    space: bool,
    /// Line ends that are due before the next character.
    breaks: usize,
    preformatted: bool,
    /// Targets by number, and the one that is open.
    links: Vec<String>,
    link: Option<usize>,
    too_many_links: bool,
}

impl Text {
    fn text(&mut self, text: &str) {
        let text = entity::decode(text);
        for c in text.chars() {
            match c {
                '\r' => {}
                '\n' if self.preformatted => self.breaks = (self.breaks + 1).min(2),
                c if c.is_whitespace() => self.space = true,
                c if c.is_control() => {}
                c if is_hidden(c) => {
                    if matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
                        self.push('\u{fffd}');
                    }
                }
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if !self.out.is_empty() {
            if self.breaks > 0 {
                self.out.extend(std::iter::repeat_n('\n', self.breaks));
            } else if self.space {
                self.out.push(' ');
            }
        }
        self.space = false;
        self.breaks = 0;
        self.out.push(c);
    }

    fn line(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    fn words(&mut self, words: &str) {
        words.chars().for_each(|c| if c == ' ' { self.space = true } else { self.push(c) });
    }

    /// Reads a tag, comment or declaration at the start of `from` and gives what follows it.
    fn markup<'a>(&mut self, from: &'a str) -> &'a str {
        if let Some(comment) = from.strip_prefix("<!--") {
            // "<!-->" and "<!--->" are whole comments.
            let comment = comment.strip_prefix("->").map_or(comment, |_| comment);
            if let Some(after) = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
                return after;
            }
            let end = comment.find("-->").map(|end| end + 3);
            let end = end.or_else(|| comment.find('>').map(|end| end + 1));
            return end.and_then(|end| comment.get(end..)).unwrap_or_default();
        }
        let body = from.get(1..).unwrap_or_default();
        if body.starts_with(['!', '?']) {
            return body.find('>').and_then(|end| body.get(end + 1..)).unwrap_or_default();
        }
        let (closing, body) = body.strip_prefix('/').map_or((false, body), |body| (true, body));
        if !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // A lone "<" is text.
            self.push('<');
            return from.get(1..).unwrap_or_default();
        }
        let (tag, after) = Tag::parse(body);
        if closing {
            self.close(&tag.name);
            return after;
        }
        if matches!(
            tag.name.as_str(),
            "script" | "style" | "template" | "iframe" | "object" | "svg" | "math" | "title"
        ) && !tag.empty
        {
            return skip_element(after, &tag.name);
        }
        self.open(&tag);
        after
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "a" | "area" => {
                self.end_link();
                if let Some(target) = tag.attribute("href") {
                    self.begin_link(&target);
                }
                if tag.name == "area" {
                    self.end_link();
                }
            }
            "form" => {
                self.line(2);
                self.words("[form]");
                if let Some(target) = tag.attribute("action") {
                    self.begin_link(&target);
                    self.end_link();
                }
                self.line(1);
            }
            "img" | "image" | "video" | "audio" | "embed" => {
                let name = tag.attribute("alt").map(|alt| one_line(&alt)).unwrap_or_default();
                self.space |= !self.out.ends_with(['[', '(']);
                if name.is_empty() {
                    self.words("[picture]");
                } else {
                    self.words(&format!("[picture: {name}]"));
                }
                self.space = true;
            }
            "input" | "button" => {
                if let Some(value) =
                    tag.attribute("value").map(|value| one_line(&value)).filter(|v| !v.is_empty())
                {
                    self.words(&format!("[{value}]"));
                }
            }
            "li" => {
                self.line(1);
                self.words("• ");
            }
            "hr" => {
                self.line(1);
                self.words("———");
                self.line(1);
            }
            "td" | "th" => self.space = true,
            "pre" => {
                self.line(2);
                self.preformatted = true;
            }
            name => self.line(breaks_around(name)),
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => self.end_link(),
            "pre" => {
                self.preformatted = false;
                self.line(2);
            }
            "td" | "th" => self.space = true,
            name => self.line(breaks_around(name)),
        }
    }

    fn begin_link(&mut self, target: &str) {
        let target = one_line(target);
        // A place in the same text is no target.
        if target.is_empty() || target.starts_with('#') {
            return;
        }
        let end = target.floor_char_boundary(MAX_TARGET);
        let target = target.get(..end).unwrap_or_default();
        let known = self.links.iter().rposition(|known| known == target);
        self.link = match known {
            Some(number) => Some(number),
            None if self.links.len() < MAX_LINKS => {
                self.links.push(target.to_owned());
                Some(self.links.len() - 1)
            }
            None => {
                self.too_many_links = true;
                None
            }
        };
    }

    fn end_link(&mut self) {
        if let Some(number) = self.link.take() {
            let due = (self.space, self.breaks);
            (self.space, self.breaks) = (true, 0);
            self.words(&format!("[{}]", number + 1));
            (self.space, self.breaks) = due;
        }
    }

    fn finish(mut self) -> String {
        self.end_link();
        let mut out = self.out;
        for (number, target) in self.links.iter().enumerate() {
            out.push_str(if number == 0 { "\n\n" } else { "\n" });
            // Writing to a String does not fail.
            let _ = write!(out, "[{}] {target}", number + 1);
        }
        if self.too_many_links {
            out.push_str("\n[…]");
        }
        out
    }
}

/// Line ends around a block.
fn breaks_around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "blockquote" | "body"
        | "fieldset" => 2,
        "div" | "tr" | "li" | "dl" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "main"
        | "nav" | "aside" | "center" | "address" | "form" | "option" | "textarea" | "caption" | "head"
        | "html" | "figure" => 1,
        _ => 0,
    }
}

/// What follows the closing tag of an element whose content is not shown; nothing if it is not closed.
fn skip_element<'a>(mut rest: &'a str, name: &str) -> &'a str {
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let is_name = rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        let after = rest.get(name.len()..).unwrap_or_default();
        if is_name && !after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return after.find('>').and_then(|end| after.get(end + 1..)).unwrap_or_default();
        }
    }
    ""
}

/// An opening or closing tag.
#[derive(Debug)]
struct Tag<'a> {
    name: String,
    attributes: &'a str,
    empty: bool,
}

impl<'a> Tag<'a> {
    /// Reads what follows `<` or `</`, and gives what follows `>`. A tag that is not closed ends the text.
    fn parse(body: &'a str) -> (Self, &'a str) {
        let name_end = body.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(body.len());
        let (name, from) = body.split_at(name_end);
        let mut quote = None;
        let mut after_equals = false;
        let mut end = from.len();
        for (at, c) in from.char_indices() {
            match (quote, c) {
                (Some(open), c) if open == c => quote = None,
                (Some(_), _) => continue,
                (None, '"' | '\'') if after_equals => quote = Some(c),
                (None, '>') => {
                    end = at;
                    break;
                }
                (None, _) => {}
            }
            after_equals = c == '=' || (after_equals && c.is_whitespace());
        }
        let attributes = from.get(..end).unwrap_or_default();
        // No element has a long name, and a huge one is not worth a copy.
        let name = name.get(..name.floor_char_boundary(32)).unwrap_or_default().to_ascii_lowercase();
        let tag = Self { name, attributes, empty: attributes.trim_end().ends_with('/') };
        (tag, from.get(end + 1..).unwrap_or_default())
    }

    /// The decoded value of the first attribute of that name.
    fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            // A "=" at the start is part of the name.
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let tail = rest.get(first..).unwrap_or_default();
            let end = tail
                .find(|c: char| c.is_whitespace() || matches!(c, '=' | '/'))
                .map_or(rest.len(), |end| first + end);
            let (found, after) = rest.split_at(end);
            let Some(value) = after.trim_start().strip_prefix('=') else {
                rest = after;
                continue;
            };
            let value = value.trim_start();
            let (value, after) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let value = value.get(1..).unwrap_or_default();
                    value.split_once(quote).unwrap_or((value, ""))
                }
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            };
            if found.eq_ignore_ascii_case(name) {
                return Some(entity::decode(value).into_owned());
            }
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_structure() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><h1>Hi</h1><p>One\n  two<br>three \
            &amp; <b>fo</b>ur</p><ul><li>a<li>b</ul><!-- no --><script>if (a</b) x()</script >end</body>";
        assert_eq!(to_text(html), "Hi\n\nOne two\nthree & four\n\n• a\n• b\n\nend");
    }

    #[test]
    fn links_show_where_they_go() {
        let html = r#"<a href="https://evil.example/?a=1&amp;b=2">https://bank.example</a>, <A HREF='mailto:x@y'>w</A> <a href=https://evil.example/?a=1&b=2>again</a> <a href="&#106;avascript:x">j</a>"#;
        assert_eq!(
            to_text(html),
            "https://bank.example [1], w [2] again [1] j [3]\n\n[1] https://evil.example/?a=1&b=2\n[2] mailto:x@y\n[3] javascript:x"
        );
    }

    #[test]
    fn hidden_text_and_pictures_are_seen() {
        let html = r#"a<span style="display:none">secret</span><img src="http://t.example/p.gif"><img alt="x > y" src=z>&#x202e;b"#;
        assert_eq!(to_text(html), "asecret [picture] [picture: x > y] \u{fffd}b");
    }

    #[test]
    fn what_is_no_markup_is_text() {
        assert_eq!(to_text("1 < 2 & 3 > 2 &unknown; &lt;b&gt; <3"), "1 < 2 & 3 > 2 &unknown; <b> <3");
        assert_eq!(to_text("a<!-->b<!--->c<!-- d > e --> f <!-- open > g"), "abc f g");
        assert_eq!(to_text("x <a href=\"never closed"), "x [1]\n\n[1] never closed");
        assert_eq!(to_text("x<script>y"), "x");
    }

    #[test]
    fn hostile_input_is_done_quickly_and_bounded() {
        let started = std::time::Instant::now();
        for piece in [
            "<div>",
            "<",
            "<!--",
            "<a href=x>",
            "<a href=\"",
            "&",
            "&#",
            "&amp;",
            "</script",
            "<script>",
            "<p ",
            "<a ='",
            "<table><tr><td>",
            "<a href=a>b",
            "<svg><math>",
            "<!--->",
            "=",
            "<a b=c ",
            "<pre>\n\n\n",
            "&nbsp;<br>",
        ] {
            let text = to_text(&piece.repeat((5 << 20) / piece.len()));
            assert!(text.len() <= 2 * MAX_OUTPUT);
        }
        let links: String = (0..100_000).map(|i| format!("<a href=https://x.example/{i}>l</a>")).collect();
        assert!(to_text(&links).ends_with("[…]"));
        assert!(started.elapsed().as_secs() < 30);
    }

    #[test]
    fn every_prefix_is_survived() {
        let html = "<p a='b' c=d>é&eacute;&#233;<a href=\"é\">x</a><!-- é --><script>é</script><img alt=é/>";
        for end in (0..=html.len()).filter(|&end| html.is_char_boundary(end)) {
            assert!(!to_text(&html[..end]).contains('\0'));
        }
    }
}
