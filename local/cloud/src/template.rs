//! Deploying a template, so that tests make what they need from the files that are deployed.

use anyhow::{Context, ensure};

use crate::Moto;

/// A signature that names the service; nobody checks it.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, \
                         SignedHeaders=host, Signature=0";

impl Moto {
    /// Makes a stack of this name from a CloudFormation template.
    ///
    /// # Errors
    /// If the endpoint refuses it.
    pub async fn deploy(
        &self,
        name: &str,
        template: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let mut form = vec![
            ("Action".to_owned(), "CreateStack"),
            ("Version".to_owned(), "2010-05-15"),
            ("StackName".to_owned(), name),
            ("TemplateBody".to_owned(), template),
        ];
        for (n, (key, value)) in (1..).zip(parameters) {
            form.push((format!("Parameters.member.{n}.ParameterKey"), key));
            form.push((format!("Parameters.member.{n}.ParameterValue"), value));
        }
        let request = reqwest::Client::new().post(self.url()).header("Authorization", SIGNATURE).form(&form);
        let answer = request.send().await.context("the endpoint does not answer")?;
        let status = answer.status();
        ensure!(status.is_success(), "stack {name} is not made ({status}): {}", answer.text().await?);
        Ok(())
    }
}
