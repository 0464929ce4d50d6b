//! `trust …`

use serde_json::{Value, json};

use super::Files;
use crate::cli::args::{Global, TrustCommand};
use crate::cli::output::{self, Output, local, with};
use crate::cli::{Done, Failure};

pub(super) fn run(global: &Global, command: TrustCommand, output: &mut Output) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let now = desk.now();
    match command {
        TrustCommand::Add { files: paths } => {
            let mut files = Files::new();
            for path in &paths {
                match desk.add_anchors(path) {
                    Ok((added, passed_over)) => {
                        if passed_over > 0 {
                            output.line(&format!(
                                "Passed over, because the file does not offer them for mail: {passed_over}."
                            ))?;
                        }
                        for (anchor, new) in added {
                            let what = if new { "is believed now" } else { "was believed already" };
                            output.line(&format!(
                                "The authority {} {what}. Fingerprint: {}",
                                anchor.display_name(),
                                anchor.fingerprint()
                            ))?;
                            let more = json!({ "file": path.display().to_string(), "new": new });
                            files.done.push(with(output::certificate(&anchor, now), more));
                        }
                    }
                    Err(error) => files.failed(path, &error, output),
                }
            }
            return files.finish("added", output);
        }
        TrustCommand::List => {
            let anchors = desk.store().anchors()?;
            let mut lines: Vec<String> = anchors
                .iter()
                .map(|anchor| {
                    let until = local(anchor.not_after());
                    format!("{}, until {until}\n  {}", anchor.display_name(), anchor.fingerprint())
                })
                .collect();
            if lines.is_empty() {
                lines.push("You believe no authority.".to_owned());
            }
            let anchors: Vec<Value> =
                anchors.iter().map(|anchor| output::certificate(anchor, now).into()).collect();
            output.print(&json!({ "anchors": anchors }), &lines)?;
        }
        TrustCommand::Remove { fingerprint } => {
            let anchor = desk.remove_anchor(fingerprint)?;
            let lines = [format!("The authority {} is not believed any more.", anchor.display_name())];
            output.print(&json!({ "removed": output::certificate(&anchor, now) }), &lines)?;
        }
    }
    Ok(Done::Well)
}
