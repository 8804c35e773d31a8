"""Sets up what an AWS-compatible endpoint without a licence can do: `AWS_ENDPOINT_URL=http://localhost:4566 make localstack`.

Tables, buckets, key, queues, bus and rules, from the same templates as on AWS, and secrets. LocalStack's community edition has no
pipes, HTTP APIs, Cognito, CloudFront or web ACLs, so those are left out, by name. Prints what a function needs to be run
by hand: `cargo lambda watch`, then `cargo lambda invoke`.
"""

import os
import sys
from secrets import token_hex

import boto3
import yaml
from botocore.exceptions import ClientError, WaiterError

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "tests"))
from templates import Stack  # noqa: E402

STACK = "asoc-local"
LEFT_OUT = {"AWS::Pipes::Pipe", "AWS::SecretsManager::Secret", "AWS::SQS::QueuePolicy"}
PLAIN = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def main():
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        sys.exit("AWS_ENDPOINT_URL is not set: this is for LocalStack and the like; `make deploy` is for AWS")
    session = boto3.Session(**PLAIN)
    told = {}
    for part, parameters in [
        ("tables", {"Stack": STACK, "Protect": "false"}),
        ("storage", {"Stack": STACK, "Protect": "false"}),
        ("messages", {"Stack": STACK, "LogDays": "7"}),
    ]:
        if part == "messages":
            parameters["LogStream"] = told["LogStream"]
        told |= create(session.client("cloudformation"), part, parameters)
    print(f"\nexport AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test")
    print(f"export ASOC_STACK={STACK} ASOC_POLICIES=policies ASOC_CONTAIN=")
    print(f"export ASOC_ARCHIVE={told['Archive']} ASOC_LEDGER={told['Ledger']} ASOC_KEY={told['TokenKey']}")
    print(f"export ASOC_DELIVERIES={told['DeliveriesUrl']}")
    for secret in ("ledger", "webhook"):
        print(f"export ASOC_SECRET_{secret.upper()}={keep(session.client('secretsmanager'), secret)}")


def create(cloudformation, part, parameters):
    """A stack of one template, made or brought up to date. Its outputs."""
    stack = Stack(f"infra/{part}.yaml", parameters)
    resources = {}
    for name, resource in stack.resources.items():
        if resource["Type"] in LEFT_OUT:
            print(f"{part}: {name} is left out ({resource['Type']})")
            continue
        resources[name] = {key: value for key, value in resource.items() if key not in ("Metadata", "Condition")}
        # Not every such endpoint can make a key with tags.
        resources[name]["Properties"].pop("Tags", None)
    outputs = {k: v for k, v in stack.template["Outputs"].items() if v["Value"].get("Ref") not in stack.resources.keys() - resources.keys()}
    template = {key: value for key, value in stack.template.items() if key in ("Parameters", "Conditions")}
    template |= {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}
    name = f"{STACK}-{part}"
    order = {
        "StackName": name,
        "TemplateBody": yaml.safe_dump(template),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    made = find(cloudformation, name)
    # What failed cannot be brought up to date.
    if made and made["StackStatus"] in ("CREATE_FAILED", "ROLLBACK_COMPLETE"):
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
        made = None
    if made:
        try:
            cloudformation.update_stack(**order)
        except ClientError as refusal:
            if "No updates" not in str(refusal):
                raise
    else:
        cloudformation.create_stack(**order)
        try:
            cloudformation.get_waiter("stack_create_complete").wait(StackName=name)
        except WaiterError:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            why = [f"  {e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
            sys.exit("\n".join([f"the endpoint cannot make the {part}; see its own log, then try again:", *why]))
    made = find(cloudformation, name)
    print(f"{part}: {len(resources)} resources")
    return {output["OutputKey"]: output["OutputValue"] for output in made.get("Outputs", [])}


def keep(secrets, name):
    """A secret of this name, made up if there is none. Its ARN."""
    try:
        return secrets.create_secret(Name=f"{STACK}/{name}", SecretString=token_hex(32))["ARN"]
    except secrets.exceptions.ResourceExistsException:
        return secrets.describe_secret(SecretId=f"{STACK}/{name}")["ARN"]


def find(cloudformation, name):
    """The stack of this name, if there is one."""
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return None
    return next(iter(stacks), None)


if __name__ == "__main__":
    main()
