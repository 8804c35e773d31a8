//! Writing events: most of all that is ever written.

use std::{
    collections::{BTreeSet, HashSet},
    iter,
};

use agent::StoreError;
use domain::Event;
use sqlx::{Any, AssertSqlSafe, any::AnyArguments, query::Query};

use crate::{SqlStore, answer::Answer, commit::Tx, json, key, places};

/// Rows to an insert; below the limit of 32766 bound values.
const ROWS: usize = 200;

type Statement = Query<'static, Any, AnyArguments>;

/// A row of either table. The time is milliseconds since 1970.
struct Row {
    first: String,
    time: i64,
    last: String,
}

impl SqlStore {
    pub(crate) async fn put_events(&self, tx: &mut Tx<'_>, events: &[Event]) -> Result<bool, StoreError> {
        let mut met = HashSet::new();
        let events: Vec<&Event> = events.iter().filter(|event| met.insert(&event.id)).collect();
        // The first of an id stays. A partitioned table's key cannot see to that: it has the time in it.
        let unless_there = match self.postgres {
            Some(_) => " AS new WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = column1)",
            None => " AS new WHERE TRUE",
        };
        let rows = events.iter().map(|event| {
            let (first, last) = (key(event.id.as_str()), json(event)?);
            Ok(Row { first, time: event.time.millis(), last })
        });
        let of_events = self.statements("events (id, time, body)", unless_there, rows);
        let of_subjects = iter::once_with(|| {
            // In the order of the table's key, so that neighbours are written together.
            let subjects: BTreeSet<_> = events.iter().flat_map(|event| subjects(event)).collect();
            let rows = subjects
                .into_iter()
                .map(|(subject, time, event)| Ok(Row { first: key(subject), time, last: key(event) }));
            self.statements("event_subjects (subject, time, event)", " AS new WHERE TRUE", rows)
        });

        // While the database is at one statement the next is made ready.
        let mut statements = of_events.chain(of_subjects.flatten());
        let mut ready = statements.next().transpose()?;
        while let Some(statement) = ready {
            let run = statement.execute(&mut **tx).answer();
            let (done, following) = futures::join!(run, async { statements.next().transpose() });
            done?;
            ready = following?;
        }
        Ok(true)
    }

    /// Statements that insert these rows, those that are not there yet.
    fn statements(
        &self,
        table: &'static str,
        condition: &'static str,
        mut rows: impl Iterator<Item = Result<Row, StoreError>>,
    ) -> impl Iterator<Item = Result<Statement, StoreError>> {
        iter::from_fn(move || {
            let rows: Result<Vec<Row>, _> = rows.by_ref().take(ROWS).collect();
            match rows {
                Ok(rows) if rows.is_empty() => None,
                rows => Some(rows.map(|rows| self.statement(table, condition, rows))),
            }
        })
    }

    fn statement(&self, table: &str, condition: &str, rows: Vec<Row>) -> Statement {
        // SQLite looks a numbered value up by its name, which takes as long as there are many.
        let place = |n: usize| match self.postgres {
            Some(_) => format!("({})", places(n * 3 + 1, 3)),
            None => "(?, ?, ?)".to_owned(),
        };
        let values = (0..rows.len()).map(place).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "INSERT INTO {table} SELECT column1, column2, column3 FROM (VALUES {values}){condition} ON CONFLICT DO NOTHING"
        );
        // A statement of another length than most is not worth to be remembered.
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(rows.len() == ROWS);
        rows.into_iter().fold(query, |query, row| query.bind(row.first).bind(row.time).bind(row.last))
    }
}

/// By what an event can be found again: who, with which key, from where, on what.
fn subjects(event: &Event) -> impl Iterator<Item = (&str, i64, &str)> {
    let resources = event.resources.iter().map(|resource| resource.arn.as_str());
    let actor = event
        .actor
        .iter()
        .flat_map(|actor| std::iter::once(actor.arn.as_str()).chain(actor.access_key.as_deref()));
    resources
        .chain(event.origin.as_deref())
        .chain(actor)
        .map(|subject| (subject, event.time.millis(), event.id.as_str()))
}
