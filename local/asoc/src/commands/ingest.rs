//! `asoc ingest`: reads log files, in parts, so that a broken-off run goes on where it was.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    iter,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, bail};
use clap::Args;
use domain::DeliveryReceipt;
use flate2::bufread::MultiGzDecoder;
use futures::{TryStreamExt, stream};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    home::Home,
    term::{self, Format},
};

/// Bytes of lines sent at a time.
const PART: usize = 1 << 20;
/// Lines sent at a time.
const LINES: u64 = 1000;
/// Parts under way at a time: the server reads one while it stores the one before.
const UNDER_WAY: usize = 2;
/// Largest delivery that is not one record a line.
const WHOLE: u64 = 64 << 20;
/// Where runs that broke off are noted, in the home folder.
const NOTES: &str = "ingest.json";

/// Options of `asoc ingest`.
#[derive(Args, Debug)]
pub struct Ingest {
    /// Log files, or folders of them: CloudTrail or GuardDuty, plain or gzip, in any of their deliveries; `-` for standard
    /// input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// How far a file was read.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Mark {
    bytes: u64,
    modified: u64,
    lines: u64,
    receipt: DeliveryReceipt,
}

/// Ingests the files; says whether every record was read.
pub async fn run(client: &Client, home: &Home, ingest: Ingest, format: Format) -> anyhow::Result<bool> {
    let mut receipts = BTreeMap::new();
    let mut total = DeliveryReceipt::default();
    let mut files = Vec::new();
    for file in &ingest.files {
        expand(file, &mut files).with_context(|| format!("{}", file.display()))?;
    }
    for file in &files {
        let receipt = one(client, home, file).await.with_context(|| format!("{}", file.display()))?;
        add(&mut total, &receipt);
        if format == Format::Text {
            report(&file.display().to_string(), &receipt)?;
        }
        receipts.insert(file.display().to_string(), receipt);
    }
    match format {
        Format::Json => term::json(&serde_json::json!({ "files": receipts, "total": total }))?,
        Format::Text if files.len() > 1 => report("total", &total)?,
        Format::Text => {}
    }
    Ok(total.quarantined == 0)
}

/// A file is itself; a folder is the files in it and below, by name.
fn expand(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.as_os_str() == "-" || !fs::metadata(path).context("cannot be read")?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            expand(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn report(name: &str, receipt: &DeliveryReceipt) -> anyhow::Result<()> {
    let DeliveryReceipt { given, read, duplicate, quarantined, reasons } = receipt;
    term::line(format!(
        "{name}: {given} records given = {read} read + {duplicate} duplicate + {quarantined} quarantined"
    ))?;
    for reason in reasons {
        term::line(format!("  quarantined: {}", term::clean(reason)))?;
    }
    Ok(())
}

async fn one(client: &Client, home: &Home, file: &Path) -> anyhow::Result<DeliveryReceipt> {
    if file.as_os_str() == "-" {
        let bar = term::progress(None, "standard input");
        let mut source = BufReader::new(io::stdin());
        let receipt = read(client, "standard input", &mut source, None, &bar, &mut |_| Ok(())).await?;
        bar.finish_and_clear();
        return Ok(receipt);
    }
    let meta = fs::metadata(file).context("cannot be read")?;
    let modified = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let path = fs::canonicalize(file)?.display().to_string();
    let mut notes = Notes::load(home)?;
    let mark = notes.0.get(&path).filter(|m| (m.bytes, m.modified) == (meta.len(), modified)).cloned();
    if let Some(mark) = &mark {
        term::note(format!(
            "{}: goes on after line {}, where an earlier run broke off",
            file.display(),
            mark.lines
        ));
    }
    let bar = term::progress(Some(meta.len()), &file.display().to_string());
    let mut source = BufReader::new(bar.wrap_read(File::open(file)?));
    let receipt = read(client, &file.display().to_string(), &mut source, mark, &bar, &mut |mark| {
        notes.0.insert(path.clone(), Mark { bytes: meta.len(), modified, ..mark.clone() });
        notes.save(home)
    })
    .await?;
    bar.finish_and_clear();
    if notes.0.remove(&path).is_some() {
        notes.save(home)?;
    }
    Ok(receipt)
}

/// Sends a source's records: in parts where it has one record a line, else as a whole.
async fn read(
    client: &Client,
    name: &str,
    source: &mut (dyn BufRead + Send),
    mark: Option<Mark>,
    bar: &ProgressBar,
    note: &mut (dyn FnMut(&Mark) -> anyhow::Result<()> + Send),
) -> anyhow::Result<DeliveryReceipt> {
    if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        let mut expanded = BufReader::new(MultiGzDecoder::new(source));
        return read_plain(client, name, &mut expanded, mark, bar, note).await;
    }
    read_plain(client, name, source, mark, bar, note).await
}

async fn read_plain(
    client: &Client,
    name: &str,
    source: &mut (dyn BufRead + Send),
    mark: Option<Mark>,
    bar: &ProgressBar,
    note: &mut (dyn FnMut(&Mark) -> anyhow::Result<()> + Send),
) -> anyhow::Result<DeliveryReceipt> {
    let mut mark = mark.unwrap_or_default();
    let mut first = Vec::new();
    source.take(WHOLE).read_until(b'\n', &mut first)?;
    if !is_record(&first) {
        source.take(WHOLE + 1).read_to_end(&mut first)?;
        if first.len() as u64 > WHOLE {
            bail!("is larger than {} MiB and not one record a line; split it", WHOLE >> 20);
        }
        return send(client.clone(), name.to_owned(), first).await;
    }
    let mut sent = stream::iter(parts(source, first, mark.lines))
        .map_err(anyhow::Error::from)
        .map_ok(|Part { after, up_to, text }| {
            let label = format!("{name} lines {}-{up_to}", after + 1);
            let under_way = tokio::spawn(send(client.clone(), label, text));
            async move { Ok((up_to, under_way.await??)) }
        })
        .try_buffered(UNDER_WAY);
    // A part that was sent behind one that fails is sent again by the next run, and counts as duplicate.
    while let Some((up_to, receipt)) = sent.try_next().await? {
        add(&mut mark.receipt, &receipt);
        mark.lines = up_to;
        note(&mark)?;
        bar.set_message(format!(
            "{} read, {} duplicate, {} quarantined",
            mark.receipt.read, mark.receipt.duplicate, mark.receipt.quarantined
        ));
    }
    Ok(mark.receipt)
}

/// Some lines of a source: those after one up to another, counted from 1.
struct Part {
    after: u64,
    up_to: u64,
    text: Vec<u8>,
}

/// Cuts what comes after a line of a source into parts. Its first line was read already.
fn parts(
    source: &mut (dyn BufRead + Send),
    mut line: Vec<u8>,
    after: u64,
) -> impl Iterator<Item = io::Result<Part>> {
    let mut read = 0;
    iter::from_fn(move || {
        let begin = after.max(read);
        let mut part = Part { after: begin, up_to: begin, text: Vec::new() };
        while !line.is_empty() {
            let is_full = part.text.len() + line.len() > PART || part.up_to - part.after >= LINES;
            if is_full && !part.text.is_empty() {
                break;
            }
            read += 1;
            if read > after {
                part.text.append(&mut line);
                part.up_to = read;
            }
            line.clear();
            if let Err(error) = (&mut *source).take(WHOLE).read_until(b'\n', &mut line) {
                return Some(Err(error));
            }
        }
        (!part.text.is_empty()).then_some(Ok(part))
    })
}

/// Whether this line is a whole record: then the source has one a line.
fn is_record(line: &[u8]) -> bool {
    line.ends_with(b"\n") && serde_json::from_slice::<BTreeMap<String, serde::de::IgnoredAny>>(line).is_ok()
}

async fn send(client: Client, name: String, bytes: Vec<u8>) -> anyhow::Result<DeliveryReceipt> {
    let name: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_./".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    client.post_bytes(&format!("/v1/deliveries?name={name}"), bytes).await
}

fn add(sum: &mut DeliveryReceipt, part: &DeliveryReceipt) {
    sum.given += part.given;
    sum.read += part.read;
    sum.duplicate += part.duplicate;
    sum.quarantined += part.quarantined;
    for reason in &part.reasons {
        if sum.reasons.len() < 10 && !sum.reasons.contains(reason) {
            sum.reasons.push(reason.clone());
        }
    }
}

/// Runs that broke off, by file.
#[derive(Default, Serialize, Deserialize)]
struct Notes(BTreeMap<String, Mark>);

impl Notes {
    fn load(home: &Home) -> anyhow::Result<Self> {
        match fs::read(home.path(NOTES)) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    fn save(&self, home: &Home) -> anyhow::Result<()> {
        let new = home.path("ingest.json.new");
        fs::write(&new, serde_json::to_vec(self)?)?;
        Ok(fs::rename(new, home.path(NOTES))?)
    }
}
