//! `asoc explain`: why a finding was made.

use clap::Args;
use console::api::FindingDetail;

use crate::{
    client::Client,
    term::{self, Format, clean},
};

/// Options of `asoc explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// The finding: `fnd-…`, as the dashboard and `asoc incidents INCIDENT --json` name it.
    finding: String,
}

/// Prints it.
pub async fn run(client: &Client, options: Explain, format: Format) -> anyhow::Result<()> {
    let detail: FindingDetail = client.fetch(&format!("/v1/findings/{}", options.finding)).await?;
    if format == Format::Json {
        return term::json(&detail);
    }
    for line in explained(&detail) {
        term::line(line)?;
    }
    Ok(())
}

/// The whole explanation, a line each. All that came from outside is made harmless.
fn explained(FindingDetail { finding, event }: &FindingDetail) -> Vec<String> {
    let level = format!("{:?}", finding.level).to_lowercase();
    let mut lines = vec![
        format!("{}  {}", finding.id.0, clean(&finding.title)),
        clean(&finding.description),
        format!("level {level}, risk {} of 100, rule {}", finding.risk.points(), finding.rule),
    ];
    let who = finding.actor.as_ref().map_or("somebody unknown", |actor| actor.arn.as_str());
    let whence = finding.origin.as_deref().unwrap_or("an unknown address");
    lines.push(format!(
        "{}  {} by {} from {}",
        finding.time,
        clean(&finding.operation),
        clean(who),
        clean(whence)
    ));
    lines.push("It matched because of".into());
    lines.extend(finding.matched.iter().map(|m| format!("  {} = {}", clean(&m.field), clean(&m.value))));
    lines.push("Its risk is the sum of".into());
    lines.extend(
        finding
            .contributions
            .iter()
            .map(|part| format!("  {:>+4}  {}: {}", part.points, clean(&part.name), clean(&part.why))),
    );
    if let Some(opinion) = &finding.opinion {
        lines.push(format!("A model's opinion, which raised it by {}:", opinion.raise.points()));
        lines.push(format!("  {}", clean(&opinion.explanation)));
        lines.extend(opinion.quotes.iter().map(|q| format!("  {} = {}", clean(&q.field), clean(&q.text))));
    }
    let techniques: Vec<_> = finding.attack.iter().map(|t| format!("{} ({})", t.id, t.tactic)).collect();
    if !techniques.is_empty() {
        lines.push(format!("ATT&CK: {}", techniques.join(", ")));
    }
    if !finding.false_positives.is_empty() {
        lines.push("It may mean no harm:".into());
        lines.extend(finding.false_positives.iter().map(|text| format!("  {}", clean(text))));
    }
    if let Some(playbook) = &finding.playbook {
        lines.push(format!("Playbook: {playbook}"));
    }
    match event.as_ref().and_then(|event| serde_json::to_string_pretty(&event.raw).ok()) {
        Some(raw) => lines.extend(std::iter::once("The event".into()).chain(raw.lines().map(clean))),
        None => lines.push(format!("The event {} is kept no more.", finding.event)),
    }
    lines
}
