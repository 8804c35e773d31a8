//! All that a database holds as lines of JSON, and back: a header, a line a row, and a digest over them, so that a file that was cut
//! off is noticed. Both ways stream.

mod tables;

use std::io::{BufRead, Read, Write};

use anyhow::{Context, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use crate::{SqlStore, answer::Answer, commit::Tx, migrate::MIGRATIONS, places};
use tables::{Kind, TABLES, Table};

/// The format that this program writes and reads.
const FORMAT: u32 = 1;
/// Rows to an insert, and bytes of their lines.
const ROWS: usize = 200;
const BYTES: usize = 4 << 20;
/// Longest line that is read, bytes; PostgreSQL keeps nothing longer.
const LINE: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    asoc_export: u32,
    schema: i64,
    tables: Vec<Count>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    name: String,
    columns: Vec<String>,
    rows: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    rows: u64,
    sha256: String,
}

/// How far an export or import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows written.
    pub rows: u64,
    /// Rows there are.
    pub of: u64,
}

impl SqlStore {
    /// Writes all rows of all tables as they were at one moment. Others may go on writing to the database.
    ///
    /// # Errors
    /// If the database does not answer, or `out` takes no more.
    pub async fn export(
        &self,
        out: &mut impl Write,
        mut progress: impl FnMut(Moved),
    ) -> anyhow::Result<Moved> {
        let mut tx = self.pool.begin().answer().await?;
        if self.postgres.is_some() {
            let sql =
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0;
                       SET LOCAL idle_in_transaction_session_timeout = 0";
            sqlx::raw_sql(sql).execute(&mut *tx).answer().await?;
        }
        let mut header = Header { asoc_export: FORMAT, schema: schema(), tables: Vec::new() };
        for table in TABLES {
            let sql = format!("SELECT COUNT(*) FROM {}", table.name);
            let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *tx).await?;
            let columns = table.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
            header.tables.push(Count { name: table.name.to_owned(), columns, rows: crate::number(&row, 0)? });
        }
        let mut moved = Moved { rows: 0, of: header.tables.iter().map(|table| table.rows).sum() };
        let mut digest = Sha256::new();
        let mut line = |value: &[u8], digest: &mut Sha256| -> std::io::Result<()> {
            for bytes in [value, b"\n"] {
                digest.update(bytes);
                out.write_all(bytes)?;
            }
            Ok(())
        };
        line(&serde_json::to_vec(&header)?, &mut digest)?;
        for table in TABLES {
            let sql = format!("SELECT {} FROM {} ORDER BY {}", table.names(), table.name, table.order);
            let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *tx);
            while let Some(row) = rows.try_next().await? {
                line(&serde_json::to_vec(&values(table, &row)?)?, &mut digest)?;
                moved.rows += 1;
                progress(moved);
            }
        }
        let trailer = Trailer { rows: moved.rows, sha256: hex::encode(digest.finalize()) };
        serde_json::to_writer(&mut *out, &trailer)?;
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(moved)
    }

    /// Fills this database, which must be empty, with what [`SqlStore::export`] wrote. One transaction: what fails leaves nothing.
    ///
    /// # Errors
    /// If the database is not empty, or what is read is not a whole export of this schema.
    pub async fn import(
        &self,
        input: impl BufRead,
        mut progress: impl FnMut(Moved),
    ) -> anyhow::Result<Moved> {
        let _turn = self.turn().await?;
        let mut tx = self.pool.begin().answer().await?;
        if self.postgres.is_some() {
            let sql = "SET LOCAL idle_in_transaction_session_timeout = 0";
            sqlx::raw_sql(sql).execute(&mut *tx).answer().await?;
        }
        for table in TABLES {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
            let row = sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut *tx).answer().await?;
            ensure!(
                row.is_none(),
                "the database is not empty (it has {}); import into a new one, before `asoc up` runs on it",
                table.name
            );
        }
        let mut lines = Lines { input, digest: Sha256::new(), line: Vec::new() };
        let header: Header = serde_json::from_slice(lines.next()?).context("this is no export of asoc")?;
        check(&header)?;
        let mut moved = Moved { rows: 0, of: header.tables.iter().map(|table| table.rows).sum() };
        for (table, count) in TABLES.iter().zip(&header.tables) {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            for n in 1..=count.rows {
                let line = lines.next()?;
                bytes += line.len();
                let row: Vec<Value> = serde_json::from_slice(line).with_context(|| {
                    format!("row {n} of {} cannot be read: the file is damaged", table.name)
                })?;
                ensure!(row.len() == table.columns.len(), "row {n} of {} is not whole", table.name);
                batch.push(row);
                if batch.len() == ROWS || bytes > BYTES || n == count.rows {
                    self.insert(&mut tx, table, &batch)
                        .await
                        .with_context(|| format!("{} up to row {n}", table.name))?;
                    moved.rows += batch.len() as u64;
                    progress(moved);
                    batch.clear();
                    bytes = 0;
                }
            }
        }
        let digest = hex::encode(lines.digest.clone().finalize());
        let trailer: Trailer = serde_json::from_slice(lines.next()?)
            .context("the file has no end: it was cut off or damaged")?;
        ensure!(
            trailer.sha256 == digest && trailer.rows == moved.rows,
            "the file is damaged: its digest does not fit its content. Nothing was imported"
        );
        tx.commit().answer().await?;
        self.say(agent::Store::newest_message(self).await?);
        Ok(moved)
    }

    async fn insert(&self, tx: &mut Tx<'_>, table: &Table, rows: &[Vec<Value>]) -> anyhow::Result<()> {
        if let Some(time) = table.partitioned_by() {
            let times = rows.iter().filter_map(|row| row.get(time)?.as_i64());
            self.make_months(tx, times.collect()).await?;
        }
        let width = table.columns.len();
        let marks: Vec<_> = (0..rows.len()).map(|n| format!("({})", places(n * width + 1, width))).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES {}", table.name, table.names(), marks.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (value, (name, kind)) in rows.iter().flat_map(|row| row.iter().zip(table.columns)) {
            query = match (kind, value) {
                (Kind::Text, Value::String(text)) => query.bind(text.as_str()),
                (Kind::MaybeText, Value::String(text)) => query.bind(Some(text.as_str())),
                (Kind::MaybeText, Value::Null) => query.bind(None::<String>),
                (Kind::Number, Value::Number(n)) => query.bind(n.as_i64().context("a number is too large")?),
                (Kind::Bytes, Value::String(text)) => {
                    query.bind(STANDARD.decode(text).context("bytes are not base64")?)
                }
                _ => bail!("{name} is of another type"),
            };
        }
        query.execute(&mut **tx).answer().await?;
        Ok(())
    }
}

/// What is read, a line at a time, and digested.
struct Lines<R> {
    input: R,
    digest: Sha256,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> anyhow::Result<&[u8]> {
        self.line.clear();
        self.input.by_ref().take(LINE).read_until(b'\n', &mut self.line)?;
        ensure!(self.line.ends_with(b"\n"), "the file ends too early: it was cut off. Nothing was imported");
        self.digest.update(&self.line);
        Ok(&self.line)
    }
}

fn values(table: &Table, row: &AnyRow) -> Result<Vec<Value>, sqlx::Error> {
    let value = |(n, (_, kind)): (usize, &(&str, Kind))| {
        Ok(match kind {
            Kind::Text => Value::String(row.try_get(n)?),
            Kind::MaybeText => row.try_get::<Option<String>, _>(n)?.map_or(Value::Null, Value::String),
            Kind::Number => row.try_get::<i64, _>(n)?.into(),
            Kind::Bytes => Value::String(STANDARD.encode(row.try_get::<Vec<u8>, _>(n)?)),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

fn check(header: &Header) -> anyhow::Result<()> {
    ensure!(
        (header.asoc_export, header.schema) == (FORMAT, schema()),
        "the file is of format {} and schema {}, this program is of {FORMAT} and {}: export and import with the same version",
        header.asoc_export,
        header.schema,
        schema()
    );
    let fits = |(count, table): (&Count, &Table)| {
        count.name == table.name && count.columns.iter().eq(table.columns.iter().map(|(name, _)| name))
    };
    ensure!(
        header.tables.len() == TABLES.len() && header.tables.iter().zip(TABLES).all(fits),
        "the file has other tables than this program knows"
    );
    Ok(())
}

/// Version of the schema, the same for both kinds of database.
fn schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}
