//! Deploying a template, so that tests make what they need from the files that are deployed.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};

use crate::Moto;

/// A signature that names the service; nobody checks it.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, \
                         SignedHeaders=host, Signature=0";

impl Moto {
    /// Makes a stack of this name from a CloudFormation template. Answers its outputs.
    ///
    /// # Errors
    /// If the endpoint refuses it.
    pub async fn deploy(
        &self,
        name: &str,
        template: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<BTreeMap<String, String>> {
        let mut form = vec![("StackName".to_owned(), name), ("TemplateBody".to_owned(), template)];
        for (n, (key, value)) in (1..).zip(parameters) {
            form.push((format!("Parameters.member.{n}.ParameterKey"), key));
            form.push((format!("Parameters.member.{n}.ParameterValue"), value));
        }
        self.ask("CreateStack", form).await.with_context(|| format!("stack {name} is not made"))?;
        Ok(outputs(&self.ask("DescribeStacks", vec![("StackName".to_owned(), name)]).await?))
    }

    async fn ask(&self, action: &str, mut form: Vec<(String, &str)>) -> anyhow::Result<String> {
        form.extend([("Action".to_owned(), action), ("Version".to_owned(), "2010-05-15")]);
        let request = reqwest::Client::new().post(self.url()).header("Authorization", SIGNATURE).form(&form);
        let answer = request.send().await.context("the endpoint does not answer")?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{action}: {status}: {text}");
        Ok(text)
    }
}

/// Of an answer in XML, which here has no other elements of these names.
fn outputs(xml: &str) -> BTreeMap<String, String> {
    let within = |member: &str, name: &str| {
        let (_, rest) = member.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.replace("&amp;", "&"))
    };
    let members = xml.split("<member>").filter(|member| member.contains("<OutputKey>"));
    members
        .filter_map(|member| Some((within(member, "OutputKey")?, within(member, "OutputValue")?)))
        .collect()
}
