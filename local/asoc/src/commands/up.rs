//! `asoc up`: everything in one process.

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::Context;
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
        self, Gate,
        auth::{OWNER, ensure_owner},
    },
};

/// Options of `asoc up`.
#[derive(Args, Debug)]
pub struct Up {
    /// Port of the console (HTTP and WebSocket).
    #[arg(long, default_value_t = 9002)]
    console_port: u16,
    /// Port of the dashboard.
    #[arg(long, default_value_t = 3000)]
    dashboard_port: u16,
    /// Folder of the built dashboard.
    #[arg(long, env = "ASOC_DASHBOARD", default_value = "dashboard/out")]
    dashboard: PathBuf,
}

/// Runs until it is told to stop.
pub async fn run(home: Home, policies: Option<PathBuf>, up: Up) -> anyhow::Result<()> {
    let _held = home.hold()?;
    let told = told_to_stop()?;
    let console_port = bind(up.console_port, "--console-port").await?;
    let dashboard_port = bind(up.dashboard_port, "--dashboard-port").await?;
    let console = format!("http://localhost:{}", console_port.local_addr()?.port());
    let port = dashboard_port.local_addr()?.port();
    let origins = vec![format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")];

    let host = Host::open(home.clone(), policies, &Services::from_env()?).await?;
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
    fs::write(home.private(ADDRESS)?, &console)?;
    term::line("A-SOC is up.")?;
    term::line(format!("  sign in    {link}"))?;
    term::line("             (works once, within a day; `asoc user link owner` prints another)")?;
    term::line(format!("  console    {console}"))?;
    if !dashboard {
        term::line(format!("  dashboard  not built in {}; run `make dashboard`", up.dashboard.display()))?;
    }
    term::line("  try        asoc drill leaked-key --speed 5")?;
    told.await;
    term::note("stopping: finishing what is in hand");
    stop.cancel();
    let _ = fs::remove_file(home.path(ADDRESS));
    host.stop().await;
    // Live feeds stay open as long as their clients want; they are not waited for.
    drop((serving_console, serving_dashboard));
    Ok(())
}

async fn bind(port: u16, option: &str) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address)
        .await
        .with_context(|| format!("port {port} is taken; stop what uses it, or choose another with {option}"))
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
