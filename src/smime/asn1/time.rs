//! Times as CMS (RFC 5652 section 11.3) and X.509 (RFC 5280 section 4.1.2.5) write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::{Element, tag, writer};

/// ```text
/// Time ::= CHOICE { utcTime UTCTime, generalizedTime GeneralizedTime }
/// ```
///
/// None: not a time. UTCTime is 1950 to 2049. Seconds may be missing and an offset may stand in the place of `Z`: old
/// programs write so. What lies beyond the reach of [`Timestamp`] is its end: 99991231235959Z, which is "no end" in
/// RFC 5280 section 4.1.2.5.
pub fn read(value: Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(value.content).ok().filter(|text| text.is_ascii())?;
    let (year, rest) = match value.tag {
        tag::UTC_TIME => {
            let (year, rest) = split_number(text, 2)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        tag::GENERALIZED_TIME => split_number(text, 4)?,
        _ => return None,
    };
    let (month, rest) = split_number(rest, 2)?;
    let (day, rest) = split_number(rest, 2)?;
    let (hour, rest) = split_number(rest, 2)?;
    let (minute, rest) = split_number(rest, 2)?;
    let (second, rest) = split_number(rest, 2).unwrap_or((0, rest));
    // A fraction of a second is nothing that anybody reads.
    let rest =
        rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let small = |number: i16| i8::try_from(number).ok();
    // A leap second has no place in a Timestamp.
    let second = if second == 60 { 59 } else { second };
    let civil =
        DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, 0)
            .ok()?;
    let zone = TimeZone::fixed(offset(rest)?);
    let end = if year > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Some(zone.to_timestamp(civil).unwrap_or(end))
}

fn split_number(text: &str, digits: usize) -> Option<(i16, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let number = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
    Some((number, rest))
}

fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("Z", "") => return Some(Offset::UTC),
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, rest) = split_number(digits, 2)?;
    let (minutes, rest) = split_number(rest, 2)?;
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    if rest.is_empty() { Offset::from_seconds(sign * seconds).ok() } else { None }
}

/// UTCTime through 2049, GeneralizedTime from then on.
pub fn write(time: Timestamp) -> Vec<u8> {
    let civil = Offset::UTC.to_datetime(time);
    let rest = civil.strftime("%m%d%H%M%SZ");
    match civil.year() {
        year @ 1950..=2049 => {
            writer::value(tag::UTC_TIME, &[format!("{:02}{rest}", year.rem_euclid(100)).as_bytes()])
        }
        year => writer::value(tag::GENERALIZED_TIME, &[format!("{year:04}{rest}").as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::Cursor;

    fn parsed(tag: u8, text: &str) -> Option<Timestamp> {
        let der = writer::value(tag, &[text.as_bytes()]);
        read(Cursor::single(&der).unwrap())
    }

    fn time(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn times_are_read_in_every_form() {
        assert_eq!(parsed(tag::UTC_TIME, "261124014500Z"), time("2026-11-24T01:45:00Z"));
        assert_eq!(parsed(tag::UTC_TIME, "991231235959Z"), time("1999-12-31T23:59:59Z"));
        assert_eq!(parsed(tag::UTC_TIME, "2611240145+0100"), time("2026-11-24T00:45:00Z"));
        assert_eq!(parsed(tag::GENERALIZED_TIME, "20500101000000.25Z"), time("2050-01-01T00:00:00Z"));
        assert_eq!(parsed(tag::UTC_TIME, "491231235959Z"), time("2049-12-31T23:59:59Z"));
        assert_eq!(parsed(tag::UTC_TIME, "500101000000Z"), time("1950-01-01T00:00:00Z"));
        assert_eq!(parsed(tag::UTC_TIME, "9901010000Z"), time("1999-01-01T00:00:00Z"));
        assert_eq!(parsed(tag::UTC_TIME, "161231235960Z"), time("2016-12-31T23:59:59Z"));
        assert_eq!(parsed(tag::GENERALIZED_TIME, "18991231235959Z"), time("1899-12-31T23:59:59Z"));
        assert_eq!(parsed(tag::GENERALIZED_TIME, "99991231235959Z"), Some(Timestamp::MAX));
        for bad in [
            "",
            "Z",
            "991301000000Z",
            "99010100000Z",
            "99010100000000Z",
            "161231235961Z",
            "26112401",
            "261324014500Z",
            "261124014500",
            "261124014500Zx",
            "2611240145é",
            "+61124014500Z",
        ] {
            assert_eq!(parsed(tag::UTC_TIME, bad), None, "{bad}");
        }
    }

    #[test]
    fn the_form_changes_with_the_year_2050() {
        for (text, expected) in [
            ("2049-12-31T23:59:59Z", &b"\x17\x0d491231235959Z"[..]),
            ("2050-01-01T00:00:00Z", b"\x18\x0f20500101000000Z"),
        ] {
            let der = write(text.parse().unwrap());
            assert_eq!(der, expected);
            assert_eq!(read(Cursor::single(&der).unwrap()), time(text));
        }
    }
}
