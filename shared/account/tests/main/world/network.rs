//! A network with an instance in it.

use aws_config::SdkConfig;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, EbsInstanceBlockDeviceSpecification, IamInstanceProfileSpecification,
    InstanceBlockDeviceMappingSpecification, InstanceNetworkInterfaceSpecification, IpPermission, IpRange,
    Ipv6Range, ResourceType, Tag, TagSpecification, UserIdGroupPair,
};

use super::{ACCOUNT, ROLE};

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

/// Needs [`super::identities`]. The instance has two interfaces, an Elastic address, two volumes, a profile, and is a target.
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
