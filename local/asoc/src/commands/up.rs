//! `asoc up`: everything in one process.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, ensure};
use axum::Router;
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    client::ADDRESS,
    home::Home,
    host::Host,
    services::Services,
    term,
    web::{
        self, Gate, Origin,
        auth::{OWNER, ensure_owner},
    },
};

/// How long the end of the program may wait: for messages and workflows in hand, for requests, for the last seals.
const WORK: Duration = Duration::from_secs(20);
const REQUESTS: Duration = Duration::from_secs(5);
const CLOSE: Duration = Duration::from_secs(5);

/// Options of `asoc up`.
#[derive(Args, Debug)]
pub struct Up {
    /// Address to listen on. What is sent there is not encrypted, so other machines should come through a proxy (--origin).
    #[arg(long, env = "ASOC_LISTEN", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Address under which browsers reach A-SOC through a proxy, such as https://asoc.example.org: the dashboard at its root, the
    /// console at /v1/.
    #[arg(long, env = "ASOC_ORIGIN")]
    origin: Option<String>,
    /// Port of the console (HTTP and WebSocket).
    #[arg(long, default_value_t = 9002)]
    console_port: u16,
    /// Port of the dashboard.
    #[arg(long, default_value_t = 3000)]
    dashboard_port: u16,
    /// Folder of the built dashboard.
    #[arg(long, env = "ASOC_DASHBOARD", default_value = "dashboard/out")]
    dashboard: PathBuf,
    /// Days for which events are kept, by their own time. Findings, incidents and the audit trail stay.
    #[arg(long, env = "ASOC_RETENTION_DAYS", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=36500))]
    retention_days: u32,
}

/// Runs until it is told to stop.
pub async fn run(home: Home, policies: Option<PathBuf>, up: Up) -> anyhow::Result<()> {
    let _held = home.hold()?;
    let told = told_to_stop()?;
    let origin = Origin::parse(up.origin.as_deref().unwrap_or_default())?;
    let console_port = bind(up.listen, up.console_port, "--console-port").await?;
    let dashboard_port = bind(up.listen, up.dashboard_port, "--dashboard-port").await?;
    let here = console_port.local_addr()?;
    let local = format!(
        "http://{}",
        if is_here(up.listen) { format!("localhost:{}", here.port()) } else { here.to_string() }
    );
    let port = dashboard_port.local_addr()?.port();
    let (console, origins) = match origin {
        Some(Origin(origin)) => (origin.clone(), vec![origin]),
        None if is_here(up.listen) => {
            (local.clone(), vec![format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")])
        }
        None => (local.clone(), vec![format!("http://{}", dashboard_port.local_addr()?)]),
    };

    let mut services = Services::from_env()?;
    services.origin = origins.first().cloned();
    let host = Host::open(home.clone(), policies, &services).await?;
    ensure_owner(host.store()).await?;
    let operator = hex::encode(home.secret("operator.token")?);
    let gate = Gate::new(host.store().clone(), host.ctx().clone(), &operator, origins.clone());
    let link = gate.link_address(&gate.link(OWNER).await?);

    let stop = CancellationToken::new();
    let serving_console = serve(console_port, web::console(&host, &gate, &origins), stop.clone());
    let dashboard = up.dashboard.join("index.html").exists();
    let files = if dashboard { web::dashboard(&up.dashboard, &console) } else { Router::new() };
    let serving_dashboard = serve(dashboard_port, files, stop.clone());

    host.run().await?;
    host.forget_after(up.retention_days);
    fs::write(home.private(ADDRESS)?, &local)?;
    term::line("A-SOC is up.")?;
    term::line(format!("  sign in    {link}"))?;
    term::line("             (works once, within a day; `asoc user link owner` prints another)")?;
    term::line(format!("  console    {console}"))?;
    if !dashboard {
        term::line(format!("  dashboard  not built in {}; run `make dashboard`", up.dashboard.display()))?;
    }
    term::line("  try        asoc drill leaked-key --speed 5")?;
    let examining = tokio::spawn(host.clone().keep_examining());
    let taken_over = tokio::select! {
        () = told => false,
        () = host.store().taken_over() => true,
    };
    term::note("stopping: finishing what is in hand");
    // Not ready from here on. Queues first, so that those who ask meanwhile still get an answer.
    within("work in hand", WORK, host.rest()).await;
    stop.cancel();
    let _ = fs::remove_file(home.path(ADDRESS));
    // Live feeds stay open as long as their clients want; they are not waited for.
    within("requests", REQUESTS, async { drop((serving_console.await, serving_dashboard.await)) }).await;
    within("the ledger", CLOSE, host.close()).await;
    drop(examining);
    ensure!(
        !taken_over,
        "another asoc has taken the database over while its connection was lost; one process owns a database, so see which \
         one is to run"
    );
    Ok(())
}

/// Waits for something to end, but no longer than this: what is cut off goes on at the next start, as after a crash.
async fn within(what: &str, patience: Duration, ending: impl Future<Output = ()>) {
    if tokio::time::timeout(patience, ending).await.is_err() {
        tracing::warn!(
            seconds = patience.as_secs(),
            "{what} did not end in time; the next start goes on with it"
        );
    }
}

/// Whether browsers on this machine get there under the name `localhost`.
fn is_here(listen: IpAddr) -> bool {
    listen.is_unspecified() || listen == IpAddr::from([127, 0, 0, 1])
}

async fn bind(listen: IpAddr, port: u16, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((listen, port))).await.with_context(|| {
        format!("port {port} of {listen} is taken; stop what uses it, or choose another with {option}")
    })
}

fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "a server ended");
        }
    })
}

/// Listens from now on; done when the program is told to stop.
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
