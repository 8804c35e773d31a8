//! The command line.
//!
//! Exit status: 0 done; 1 failed; 2 not understood; 3 refused by the rules; 4 the audit trail does not hold;
//! 5 done, but records were quarantined.

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};

use asoc::{
    client::{Client, Refused},
    commands::{
        account, detect, explain, health, incidents, ingest, people, policies, rules, transfer, up, verify,
    },
    home::{self, Home},
    log,
    term::{self, Format},
};

/// An autonomous security operations centre for AWS.
///
/// Exit status: 0 done; 1 failed; 2 not understood; 3 refused by the rules; 4 the audit trail does not hold; 5 done, but
/// records were quarantined.
#[derive(Parser, Debug)]
#[command(version, name = "asoc")]
struct Cli {
    /// Folder for the database, keys and checkpoints.
    #[arg(long, env = "ASOC_HOME", global = true)]
    home: Option<PathBuf>,
    /// Folder of the policies; the built-in ones otherwise.
    #[arg(long, env = "ASOC_POLICIES", global = true)]
    policies: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start everything: agents, queues, workflows, console and dashboard.
    Up(up::Up),
    /// Say whether the server on this home is ready: 0 if it is, else 1.
    Health,
    /// Read log files.
    Ingest(ingest::Ingest),
    /// Run the detection engine alone over log files.
    Detect(detect::Detect),
    /// Say why a finding was made: the rule, what matched, what its risk is made of, and the event.
    Explain(explain::Explain),
    /// Test, lint and map the detection rules.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Hand the policies to other programs.
    #[command(subcommand)]
    Policies(policies::Policies),
    /// Play an attack on the sandbox account.
    Drill(account::Play),
    /// List incidents, or show one.
    Incidents(incidents::Incidents),
    /// Approve a plan, or a part of it.
    Approve(incidents::Approve),
    /// Reject a plan.
    Reject(incidents::Reject),
    /// Undo what was applied.
    Undo(incidents::Undo),
    /// Examine the whole audit trail.
    Verify(verify::Verify),
    /// Print the newest signed checkpoint of the audit trail, for somebody outside to keep.
    Checkpoint,
    /// Bring the schema of the PostgreSQL database up to date, as its owner.
    Migrate(transfer::Migrate),
    /// Write all that the database holds to a file.
    Export(transfer::Export),
    /// Fill an empty database from such a file, and examine the audit trail in it.
    Import(transfer::Import),
    /// Make the sandbox account as it was delivered.
    Reset,
    /// Who may sign in.
    #[command(subcommand)]
    User(people::User),
    /// Print a completion script for a shell.
    Completion {
        /// bash, zsh, fish, elvish or powershell.
        shell: clap_complete::Shell,
    },
    /// Print the OpenAPI document of the wire types.
    #[command(hide = true)]
    Openapi,
    /// Print the JSON Schema of the message envelope.
    #[command(hide = true)]
    MessageSchema,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let usual = if matches!(cli.command, Command::Up(_)) { "warn,asoc=info" } else { "warn" };
    let done = match log::begin(usual, matches!(cli.command, Command::Up(_))) {
        Ok(_exporter) => run(cli).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            term::note(format!("asoc: {}", term::clean(&format!("{error:#}"))));
            let refused = error.chain().find_map(|cause| cause.downcast_ref::<Refused>());
            ExitCode::from(if refused.is_some_and(|r| matches!(r.status, 403 | 409)) { 3 } else { 1 })
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let format = if cli.json { Format::Json } else { Format::Text };
    let home = || Home::at(&cli.home.clone().unwrap_or_else(home::default_dir));
    match cli.command {
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "asoc", &mut std::io::stdout());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Openapi => {
            term::line(console::openapi::document()?.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::MessageSchema => {
            term::line(console::openapi::message_schema()?.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Detect(options) => {
            let all = detect::run(cli.policies.as_deref(), &options, format)?;
            return Ok(ExitCode::from(if all { 0 } else { 5 }));
        }
        Command::Rules(command) => {
            let holds = rules::run(cli.policies.as_deref(), &command, format)?;
            return Ok(ExitCode::from(if holds { 0 } else { 1 }));
        }
        Command::Policies(command) => {
            policies::run(cli.policies.as_deref(), &command, format)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Up(options) => {
            up::run(home()?, cli.policies, options).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Health => {
            health::run(&home()?).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Verify(options) => {
            let holds = verify::run(&home()?, options, format).await?;
            return Ok(ExitCode::from(if holds { 0 } else { 4 }));
        }
        Command::Checkpoint => {
            verify::checkpoint(&home()?).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Migrate(options) => {
            transfer::migrate(options, format).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Export(options) => {
            transfer::export(&home()?, options, format).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Import(options) => {
            let holds = transfer::import(&home()?, options, format).await?;
            return Ok(ExitCode::from(if holds { 0 } else { 4 }));
        }
        _ => {}
    }
    let home = home()?;
    let client = Client::connect(&home, cli.policies).await?;
    let mut code = 0;
    let done = match cli.command {
        Command::Ingest(options) => ingest::run(&client, &home, options, format).await.map(|all| {
            if !all {
                code = 5;
            }
        }),
        Command::Drill(options) => account::play(&client, options, format).await,
        Command::Incidents(options) => incidents::list(&client, options, format).await,
        Command::Approve(options) => incidents::approve(&client, options, format).await,
        Command::Reject(options) => incidents::reject(&client, options, format).await,
        Command::Undo(options) => incidents::undo(&client, options, format).await,
        Command::Explain(options) => explain::run(&client, options, format).await,
        Command::Reset => account::reset(&client, format).await,
        Command::User(user) => people::run(&client, user, format).await,
        Command::Up(_)
        | Command::Detect(_)
        | Command::Rules(_)
        | Command::Health
        | Command::Policies(_)
        | Command::Verify(_)
        | Command::Checkpoint
        | Command::Migrate(_)
        | Command::Export(_)
        | Command::Import(_)
        | Command::Completion { .. }
        | Command::Openapi
        | Command::MessageSchema => Ok(()),
    };
    client.finish().await?;
    done.map(|()| ExitCode::from(code))
}

/// Whether whoever read our output has gone away, which is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
