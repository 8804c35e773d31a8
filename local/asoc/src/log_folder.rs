//! The log once more as files, for a program that ships them (`ASOC_LOG_FOLDER`).

use std::io;

use anyhow::Context;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};

use crate::services::setting;

/// Files that are kept, one an hour: whoever ships them may be away for two days.
const FILES: usize = 48;

/// Standard error; for a server also the folder, if the environment names one.
///
/// # Errors
/// If nothing can be written in that folder.
pub fn writer(is_server: bool) -> anyhow::Result<BoxMakeWriter> {
    let folder = if is_server { setting("ASOC_LOG_FOLDER")? } else { None };
    let Some(folder) = folder else { return Ok(BoxMakeWriter::new(io::stderr)) };
    let files = RollingFileAppender::builder()
        .rotation(Rotation::HOURLY)
        .filename_prefix("asoc")
        .filename_suffix("jsonl")
        .max_log_files(FILES)
        .build(&folder)
        .with_context(|| {
            format!("no log can be written in {folder}: name another folder in ASOC_LOG_FOLDER")
        })?;
    Ok(BoxMakeWriter::new(io::stderr.and(files)))
}
