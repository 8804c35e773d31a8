//! The dashboard's files, with the headers that a browser should hold it to.

use std::{fs, path::Path};

use axum::{
    Json, Router,
    http::{HeaderName, HeaderValue, header},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

/// Serves the exported dashboard in `dir`; `console` is the address at which a browser finds the console.
pub fn router(dir: &Path, console: &str) -> Router {
    let config = json!({ "api": console });
    let files = ServeDir::new(dir).not_found_service(ServeFile::new(dir.join("404.html")));
    let mut router =
        Router::new().route("/config.json", get(async move || Json(config))).fallback_service(files);
    for (name, value) in headers(&policy(dir, console)) {
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    router
}

/// What the export says of itself.
#[derive(Default, Deserialize)]
struct Export {
    /// Hashes of its inline scripts, as source expressions: `'sha256-…'`.
    scripts: Vec<String>,
}

/// Scripts: its own files, and the inline ones whose hashes were taken after the export (`csp.json`).
fn policy(dir: &Path, console: &str) -> String {
    let export = fs::read(dir.join("csp.json"))
        .map_err(anyhow::Error::from)
        .and_then(|text| Ok(serde_json::from_slice::<Export>(&text)?))
        .unwrap_or_else(|error| {
            tracing::error!(%error, "csp.json cannot be read, so the dashboard's inline scripts are refused; build it anew");
            Export::default()
        });
    let scripts: String = export.scripts.iter().map(|hash| format!(" {hash}")).collect();
    let socket = console.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self' {console} {socket}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; manifest-src 'self'"
    )
}

fn headers(policy: &str) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.push((header::CONTENT_SECURITY_POLICY, policy));
    }
    headers
}
