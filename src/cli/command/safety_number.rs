//! `safety-number`

use serde_json::{Map, Value, json};

use crate::cli::args::{Global, SafetyNumberArgs};
use crate::cli::output::{self, Output, with};
use crate::cli::{Done, Failure};
use crate::desk::safety_number::Comparison;
use crate::smime::x509::Certificate;

/// Groups in one line: what one person reads before the other says yes or no.
const IN_A_ROW: usize = 3;

pub(super) fn run(
    global: &Global,
    arguments: &SafetyNumberArgs,
    output: &mut Output,
) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let address = &arguments.address;
    let comparisons = desk.safety_numbers(address, arguments.from.as_ref())?;
    let name = desk.contact(address)?.name;
    let mut lines = Vec::new();
    for comparison in &comparisons {
        let own = &comparison.own_address;
        lines.push(match lines.is_empty() {
            true => format!("The safety number of {own} and {address}{}:", basis(comparison)),
            false => format!("If that differs, compare this one{}:", basis(comparison)),
        });
        lines.extend(rows(comparison));
    }
    if let Some(first) = comparisons.first() {
        lines.push(format!(
            "{name} sees the same with: waxseal-cli safety-number {}. Sit together, or call when you know the voice. \
             Take turns: one reads a row, the other says yes or no.",
            first.own_address
        ));
    }
    if arguments.from.is_none() && desk.has_several_addresses()? {
        lines.push(format!("If {name} knows you under another address, add --from ADDR."));
    }
    lines.push(format!(
        "If all are the same, run: waxseal-cli contact verify {address} --safety-number \"DIGITS\". \
         If one differs, somebody may be in between."
    ));
    let mut numbers = comparisons.iter().map(|comparison| object(comparison, desk.now()));
    let first = numbers.next().unwrap_or_default();
    let also: Vec<Value> = numbers.map(Value::from).collect();
    let object = with(first, json!({ "name": name, "address": address.to_string(), "also": also }));
    output.print(&object, &lines)?;
    Ok(Done::Well)
}

/// What sets this number apart from the others.
fn basis(comparison: &Comparison) -> String {
    let own = if comparison.all_own {
        format!(", with all {} of your keys", comparison.own.len())
    } else {
        String::new()
    };
    let theirs = if comparison.waiting { ", with the certificate that waits for your answer" } else { "" };
    own + theirs
}

fn rows(comparison: &Comparison) -> Vec<String> {
    comparison.number.groups().chunks(IN_A_ROW).map(|row| format!("  {}", row.join("  "))).collect()
}

fn object(comparison: &Comparison, now: jiff::Timestamp) -> Map<String, Value> {
    let all = |certificates: &[Certificate]| -> Vec<Value> {
        certificates.iter().map(|certificate| output::certificate(certificate, now).into()).collect()
    };
    let fields = [
        ("safety_number", Value::from(comparison.number.to_string())),
        ("groups", comparison.number.groups().into()),
        ("qr", comparison.number.payload().into()),
        ("own_address", comparison.own_address.to_string().into()),
        ("own_keys", all(&comparison.own).into()),
        ("keys", all(&comparison.theirs).into()),
        ("waiting", comparison.waiting.into()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
