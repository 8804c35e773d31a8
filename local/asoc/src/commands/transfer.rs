//! `asoc migrate`, `asoc export` and `asoc import`: databases of one's own.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;
use store::{AppRole, Moved};

use crate::{
    commands::verify,
    home::Home,
    services::{Services, setting},
    term::{self, Format},
};

/// What stands in the home folder and in no database.
const LEFT_BEHIND: &str =
    "ledger.key, workflow.key, webhook.key, operator.token, checkpoints.jsonl and indicators.txt";

/// Options of `asoc migrate`.
#[derive(Args, Debug)]
pub struct Migrate {
    /// The role as which everything else runs, and whose rights are granted. If there is none of this name it is made, with the
    /// password in ASOC_APP_PASSWORD or in the file that ASOC_APP_PASSWORD_FILE names.
    #[arg(long)]
    app_role: Option<String>,
}

/// Options of `asoc export`.
#[derive(Args, Debug)]
pub struct Export {
    /// File to make; `-` is standard output.
    file: PathBuf,
}

/// Options of `asoc import`.
#[derive(Args, Debug)]
pub struct Import {
    /// File that `asoc export` made; `-` is standard input.
    file: PathBuf,
}

/// Brings the schema of the PostgreSQL database up to date, as its owner.
pub async fn migrate(options: Migrate, format: Format) -> anyhow::Result<()> {
    let url = Services::from_env()?.database.context(
        "give the URL of the database's owner in DATABASE_URL; the database in the home folder needs no migration",
    )?;
    let app = match options.app_role {
        Some(name) => Some(AppRole { name, password: setting("ASOC_APP_PASSWORD")? }),
        None => None,
    };
    let schema = store::migrate(&url, app.as_ref()).await?;
    if format == Format::Json {
        return term::json(&json!({ "schema": schema }));
    }
    term::line(format!("The database has schema {schema}."))?;
    if let Some(app) = app {
        term::line(format!("Run everything else with the URL of the role {}.", term::clean(&app.name)))?;
    }
    Ok(())
}

/// Writes all that the database holds. A server may go on working meanwhile.
pub async fn export(home: &Home, options: Export, format: Format) -> anyhow::Result<()> {
    let store = Services::from_env()?.store(home).await?;
    let bar = term::rows("export");
    let progress = |moved: Moved| {
        bar.set_length(moved.of);
        bar.set_position(moved.rows);
    };
    let moved = if is_standard(&options.file) {
        store.export(&mut BufWriter::new(io::stdout()), progress).await?
    } else {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&options.file);
        let file = file.with_context(|| format!("{} cannot be made", options.file.display()))?;
        let mut out = BufWriter::new(file);
        let exported = store.export(&mut out, progress).await;
        if exported.is_err() {
            let _ = fs::remove_file(&options.file);
        }
        let moved = exported?;
        out.flush()?;
        out.get_ref().sync_all()?;
        moved
    };
    bar.finish_and_clear();
    store.close().await;
    match format {
        Format::Json if !is_standard(&options.file) => term::json(&json!({ "rows": moved.rows }))?,
        _ => term::note(format!(
            "{} rows exported from {}. Not part of it: {LEFT_BEHIND} in {}.",
            moved.rows,
            store.make(),
            home.path("").display()
        )),
    }
    Ok(())
}

/// Fills an empty database, then examines the audit trail in it; says whether that holds.
pub async fn import(home: &Home, options: Import, format: Format) -> anyhow::Result<bool> {
    let _held = home.hold()?;
    let store = Services::from_env()?.store(home).await?;
    store.hold().await?;
    let bar = term::rows("import");
    let progress = |moved: Moved| {
        bar.set_length(moved.of);
        bar.set_position(moved.rows);
    };
    let moved = if is_standard(&options.file) {
        store.import(BufReader::new(io::stdin()), progress).await?
    } else {
        let file = File::open(&options.file).with_context(|| format!("{}", options.file.display()))?;
        ensure!(file.metadata()?.is_file(), "{} is no file", options.file.display());
        store.import(BufReader::new(file), progress).await?
    };
    bar.finish_and_clear();
    term::note(format!(
        "{} rows imported into {}. Not part of them: {LEFT_BEHIND}; copy those from the old home folder to {}.",
        moved.rows,
        store.make(),
        home.path("").display()
    ));
    let report = verify::report(&store, &[]).await?;
    store.close().await;
    verify::show(&report, format)?;
    Ok(report.ok)
}

fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}
