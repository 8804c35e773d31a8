//! People, and what lets them in: one-time links, sessions, socket tickets. Only digests of secrets are kept.

use agent::StoreError;
use cache::Cache;
use domain::{Digest, Person, Time};
use sqlx::Row;

use crate::{SqlStore, answer::Answer, json, parse, read::bodies, text, undecodable};

/// What a secret is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Signs in once.
    Link,
    /// Stands for a signed-in person.
    Session,
    /// Opens one WebSocket.
    Ticket,
}

impl Credential {
    fn as_str(self) -> &'static str {
        match self {
            Credential::Link => "link",
            Credential::Session => "session",
            Credential::Ticket => "ticket",
        }
    }
}

impl SqlStore {
    /// Keeps a person, in place of any of the same name.
    pub async fn put_person(&self, person: &Person) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        let _change = self.cache.as_ref().map(Cache::change_people);
        sqlx::query("INSERT INTO people (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body")
            .bind(&person.name)
            .bind(json(person)?)
            .execute(&self.pool)
            .answer().await?;
        Ok(())
    }

    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let rows =
            sqlx::query("SELECT body FROM people ORDER BY name").fetch_all(&self.pool).answer().await?;
        bodies("person", rows)
    }

    /// One person.
    pub async fn person(&self, name: &str) -> Result<Option<Person>, StoreError> {
        let rows = sqlx::query("SELECT body FROM people WHERE name = $1")
            .bind(name)
            .fetch_all(&self.pool)
            .answer()
            .await?;
        Ok(bodies("person", rows)?.pop())
    }

    /// Keeps a credential for a person, by its secret's digest; those that have expired are dropped.
    pub async fn put_credential(
        &self,
        kind: Credential,
        secret: &Digest,
        person: &str,
        now: Time,
        expires: Time,
    ) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("DELETE FROM credentials WHERE expires <= $1")
            .bind(now.millis())
            .execute(&self.pool)
            .answer()
            .await?;
        sqlx::query("INSERT INTO credentials (digest, kind, person, expires) VALUES ($1, $2, $3, $4)")
            .bind(&secret.0)
            .bind(kind.as_str())
            .bind(person)
            .bind(expires.millis())
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    /// Whom a live credential stands for. Links and tickets are used up by this.
    pub async fn redeem(
        &self,
        kind: Credential,
        secret: &Digest,
        now: Time,
    ) -> Result<Option<Person>, StoreError> {
        let Some(cache) = self.cache.as_ref().filter(|_| kind == Credential::Session) else {
            return Ok(self.look_up(kind, secret, now).await?.map(|(person, _)| person));
        };
        let looked = match cache.session(secret, now).await {
            Ok(person) => return Ok(Some(person)),
            Err(looked) => looked,
        };
        let Some((person, expires)) = self.look_up(kind, secret, now).await? else { return Ok(None) };
        cache.keep_session(looked, secret, &person, now, expires).await;
        Ok(Some(person))
    }

    /// Whom a live credential stands for, and until when, as the database says.
    async fn look_up(
        &self,
        kind: Credential,
        secret: &Digest,
        now: Time,
    ) -> Result<Option<(Person, Time)>, StoreError> {
        let _turn = self.turn().await?;
        let row = sqlx::query(
            "SELECT p.body, c.expires FROM credentials c JOIN people p ON p.name = c.person
             WHERE c.digest = $1 AND c.kind = $2 AND c.expires > $3",
        )
        .bind(&secret.0)
        .bind(kind.as_str())
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .answer()
        .await?;
        let Some(row) = row else { return Ok(None) };
        if kind != Credential::Session {
            self.drop_credential(secret).await?;
        }
        let expires = Time::from_millis(row.try_get(1).map_err(undecodable)?);
        Ok(Some((parse("person", &text(&row, 0)?)?, expires)))
    }

    /// Removes a person with their sessions, links and tickets.
    pub async fn remove_person(&self, name: &str) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        let _change = self.cache.as_ref().map(Cache::change_people);
        let mut tx = self.pool.begin().answer().await?;
        for sql in ["DELETE FROM credentials WHERE person = $1", "DELETE FROM people WHERE name = $1"] {
            sqlx::query(sql).bind(name).execute(&mut *tx).answer().await?;
        }
        tx.commit().answer().await
    }

    /// Ends the links of a person that were not used.
    pub async fn drop_links(&self, name: &str) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("DELETE FROM credentials WHERE person = $1 AND kind = $2")
            .bind(name)
            .bind(Credential::Link.as_str())
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn end_session(&self, secret: &Digest) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        let _change = self.cache.as_ref().map(Cache::change_people);
        self.drop_credential(secret).await
    }

    async fn drop_credential(&self, secret: &Digest) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM credentials WHERE digest = $1")
            .bind(&secret.0)
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }
}
