//! One record that was recognised: which log it is of, and how it becomes an event.

use domain::{Event, Source, Time};
use json::{Document, Node};

use crate::{cloudtrail, flow, guardduty, insight, kubernetes, securityhub};

/// A record as it was delivered, known to be JSON and of a log that is read.
#[derive(Debug)]
pub struct Raw<'a> {
    form: Form,
    document: Document<'a>,
}

/// Forms of records.
#[derive(Debug)]
pub(crate) enum Form {
    CloudTrail,
    Insight,
    GuardDuty,
    Flow,
    Kubernetes,
    SecurityHub,
    /// A webhook's alert, which was read to be recognised.
    Webhook(Box<Event>),
}

impl<'a> Raw<'a> {
    pub(crate) fn new(form: Form, document: Document<'a>) -> Self {
        Self { form, document }
    }

    /// Which log it is of.
    pub fn source(&self) -> Source {
        match self.form {
            Form::CloudTrail | Form::Insight => Source::Cloudtrail,
            Form::GuardDuty => Source::Guardduty,
            Form::Flow => Source::VpcFlow,
            Form::Kubernetes => Source::Kubernetes,
            Form::SecurityHub => Source::SecurityHub,
            Form::Webhook(_) => Source::Webhook,
        }
    }

    /// Its own JSON, without what was around it. A line of a flow log is a JSON object with AWS's field names here.
    pub fn text(&self) -> &str {
        self.document.root().raw()
    }

    /// Its fields, for rules.
    pub fn document(&self) -> &Document<'a> {
        &self.document
    }

    /// When it happened, by its source's clock, if it says so readably.
    pub fn time(&self) -> Option<Time> {
        match &self.form {
            Form::CloudTrail | Form::Insight => {
                self.document.get("eventTime").and_then(Node::as_text).and_then(|time| time.parse().ok())
            }
            Form::GuardDuty => guardduty::time(&self.document),
            Form::Flow => flow::time(&self.document),
            Form::Kubernetes => kubernetes::time(&self.document),
            Form::SecurityHub => securityhub::time(&self.document),
            Form::Webhook(event) => Some(event.time),
        }
    }

    /// The event it is; it happened when it was received if it does not say when.
    pub fn event(&self, received: Time) -> Event {
        let time = self.time().unwrap_or(received);
        let raw = || self.document.to_value();
        match &self.form {
            Form::CloudTrail => cloudtrail::event(raw(), time),
            Form::Insight => insight::event(raw(), time),
            Form::GuardDuty => guardduty::event(raw(), time),
            Form::Flow => flow::event(raw(), time),
            Form::Kubernetes => kubernetes::event(raw(), time),
            Form::SecurityHub => securityhub::event(raw(), time),
            Form::Webhook(event) => Event::clone(event),
        }
    }
}

/// The form of a record, from its content.
pub(crate) fn form_of(record: &Document<'_>) -> Option<Form> {
    Some(if insight::is(record) {
        Form::Insight
    } else if cloudtrail::is(record) {
        Form::CloudTrail
    } else if kubernetes::is(record) {
        Form::Kubernetes
    } else if guardduty::is(record) {
        Form::GuardDuty
    } else if securityhub::is(record) {
        Form::SecurityHub
    } else {
        return None;
    })
}
