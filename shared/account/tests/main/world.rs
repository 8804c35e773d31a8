//! An account to look at and to contain, built by AWS's own calls.

use std::{sync::Arc, time::Duration};

use account::AwsAccount;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_ec2::types::{
    AttributeBooleanValue, EbsInstanceBlockDeviceSpecification, IamInstanceProfileSpecification,
    InstanceBlockDeviceMappingSpecification, InstanceNetworkInterfaceSpecification, IpPermission, IpRange,
    Ipv6Range, ResourceType, Tag, TagSpecification, UserIdGroupPair,
};
use cloud::Moto;
use serde_json::{Value, json};

pub(crate) const REGION: &str = "us-east-1";
/// What moto calls the account.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const USER: &str = "ci-deploy";
pub(crate) const ROLE: &str = "web-app";
pub(crate) const BUCKET: &str = "asoc-test-exports";
pub(crate) const FAR_BUCKET: &str = "asoc-test-elsewhere";

/// How the SDKs reach an endpoint.
pub(crate) async fn config(url: &str) -> SdkConfig {
    let credentials = aws_sdk_sts::config::Credentials::new("AKIATEST", "secret", None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .load()
        .await
}

/// A running endpoint and the account in it.
pub(crate) struct World {
    pub(crate) moto: Moto,
    pub(crate) config: SdkConfig,
    pub(crate) account: Arc<AwsAccount>,
}

impl World {
    /// An account with nothing in it but what moto puts there.
    pub(crate) async fn empty() -> Self {
        let moto = Moto::start().await.unwrap();
        let config = config(moto.url()).await;
        Self { account: Arc::new(AwsAccount::new(&config)), moto, config }
    }
}

pub(crate) fn trust(service: &str) -> Value {
    let principal = json!({ "Service": service });
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }],
    })
}

pub(crate) fn allow(action: &str) -> Value {
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*", "Sid": "With100Percent" });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A user with two keys, a password, a group and policies; a role with an inline policy.
pub(crate) async fn identities(config: &SdkConfig) -> [String; 2] {
    use aws_sdk_iam::types::{StatusType, Tag};
    let iam = aws_sdk_iam::Client::new(config);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    iam.create_group().group_name("developers").send().await.unwrap();
    let document = allow("ec2:Describe*").to_string();
    let own = iam.create_policy().policy_name("look").policy_document(&document).send().await.unwrap();
    let own = own.policy.unwrap().arn.unwrap();
    iam.attach_group_policy().group_name("developers").policy_arn(&own).send().await.unwrap();
    iam.put_group_policy()
        .group_name("developers")
        .policy_name("logs")
        .policy_document(allow("logs:Get*").to_string())
        .send()
        .await
        .unwrap();

    iam.create_user().user_name(USER).tags(tag("team", "platform")).send().await.unwrap();
    iam.add_user_to_group().user_name(USER).group_name("developers").send().await.unwrap();
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    iam.attach_user_policy().user_name(USER).policy_arn(read_only).send().await.unwrap();
    iam.put_user_policy()
        .user_name(USER)
        .policy_name("assume")
        .policy_document(allow("sts:AssumeRole").to_string())
        .send()
        .await
        .unwrap();
    iam.create_login_profile().user_name(USER).password("Not-a-secret-1").send().await.unwrap();
    let key = || async {
        let key = iam.create_access_key().user_name(USER).send().await.unwrap().access_key.unwrap();
        key.access_key_id
    };
    let keys = [key().await, key().await];
    let asleep = iam.update_access_key().user_name(USER).access_key_id(&keys[1]);
    asleep.status(StatusType::Inactive).send().await.unwrap();

    iam.create_role()
        .role_name(ROLE)
        .assume_role_policy_document(trust("ec2.amazonaws.com").to_string())
        .max_session_duration(7200)
        .tags(tag("team", "storefront"))
        .send()
        .await
        .unwrap();
    iam.put_role_policy()
        .role_name(ROLE)
        .policy_name("storefront")
        .policy_document(allow("s3:GetObject").to_string())
        .send()
        .await
        .unwrap();
    iam.attach_role_policy().role_name(ROLE).policy_arn(&own).send().await.unwrap();
    iam.create_instance_profile().instance_profile_name(ROLE).send().await.unwrap();
    let call = iam.add_role_to_instance_profile().instance_profile_name(ROLE).role_name(ROLE);
    call.send().await.unwrap();
    iam.create_instance_profile().instance_profile_name("empty").send().await.unwrap();
    keys
}

/// Two buckets, the second in another region; a trail that is stopped; a secret. Answers the ARNs of the latter.
pub(crate) async fn storage(config: &SdkConfig) -> [String; 2] {
    use aws_sdk_s3::types::{
        BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tag, Tagging,
    };
    let s3 = aws_sdk_s3::Client::new(config);
    s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let tags = Tagging::builder().tag_set(Tag::builder().key("team").value("data").build().unwrap());
    s3.put_bucket_tagging().bucket(BUCKET).tagging(tags.build().unwrap()).send().await.unwrap();
    s3.put_bucket_policy().bucket(BUCKET).policy(bucket_policy().to_string()).send().await.unwrap();
    let half = PublicAccessBlockConfiguration::builder().block_public_acls(true).ignore_public_acls(true);
    let half = half.block_public_policy(false).restrict_public_buckets(false).build();
    let call = s3.put_public_access_block().bucket(BUCKET).public_access_block_configuration(half);
    call.send().await.unwrap();

    let there = config.to_builder().region(Region::new("eu-west-1")).build();
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let call = aws_sdk_s3::Client::new(&there).create_bucket().bucket(FAR_BUCKET);
    call.create_bucket_configuration(place.build()).send().await.unwrap();

    let trails = aws_sdk_cloudtrail::Client::new(config);
    let trail = trails.create_trail().name("org-trail").s3_bucket_name(BUCKET).send().await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(config);
    let tag = aws_sdk_secretsmanager::types::Tag::builder().key("team").value("payments").build();
    let secret = secrets.create_secret().name("prod/payment").secret_string("x").tags(tag).send().await;
    [trail.trail_arn.unwrap(), secret.unwrap().arn.unwrap()]
}

pub(crate) fn bucket_policy() -> Value {
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/covers%20new/*"),
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A VPC with an instance in it.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) vpc: String,
    pub(crate) public: String,
    pub(crate) private: String,
    pub(crate) acl: String,
    pub(crate) web: String,
    pub(crate) admin: String,
    pub(crate) instance: String,
    /// The primary interface, then the second.
    pub(crate) interfaces: [String; 2],
    pub(crate) volumes: [String; 2],
    pub(crate) allocation: String,
    pub(crate) target_group: String,
}

/// Needs [`identities`]. The instance has two interfaces, an Elastic address, two volumes, a profile, and is a target.
pub(crate) async fn network(config: &SdkConfig) -> Network {
    let ec2 = aws_sdk_ec2::Client::new(config);
    let vpc = ec2.create_vpc().cidr_block("10.7.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let subnet = |cidr: &'static str| {
        let call = ec2.create_subnet().vpc_id(&vpc).cidr_block(cidr).availability_zone("us-east-1a");
        async { call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap() }
    };
    let (public, private) = (subnet("10.7.1.0/24").await, subnet("10.7.2.0/24").await);
    let gateway = ec2.create_internet_gateway().send().await.unwrap().internet_gateway.unwrap();
    let gateway = gateway.internet_gateway_id.unwrap();
    ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send().await.unwrap();
    let table = ec2.create_route_table().vpc_id(&vpc).send().await.unwrap().route_table.unwrap();
    let table = table.route_table_id.unwrap();
    let route = ec2.create_route().route_table_id(&table).destination_cidr_block("0.0.0.0/0");
    route.gateway_id(&gateway).send().await.unwrap();
    ec2.associate_route_table().route_table_id(&table).subnet_id(&public).send().await.unwrap();
    let of_vpc = aws_sdk_ec2::types::Filter::builder().name("vpc-id").values(&vpc).build();
    let acls = ec2.describe_network_acls().filters(of_vpc).send().await.unwrap().network_acls.unwrap();
    let acl = acls[0].network_acl_id.clone().unwrap();

    let admin = group(&ec2, &vpc, "admin").await;
    let web = group(&ec2, &vpc, "web").await;
    let anyone = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443)
        .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
        .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build());
    let maintenance = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(22)
        .to_port(22)
        .user_id_group_pairs(UserIdGroupPair::builder().group_id(&admin).build());
    let call = ec2.authorize_security_group_ingress().group_id(&web);
    call.ip_permissions(anyone.build()).ip_permissions(maintenance.build()).send().await.unwrap();

    let (instance, interfaces) = launch(&ec2, [&public, &private], [&web, &admin]).await;
    let volumes = volumes(&ec2, &instance).await;
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/{ROLE}");
    let profile = IamInstanceProfileSpecification::builder().arn(profile).name(ROLE).build();
    let call = ec2.associate_iam_instance_profile().instance_id(&instance).iam_instance_profile(profile);
    call.send().await.unwrap();
    let allocation = ec2.allocate_address().send().await.unwrap().allocation_id.unwrap();
    let call = ec2.associate_address().allocation_id(&allocation).network_interface_id(&interfaces[0]);
    call.send().await.unwrap();

    let target_group = register(config, &vpc, &instance).await;
    Network { vpc, public, private, acl, web, admin, instance, interfaces, volumes, allocation, target_group }
}

async fn group(ec2: &aws_sdk_ec2::Client, vpc: &str, name: &str) -> String {
    let call = ec2.create_security_group().vpc_id(vpc).group_name(name).description(format!("for {name}"));
    call.send().await.unwrap().group_id.unwrap()
}

async fn launch(
    ec2: &aws_sdk_ec2::Client,
    subnets: [&String; 2],
    groups: [&String; 2],
) -> (String, [String; 2]) {
    let images = ec2.describe_images().owners("amazon").send().await.unwrap();
    let image = images.images()[0].image_id().unwrap();
    let primary = InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .subnet_id(subnets[0])
        .groups(groups[0])
        .build();
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::Instance)
        .tags(Tag::builder().key("Name").value("web-1").build())
        .build();
    let call = ec2.run_instances().image_id(image).min_count(1).max_count(1).network_interfaces(primary);
    let told = call.tag_specifications(tags).send().await.unwrap();
    let instance = &told.instances()[0];
    let id = instance.instance_id.clone().unwrap();
    let first = instance.network_interfaces()[0].network_interface_id.clone().unwrap();
    let call = ec2.create_network_interface().subnet_id(subnets[1]);
    let second = call.groups(groups[1]).groups(groups[0]).send().await.unwrap();
    let second = second.network_interface.unwrap().network_interface_id.unwrap();
    let call = ec2.attach_network_interface().instance_id(&id).network_interface_id(&second);
    call.device_index(1).send().await.unwrap();
    let stays = AttributeBooleanValue::builder().value(false).build();
    let call = ec2.modify_instance_attribute().instance_id(&id).disable_api_termination(stays);
    call.send().await.unwrap();
    (id, [first, second])
}

/// The root volume, which goes with the instance, and another one, which stays.
async fn volumes(ec2: &aws_sdk_ec2::Client, instance: &str) -> [String; 2] {
    let told = ec2.describe_instances().instance_ids(instance).send().await.unwrap();
    let root = &told.reservations()[0].instances()[0].block_device_mappings()[0];
    let root = root.ebs().unwrap().volume_id.clone().unwrap();
    let more = ec2.create_volume().size(8).availability_zone("us-east-1a").send().await.unwrap();
    let more = more.volume_id.unwrap();
    let call = ec2.attach_volume().volume_id(&more).instance_id(instance).device("/dev/xvdb");
    call.send().await.unwrap();
    for (device, goes) in [("/dev/sda1", true), ("/dev/xvdb", false)] {
        let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(goes).build();
        let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device).ebs(ebs).build();
        let call = ec2.modify_instance_attribute().instance_id(instance).block_device_mappings(mapping);
        call.send().await.unwrap();
    }
    [root, more]
}

async fn register(config: &SdkConfig, vpc: &str, instance: &str) -> String {
    use aws_sdk_elasticloadbalancingv2::types::{ProtocolEnum, TargetDescription, TargetTypeEnum};
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(config);
    let call = elb.create_target_group().name("web").vpc_id(vpc).protocol(ProtocolEnum::Https).port(443);
    let told = call.target_type(TargetTypeEnum::Instance).send().await.unwrap();
    let arn = told.target_groups()[0].target_group_arn.clone().unwrap();
    let target = TargetDescription::builder().id(instance).port(8443).build();
    elb.register_targets().target_group_arn(&arn).targets(target).send().await.unwrap();
    arn
}

/// An auto scaling group of one instance of its own, which this instance joins.
pub(crate) async fn join_group(config: &SdkConfig, network: &Network) {
    let autoscaling = aws_sdk_autoscaling::Client::new(config);
    let call = autoscaling.create_launch_configuration().launch_configuration_name("web");
    call.image_id("ami-12c6146b").instance_type("t2.micro").send().await.unwrap();
    autoscaling
        .create_auto_scaling_group()
        .auto_scaling_group_name("web")
        .launch_configuration_name("web")
        .min_size(1)
        .desired_capacity(1)
        .max_size(20)
        .vpc_zone_identifier(&network.private)
        .send()
        .await
        .unwrap();
    let call = autoscaling.attach_instances().auto_scaling_group_name("web");
    call.instance_ids(&network.instance).send().await.unwrap();
}
