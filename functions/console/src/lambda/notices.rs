//! Slack and PagerDuty, as the stack's secrets set them up.

use std::{
    env,
    sync::{Arc, OnceLock},
};

use agent::{Ctx, ports::Logged};
use anyhow::Context;
use aws::{Cloud, secrets::Secrets};
use notify::{Http, Notifier, PagerDuty, PagerDutySettings, Sent, Slack, SlackSettings};
use reqwest::Url;

use crate::sent::Notes;

const SLACK: &str = "ASOC_SECRET_SLACK";
const PAGERDUTY: &str = "ASOC_SECRET_PAGERDUTY";

/// The way to people who do not look at the dashboard. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Notices {
    /// Made when it is first needed: reading the system's certificates is a tenth of a start.
    http: Arc<OnceLock<Http>>,
    secrets: Secrets,
    sent: Arc<Notes>,
    origin: Option<Url>,
}

impl Notices {
    pub(crate) fn new(cloud: &Cloud) -> anyhow::Result<Self> {
        let origin = env::var("ASOC_ORIGIN").ok().filter(|origin| !origin.is_empty());
        let origin = origin.map(|origin| origin.parse().context("ASOC_ORIGIN is no address")).transpose()?;
        let sent = Notes::new(cloud.stack(), aws_sdk_dynamodb::Client::new(cloud.sdk()));
        Ok(Self { http: Arc::default(), secrets: cloud.secrets(), sent: Arc::new(sent), origin })
    }

    /// What was sent already.
    pub(crate) fn sent(&self) -> &dyn Sent {
        &*self.sent
    }

    /// Whether the stack has a secret for any of them.
    pub(crate) fn is_on(&self) -> bool {
        [SLACK, PAGERDUTY].iter().any(|name| env::var(name).is_ok_and(|arn| !arn.is_empty()))
    }

    /// Slack; none while its secret is empty.
    pub(crate) async fn slack(&self) -> anyhow::Result<Option<Slack>> {
        let Some(secret) = self.secrets.named(SLACK).await? else { return Ok(None) };
        Ok(Some(Slack::new(self.http()?, SlackSettings::read(&secret)?)))
    }

    async fn pagerduty(&self) -> anyhow::Result<Option<PagerDuty>> {
        let Some(secret) = self.secrets.named(PAGERDUTY).await? else { return Ok(None) };
        Ok(Some(PagerDuty::new(self.http()?, PagerDutySettings::read(&secret)?)))
    }

    fn http(&self) -> anyhow::Result<Http> {
        match self.http.get() {
            Some(http) => Ok(http.clone()),
            None => {
                let http = Http::new()?;
                Ok(self.http.get_or_init(|| http).clone())
            }
        }
    }

    /// Tells what is worth telling. That one of them is set up wrongly does not silence the other.
    pub(crate) async fn tell(&self, ctx: &Ctx, messages: &[Logged]) -> anyhow::Result<()> {
        let (slack, pagerduty) = (self.slack().await, self.pagerduty().await);
        let ready = Notifier {
            slack: slack.as_ref().ok().cloned().flatten(),
            pagerduty: pagerduty.as_ref().ok().cloned().flatten(),
            sent: self.sent.clone(),
            origin: self.origin.clone(),
        };
        let told = ready.tell(ctx, messages).await;
        slack?;
        pagerduty?;
        told
    }
}
