//! What a credential leads to: roles to assume, ways to more rights, code on instances, data.
//!
//! The ways to more rights are those of Rhino Security Labs' "AWS IAM Privilege Escalation – Methods and Mitigation",
//! as far as an inventory shows them (ATT&CK T1098, T1078.004, T1548.005).

use domain::{Inventory, account::Role};

use super::{Channel, Link, Vertex, arn_of_role, arn_of_user};
use crate::iam::{
    Caller, Document, Grant, Identity, ResourcePolicies, Trust, admits_service, bucket_access, is_public,
    trusts,
};

/// Services that run code with a role that is passed to them, and the call that starts it.
const RUNNERS: [(&str, &str); 2] =
    [("ec2.amazonaws.com", "ec2:RunInstances"), ("lambda.amazonaws.com", "lambda:CreateFunction")];

/// Calls that run code on an instance.
const SHELLS: [&str; 3] = ["ssm:SendCommand", "ssm:StartSession", "ec2-instance-connect:SendSSHPublicKey"];

/// What the root user leads to.
pub(super) fn of_root() -> Link {
    Link::new(Vertex::Administrator, "root user", "the root user may do everything", Channel::Power)
}

/// What every right in the account leads to.
pub(super) fn of_administrator(account: &Inventory) -> Vec<Link> {
    let users = account.users.keys().map(|name| (Vertex::User(name.clone()), "iam:CreateAccessKey"));
    let roles = account.roles.iter().filter(|(_, r)| is_editable(r));
    let roles = roles.map(|(name, _)| (Vertex::Role(name.clone()), "iam:UpdateAssumeRolePolicy"));
    let instances = account.instances.iter().filter(|(_, i)| i.state == "running");
    let instances = instances.map(|(id, _)| (Vertex::Instance(id.clone()), "ssm:SendCommand"));
    let buckets = account.buckets.keys().map(|name| (Vertex::Bucket(name.clone()), "s3:GetObject"));
    let secrets =
        account.secrets.keys().map(|arn| (Vertex::Secret(arn.clone()), "secretsmanager:GetSecretValue"));
    let all = users.chain(roles).chain(instances).chain(buckets).chain(secrets);
    all.map(|(to, means)| Link::new(to, means, "administrator access", Channel::Power)).collect()
}

/// The role that an instance has.
pub(super) fn profile(account: &Inventory, id: &str) -> Option<Link> {
    let arn = account.instances.get(id)?.instance_profile.as_ref()?;
    let (name, profile) = account.instance_profiles.iter().find(|(_, p)| &p.arn == arn)?;
    let role = profile.role.as_ref().filter(|r| account.roles.contains_key(*r))?;
    let because = format!("instance profile {name} of {id}");
    Some(Link::new(Vertex::Role(role.clone()), "instance profile", because, Channel::Profile))
}

/// Buckets that anybody can read.
pub(super) fn public_buckets(account: &Inventory, policies: &ResourcePolicies) -> impl Iterator<Item = Link> {
    account.buckets.keys().filter_map(|name| {
        let grant = is_public(account, policies, name)?;
        Some(Link::new(Vertex::Bucket(name.clone()), "s3:GetObject", grant.because, Channel::Public))
    })
}

/// What an identity that is no administrator leads to.
pub(super) fn of_identity(
    account: &Inventory,
    policies: &ResourcePolicies,
    vertex: &Vertex,
    identity: &Identity,
    caller: Caller<'_>,
) -> Vec<Link> {
    let mut ways = Ways { account, policies, vertex, identity, caller, links: Vec::new() };
    ways.more_rights();
    ways.users();
    ways.roles();
    ways.instances();
    ways.data();
    ways.links
}

struct Ways<'a> {
    account: &'a Inventory,
    policies: &'a ResourcePolicies,
    vertex: &'a Vertex,
    identity: &'a Identity,
    caller: Caller<'a>,
    links: Vec<Link>,
}

impl Ways<'_> {
    fn link(&mut self, to: Vertex, means: &str, grant: Grant) {
        self.links.push(Link::new(to, means, grant.because, Channel::Power));
    }

    /// Whether an action is allowed on anything at all: most are not, which saves asking for each thing.
    fn ever(&self, action: &str) -> bool {
        self.identity.allows(action, "*").is_some()
    }

    fn link_if_allowed(&mut self, to: Vertex, action: &str, resource: &str) {
        if let Some(grant) = self.identity.allows(action, resource) {
            self.link(to, action, grant);
        }
    }

    /// Calls that give the caller itself whatever rights it likes.
    fn more_rights(&mut self) {
        let own = self.caller.arn.to_owned();
        match self.vertex {
            Vertex::User(name) => {
                for action in ["iam:AttachUserPolicy", "iam:PutUserPolicy"] {
                    self.link_if_allowed(Vertex::Administrator, action, &own);
                }
                let groups = self.account.users.get(name).map(|u| u.groups.clone()).unwrap_or_default();
                for (group, held) in &self.account.groups {
                    if groups.contains(group) {
                        self.rights_of_group(&held.arn);
                    } else {
                        self.link_if_allowed(Vertex::Group(group.clone()), "iam:AddUserToGroup", &held.arn);
                    }
                }
            }
            Vertex::Group(name) => {
                if let Some(group) = self.account.groups.get(name) {
                    self.rights_of_group(&group.arn);
                }
            }
            Vertex::Role(name) | Vertex::Session(name)
                if self.account.roles.get(name).is_some_and(is_editable) =>
            {
                self.rights_of_role(&own, None);
            }
            _ => {}
        }
        // Versions of AWS's own policies cannot be made by a customer.
        let own_account = format!("::{}:", self.caller.account);
        for arn in self.identity.managed.iter().filter(|arn| arn.contains(&own_account)) {
            self.link_if_allowed(Vertex::Administrator, "iam:CreatePolicyVersion", arn);
            if let Some(mut grant) = self.identity.allows("iam:SetDefaultPolicyVersion", arn) {
                grant.because.push_str(" (if another version allows more)");
                self.link(Vertex::Administrator, "iam:SetDefaultPolicyVersion", grant);
            }
        }
    }

    fn rights_of_group(&mut self, arn: &str) {
        for action in ["iam:AttachGroupPolicy", "iam:PutGroupPolicy"] {
            self.link_if_allowed(Vertex::Administrator, action, arn);
        }
    }

    fn rights_of_role(&mut self, arn: &str, by: Option<&Grant>) {
        for action in ["iam:AttachRolePolicy", "iam:PutRolePolicy"] {
            if let Some(grant) = self.identity.allows(action, arn) {
                let grant = by.map_or(grant.clone(), |by| grant.and(by.clone()));
                self.link(Vertex::Administrator, action, grant);
            }
        }
    }

    /// Calls that give a credential of another user.
    fn users(&mut self) {
        let [key, create, update] =
            ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"].map(|a| self.ever(a));
        for (name, user) in &self.account.users {
            let (arn, to) = (arn_of_user(self.account, name), Vertex::User(name.clone()));
            if arn == self.caller.arn {
                continue;
            }
            if key {
                self.link_if_allowed(to.clone(), "iam:CreateAccessKey", &arn);
            }
            match user.login_profile {
                true if update => self.link_if_allowed(to, "iam:UpdateLoginProfile", &arn),
                false if create => self.link_if_allowed(to, "iam:CreateLoginProfile", &arn),
                _ => {}
            }
        }
    }

    fn roles(&mut self) {
        let [pass, update] = ["iam:PassRole", "iam:UpdateAssumeRolePolicy"].map(|a| self.ever(a));
        for (name, role) in &self.account.roles {
            let Some(trust) = self.policies.trust.get(name) else { continue };
            let (arn, to) = (arn_of_role(self.account, name), Vertex::Role(name.clone()));
            if arn == self.caller.arn {
                continue;
            }
            if let Some(grant) = self.assume(trust, &arn) {
                if is_editable(role) {
                    self.rights_of_role(&arn, Some(&grant));
                }
                self.link(to.clone(), "sts:AssumeRole", grant);
            }
            if update && is_editable(role) {
                self.link_if_allowed(to, "iam:UpdateAssumeRolePolicy", &arn);
            }
            if pass {
                self.pass(name, trust, &arn);
            }
        }
    }

    fn assume(&self, trust: &Document, arn: &str) -> Option<Grant> {
        match trusts(trust, self.caller) {
            Trust::Direct(grant) => (!self.identity.denies("sts:AssumeRole", arn)).then_some(grant),
            Trust::Delegated(grant) => Some(self.identity.allows("sts:AssumeRole", arn)?.and(grant)),
            Trust::Refused => None,
        }
    }

    /// Starting something of one's own that has the role.
    fn pass(&mut self, name: &str, trust: &Document, arn: &str) {
        let Some(pass) = self.identity.allows("iam:PassRole", arn) else { return };
        let in_profile = || self.account.instance_profiles.values().any(|p| p.role.as_deref() == Some(name));
        for (service, start) in RUNNERS {
            if admits_service(trust, service).is_none() || (service.starts_with("ec2.") && !in_profile()) {
                continue;
            }
            let (partition, region, id) =
                (&self.account.partition, &self.account.region, &self.account.account_id);
            let made = match service {
                "ec2.amazonaws.com" => format!("arn:{partition}:ec2:{region}:{id}:instance/*"),
                _ => format!("arn:{partition}:lambda:{region}:{id}:function:*"),
            };
            if let Some(grant) = self.identity.allows(start, &made) {
                let means = format!("iam:PassRole + {start}");
                self.link(Vertex::Role(name.to_owned()), &means, pass.clone().and(grant));
            }
        }
    }

    fn instances(&mut self) {
        let shells: Vec<&str> = SHELLS.into_iter().filter(|action| self.ever(action)).collect();
        for (id, _) in self.account.instances.iter().filter(|(_, i)| i.state == "running") {
            let arn = Vertex::Instance(id.clone()).resource(self.account).arn;
            for action in &shells {
                self.link_if_allowed(Vertex::Instance(id.clone()), action, &arn);
            }
        }
    }

    fn data(&mut self) {
        for name in self.account.buckets.keys() {
            let objects = format!("arn:{}:s3:::{name}/*", self.account.partition);
            if self.identity.denies("s3:GetObject", &objects) {
                continue;
            }
            let allowed = self.identity.allows("s3:GetObject", &objects);
            if let Some(grant) =
                bucket_access(self.policies.buckets.get(name), &objects, self.caller, allowed)
            {
                self.link(Vertex::Bucket(name.clone()), "s3:GetObject", grant);
            }
        }
        for arn in self.account.secrets.keys() {
            self.link_if_allowed(Vertex::Secret(arn.clone()), "secretsmanager:GetSecretValue", arn);
        }
    }
}

/// Whether a customer may change a role: not where it belongs to a service or to Identity Center.
fn is_editable(role: &Role) -> bool {
    !role.path.starts_with("/aws-service-role/") && !role.path.starts_with("/aws-reserved/")
}
