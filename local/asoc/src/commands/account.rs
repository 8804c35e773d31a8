//! `asoc drill` and `asoc reset`: the sandbox account.

use clap::Args;
use console::api::{Drill, DrillStart};

use crate::{
    client::Client,
    drill,
    term::{self, Format},
};

/// Options of `asoc drill`.
#[derive(Args, Debug)]
pub struct Play {
    /// The drill; without one they are listed.
    name: Option<String>,
    /// How many times faster than written; 0 plays all at once.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
}

/// Plays a drill, or lists them.
pub async fn play(client: &Client, options: Play, format: Format) -> anyhow::Result<()> {
    let Some(name) = options.name else {
        let drills = drill::list()?;
        if format == Format::Json {
            return term::json(&drills);
        }
        for drill in drills {
            term::line(format!("{:<28} {}", drill.name, drill.title))?;
        }
        return Ok(());
    };
    let script = drill::load(&name)?;
    let seconds = if options.speed > 0.0 { script.seconds() / options.speed } else { 0.0 };
    let started: Drill =
        client.post(&format!("/v1/drills/{name}"), &DrillStart { speed: options.speed }).await?;
    match format {
        Format::Json => term::json(&started),
        Format::Text => term::line(format!(
            "Playing: {} ({} acts in {seconds:.0} seconds). Watch it in the dashboard.",
            started.title, started.events
        )),
    }
}

/// Makes the sandbox account as it was delivered.
pub async fn reset(client: &Client, format: Format) -> anyhow::Result<()> {
    client.post::<_, ()>("/v1/sandbox/reset", &()).await?;
    match format {
        Format::Json => term::json(&serde_json::json!({ "reset": true })),
        Format::Text => {
            term::line("The sandbox account is as it was delivered. Incidents and the ledger stay.")
        }
    }
}
