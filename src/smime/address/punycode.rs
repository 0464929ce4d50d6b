//! Punycode, read (RFC 3492 section 6.2): the ASCII form of domain labels in other scripts.

const BASE: u32 = 36;
const LEAST: u32 = 1;
const MOST: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

/// No label has more letters (RFC 1035 section 2.3.4); it bounds the work as well.
const LABEL: usize = 63;

/// What stands behind `xn--`, decoded. `None`: it is none.
pub(super) fn decode(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > LABEL || !text.is_ascii() {
        return None;
    }
    let (plain, coded) = text.rsplit_once('-').unwrap_or(("", text));
    let mut letters: Vec<char> = plain.chars().collect();
    let (mut code, mut place, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = coded.chars();
    while !digits.as_str().is_empty() {
        let before = place;
        let (mut weight, mut k) = (1_u32, BASE);
        loop {
            let digit = value_of(digits.next()?)?;
            place = place.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(LEAST, MOST);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k = k.checked_add(BASE)?;
        }
        let count = u32::try_from(letters.len()).ok()?.checked_add(1)?;
        bias = adapted(place - before, count, before == 0);
        code = code.checked_add(place / count)?;
        place %= count;
        letters.insert(place as usize, char::from_u32(code)?);
        place += 1;
    }
    Some(letters.into_iter().collect())
}

/// Section 6.1.
fn adapted(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - LEAST) * MOST / 2 {
        delta /= BASE - LEAST;
        k += BASE;
    }
    k + (BASE - LEAST + 1) * delta / (delta + SKEW)
}

/// Letters are 0 to 25, digits 26 to 35.
fn value_of(digit: char) -> Option<u32> {
    match digit {
        'a'..='z' => Some(digit as u32 - 'a' as u32),
        'A'..='Z' => Some(digit as u32 - 'A' as u32),
        '0'..='9' => Some(digit as u32 - '0' as u32 + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_the_standard_are_read() {
        for (coded, expected) in [
            ("ihqwcrb4cv8a8dqg056pqjye", Some("他们为什么不说中文")),
            ("Proprostnemluvesky-uyb24dma41a", Some("Pročprostěnemluvíčesky")),
            ("3B-ww4c5e180e575a65lsy2b", Some("3年B組金八先生")),
            ("d9juau41awczczp", Some("そのスピードで")),
            ("-> $1.00 <--", Some("-> $1.00 <-")),
            ("dmin-moa0i", Some("dömäin")),
            ("", None),
            ("99999999", None),
            ("a-ä", None),
        ] {
            assert_eq!(decode(coded).as_deref(), expected, "{coded}");
        }
    }
}
