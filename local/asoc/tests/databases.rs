//! Each kind of database for the same tests.

use asoc::services::Services;
use servers::{Database, Postgres, shared_postgres};
use store::{AppRole, migrate};

/// Which database A-SOC runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Embedded,
    Postgres,
}

impl Kind {
    /// Services with an empty database of this kind.
    pub(crate) async fn services(self) -> Services {
        match self {
            Kind::Embedded => Services::default(),
            Kind::Postgres => {
                let database = Some(migrated(shared_postgres().unwrap()).await.app);
                Services { database, ..Services::default() }
            }
        }
    }
}

/// An empty database with its tables and the role of the program.
pub(crate) async fn migrated(server: &Postgres) -> Database {
    let database = server.database().unwrap();
    let role = AppRole { name: database.app_role.clone(), password: Some(database.password().into()) };
    migrate(&database.owner, Some(&role)).await.unwrap();
    database
}

/// Tests that are to pass on every kind of database: each is a function of the kind.
#[macro_export]
macro_rules! on_each_database {
    ($($test:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::databases::Kind::Embedded).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::databases::Kind::Postgres).await;
            })*
        }
    };
}
