//! `demo` and `completions`

use std::io::Write as _;

use clap::CommandFactory as _;
use serde_json::{Value, json};

use crate::cli::args::{Arguments, Global};
use crate::cli::output::Output;
use crate::cli::{Done, Failure};
use crate::desk::demo;

pub(super) fn run(global: &Global, output: &mut Output) -> Result<Done, Failure> {
    let mut steps: Vec<Value> = Vec::new();
    let mut stopped = None;
    demo::play(global.now(), &mut |step| {
        let mut text = step.what.clone();
        let mut object = json!({ "step": step.what });
        if let Some(reading) = &step.reading {
            let verdict = &reading.verdict;
            text.push_str(&format!(
                "\n\n    {}\n    {}",
                verdict.tier.map_or("Not opened", |tier| tier.title()),
                verdict.sentence
            ));
            for finding in &verdict.findings {
                text.push_str(&format!("\n      {} {}", super::open::mark(finding.severity), finding.text));
            }
            object["tier"] = json!(verdict.tier.map(|tier| tier.id()));
            object["sentence"] = json!(verdict.sentence);
        }
        steps.push(object);
        if stopped.is_none() {
            stopped = output.line(&format!("{text}\n")).err();
        }
    })?;
    if let Some(stopped) = stopped {
        return Err(stopped);
    }
    let end = "Nothing of this was kept. Begin with: waxseal-cli identity create --name NAME --email ADDR"
        .to_owned();
    output.print(&json!({ "steps": steps }), &[end])?;
    Ok(Done::Well)
}

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Done, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "waxseal-cli", &mut script);
    std::io::stdout().lock().write_all(&script).map_err(|_| Failure::BrokenPipe)?;
    Ok(Done::Well)
}
