//! `asoc user`: who may sign in, and as what.

use clap::Subcommand;
use console::api::{NewPerson, PersonAdded};
use domain::{Person, Role};

use crate::{
    client::Client,
    term::{self, Format},
};

/// `asoc user …`.
#[derive(Subcommand, Debug)]
pub enum User {
    /// Add a person, or change their role; prints a link that signs them in once.
    Add {
        /// Their name.
        name: String,
        /// viewer, analyst, approver or admin.
        #[arg(long)]
        role: Role,
        /// ARN of a principal of theirs in AWS (may be given several times): a subject of an incident never approves.
        #[arg(long = "principal")]
        principals: Vec<String>,
    },
    /// Print a new link for a person.
    Link {
        /// Their name.
        name: String,
    },
    /// Remove a person: their sessions and links end.
    Remove {
        /// Their name.
        name: String,
    },
    /// List people.
    List,
}

/// Runs one of them.
pub async fn run(client: &Client, user: User, format: Format) -> anyhow::Result<()> {
    let added: PersonAdded = match user {
        User::Add { name, role, principals } => {
            client.post("/v1/people", &NewPerson { name, role, principals }).await?
        }
        User::Link { name } => client.post(&format!("/v1/people/{}/link", plain(&name)), &()).await?,
        User::Remove { name } => {
            client.post::<_, ()>(&format!("/v1/people/{}/remove", plain(&name)), &()).await?;
            return match format {
                Format::Json => term::json(&serde_json::json!({ "removed": name })),
                Format::Text => term::line(format!("{} is removed.", plain(&name))),
            };
        }
        User::List => {
            let people: Vec<Person> = client.fetch("/v1/people").await?;
            if format == Format::Json {
                return term::json(&people);
            }
            for person in people {
                let role = format!("{:?}", person.role).to_lowercase();
                term::line(format!("{:<20} {role:<9} {}", person.name, person.principals.join(" ")))?;
            }
            return Ok(());
        }
    };
    match format {
        Format::Json => term::json(&added),
        Format::Text => term::line(&added.link),
    }
}

/// A name as far as it may stand in a path.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.@".contains(*c)).collect()
}
