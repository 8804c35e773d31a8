//! Who is asking. Sessions come from one-time links; there is no default password and nothing is open.

use std::sync::Arc;

use agent::Ctx;
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use console::{
    api::{NewPerson, PersonAdded, SignIn, SocketTicket},
    problem::Failure,
    remark,
    routes::need,
};
use domain::{Digest, Person, Role, Time, message::Severity};
use store::{Credential, SqlStore};
use subtle::ConstantTimeEq;

/// Seconds a one-time link lives.
const LINK: i64 = 24 * 3600;
/// Seconds a session lives.
const SESSION: i64 = 12 * 3600;
/// Seconds a socket ticket lives.
const TICKET: i64 = 60;
const COOKIE: &str = "asoc_session";

/// Name of the person who owns this installation: whoever can read its home folder.
pub const OWNER: &str = "owner";

/// Makes sure that there is an owner; what they have told of themselves stays.
pub async fn ensure_owner(store: &SqlStore) -> Result<(), agent::StoreError> {
    if store.person(OWNER).await?.is_some() {
        return Ok(());
    }
    store.put_person(&Person { name: OWNER.into(), role: Role::Admin, principals: Vec::new() }).await
}

/// Signs people in and tells who they are.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    store: SqlStore,
    ctx: Ctx,
    /// Digest of the token in the home folder, with which commands of the owner authenticate.
    operator: Digest,
    /// Origins that a browser may ask from: the dashboard's.
    origins: Vec<String>,
}

impl Gate {
    /// A gate; `operator` is the token that stands for the owner, `origins` the dashboard's addresses.
    pub fn new(store: SqlStore, ctx: Ctx, operator: &str, origins: Vec<String>) -> Self {
        Self(Arc::new(Inner { store, ctx, operator: Digest::of(operator.as_bytes()), origins }))
    }

    /// A new one-time link's token for a person.
    pub async fn link(&self, person: &str) -> anyhow::Result<String> {
        Ok(self.issue(Credential::Link, person, LINK).await?)
    }

    /// The address of a one-time link.
    pub fn link_address(&self, token: &str) -> String {
        let base = self.0.origins.first().map_or("", String::as_str);
        format!("{base}/sign-in/#token={token}")
    }

    /// The person for whom a socket ticket was issued; the ticket is used up.
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Option<Person>, Failure> {
        Ok(self.0.store.redeem(Credential::Ticket, &Digest::of(ticket.as_bytes()), self.now()).await?)
    }

    /// Whether a browser may ask from this origin.
    pub fn knows_origin(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .and_then(|origin| origin.to_str().ok())
            .is_some_and(|origin| self.0.origins.iter().any(|known| known == origin))
    }

    /// The person of this name.
    async fn named(&self, name: &str) -> Result<Person, Failure> {
        self.0.store.person(name).await?.ok_or_else(|| Failure::not_found(format!("person called {name}")))
    }

    /// A session's cookie, for so many seconds. Where people come by TLS, it goes no other way.
    fn cookie(&self, session: &str, seconds: i64) -> HeaderValue {
        let is_encrypted = self.0.origins.first().is_some_and(|origin| origin.starts_with("https://"));
        let secure = if is_encrypted { "; Secure" } else { "" };
        let text =
            format!("{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// Puts a change of who may do what on the record.
    async fn record(&self, text: String) -> anyhow::Result<()> {
        remark::record(&self.0.ctx, "people", Severity::Info, text).await
    }

    fn now(&self) -> Time {
        self.0.ctx.clock.now()
    }

    async fn issue(&self, kind: Credential, person: &str, seconds: i64) -> Result<String, agent::StoreError> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|e| agent::StoreError::Unavailable(e.to_string()))?;
        let secret = hex::encode(bytes);
        let now = self.now();
        let digest = Digest::of(secret.as_bytes());
        self.0.store.put_credential(kind, &digest, person, now, now.plus_seconds(seconds)).await?;
        Ok(secret)
    }

    async fn who(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Person>, Failure> {
        if let Some(token) = bearer(headers) {
            let same = Digest::of(token.as_bytes()).0.as_bytes().ct_eq(self.0.operator.0.as_bytes());
            return Ok(if bool::from(same) { self.0.store.person(OWNER).await? } else { None });
        }
        let Some(session) = cookie(headers) else { return Ok(None) };
        // A cookie is sent whoever makes the browser ask: only the dashboard may change something by it.
        if method != Method::GET && !self.knows_origin(headers) {
            return Err(Failure::forbidden("This request did not come from the dashboard."));
        }
        Ok(self.0.store.redeem(Credential::Session, &Digest::of(session.as_bytes()), self.now()).await?)
    }
}

/// Lets signed-in people through, as a [`Person`] extension; refuses everybody else.
pub async fn require(State(gate): State<Gate>, mut request: Request<Body>, next: Next) -> Response {
    match gate.who(request.method(), request.headers()).await {
        Ok(Some(person)) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        Ok(None) => Failure::unauthenticated().into_response(),
        Err(failure) => failure.into_response(),
    }
}

/// Routes for people who are not signed in yet.
pub fn open_routes(gate: Gate) -> Router {
    Router::new().route("/v1/sign-in", post(sign_in)).with_state(gate)
}

/// Routes for people who are.
pub fn routes(gate: Gate) -> Router {
    Router::new()
        .route("/v1/sign-out", post(sign_out))
        .route("/v1/socket-ticket", post(socket_ticket))
        .route("/v1/people", get(people).post(add_person))
        .route("/v1/people/{name}/link", post(new_link))
        .route("/v1/people/{name}/remove", post(remove_person))
        .with_state(gate)
}

async fn sign_in(
    State(gate): State<Gate>,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<impl IntoResponse, Failure> {
    if headers.contains_key(header::ORIGIN) && !gate.knows_origin(&headers) {
        return Err(Failure::forbidden("This request did not come from the dashboard."));
    }
    let person =
        gate.0.store.redeem(Credential::Link, &Digest::of(body.token.as_bytes()), gate.now()).await?;
    let person = person.ok_or_else(Failure::unauthenticated)?;
    let session = gate.issue(Credential::Session, &person.name, SESSION).await?;
    gate.record(format!("{} signed in.", person.name)).await?;
    let cookie = gate.cookie(&session, SESSION);
    Ok(([(header::SET_COOKIE, cookie)], Json(person)))
}

async fn sign_out(State(gate): State<Gate>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    if let Some(session) = cookie(&headers) {
        gate.0.store.end_session(&Digest::of(session.as_bytes())).await?;
    }
    Ok([(header::SET_COOKIE, gate.cookie("", 0))])
}

async fn socket_ticket(
    State(gate): State<Gate>,
    Extension(person): Extension<Person>,
) -> Result<Json<SocketTicket>, Failure> {
    Ok(Json(SocketTicket { ticket: gate.issue(Credential::Ticket, &person.name, TICKET).await? }))
}

async fn people(
    State(gate): State<Gate>,
    Extension(person): Extension<Person>,
) -> Result<Json<Vec<Person>>, Failure> {
    need(&person, Role::Admin)?;
    Ok(Json(gate.0.store.people().await?))
}

async fn add_person(
    State(gate): State<Gate>,
    Extension(person): Extension<Person>,
    Json(new): Json<NewPerson>,
) -> Result<Json<PersonAdded>, Failure> {
    need(&person, Role::Admin)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if new.name.is_empty() || new.name.len() > 64 || !new.name.chars().all(plain) {
        return Err(Failure::invalid("A name has 1 to 64 letters, digits, `-`, `_`, `.` or `@`."));
    }
    if new.name == OWNER && new.role != Role::Admin {
        return Err(Failure::invalid("The owner is whoever can read the home folder, and stays admin."));
    }
    let is_principal = |arn: &str| arn.starts_with("arn:") && !arn.contains(":assumed-role/");
    if let Some(arn) = new.principals.iter().find(|arn| !is_principal(arn)) {
        return Err(Failure::invalid(format!(
            "`{arn}` is not the ARN of a user or role; give one such as arn:aws:iam::111122223333:user/NAME, and for a \
             role session its role's."
        )));
    }
    let added = Person { name: new.name, role: new.role, principals: new.principals };
    gate.0.store.put_person(&added).await?;
    gate.record(format!(
        "{} made {} {:?}, with the principals [{}], and a sign-in link for them.",
        person.name,
        added.name,
        added.role,
        added.principals.join(", ")
    ))
    .await?;
    let link = gate.link_address(&gate.issue(Credential::Link, &added.name, LINK).await?);
    Ok(Json(PersonAdded { person: added, link }))
}

async fn new_link(
    State(gate): State<Gate>,
    Extension(person): Extension<Person>,
    axum::extract::Path(name): axum::extract::Path<String>,
) -> Result<Json<PersonAdded>, Failure> {
    need(&person, Role::Admin)?;
    let admin = person.name;
    let person = gate.named(&name).await?;
    gate.0.store.drop_links(&person.name).await?;
    gate.record(format!("{admin} made a new sign-in link for {}; older ones end.", person.name)).await?;
    let link = gate.link_address(&gate.issue(Credential::Link, &person.name, LINK).await?);
    Ok(Json(PersonAdded { person, link }))
}

async fn remove_person(
    State(gate): State<Gate>,
    Extension(person): Extension<Person>,
    axum::extract::Path(name): axum::extract::Path<String>,
) -> Result<(), Failure> {
    need(&person, Role::Admin)?;
    let removed = gate.named(&name).await?;
    if removed.name == OWNER {
        return Err(Failure::invalid(
            "The owner is whoever can read the home folder, and cannot be removed.",
        ));
    }
    gate.0.store.remove_person(&removed.name).await?;
    gate.record(format!("{} removed {}: their sessions and links end.", person.name, removed.name)).await?;
    Ok(())
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
