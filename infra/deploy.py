"""Deploys one environment of samconfig.toml: `make deploy ENV=dev`.

1. `{stack}-global` in us-east-1: the web ACL, and the alarm on A-SOC's own rights.
2. The stack itself, built and deployed by sam, with the hashes of the dashboard's inline scripts.
3. The dashboard: its files, then its configuration, then the edge is told that they are new.

Can be repeated at any time; what is as it should be stays.
"""

import json
import mimetypes
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[1]
EXPORT = ROOT / "dashboard/out"
# Where CloudFront takes its web ACL from, and where IAM's events are, by partition.
HOME = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}


def main(environment, *options):
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    if environment not in config:
        sys.exit(f"samconfig.toml has no environment {environment}; it has dev, staging and production")
    settings = config[environment]["deploy"]["parameters"]
    stack, region = settings["stack_name"], settings["region"]
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", stack) or re.search("aws|amazon|cognito", stack):
        sys.exit(f"{stack}: at most 20 small letters, digits and hyphens, without aws, amazon or cognito (Cognito refuses those)")
    parameters = dict(pair.split("=", 1) for pair in settings["parameter_overrides"])

    session = boto3.Session(region_name=region)
    partition = session.get_partition_for_region(region)
    parameters.setdefault("Edge", "true" if partition == "aws" else "false")

    deploy_global(session, HOME[partition], stack, parameters, options)
    if parameters["Edge"] == "true":
        parameters["WebAcl"] = outputs(boto3.Session(region_name=HOME[partition]), f"{stack}-global")["WebAcl"]
        parameters["ScriptHashes"] = " ".join(json.loads((EXPORT / "csp.json").read_text())["scripts"])

    sam("build")
    sam("deploy", "--config-env", environment, "--no-fail-on-empty-changeset", *options, *overrides(parameters))
    told = outputs(session, stack)
    if parameters["Edge"] == "true":
        publish(session, told)
    print(f"\nThe dashboard: {told['Dashboard'] or 'yours to serve, with ' + json.dumps(configuration(told))}")
    print(f"People: {told['UserPool']}. Logs are to be delivered to {told['RawBucket']}.")


def sam(*words):
    """Runs sam, and stops if it fails."""
    if subprocess.run(["sam", *words], cwd=ROOT).returncode:
        sys.exit(f"sam {words[0]} failed; what it says stands above")


def overrides(parameters):
    return ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]


def deploy_global(session, region, stack, parameters, options):
    shared = {"Stack": stack, "Operators": parameters.get("Operators", "")}
    sam(
        "deploy", "--template-file", "infra/global.yaml", "--stack-name", f"{stack}-global", "--region", region,
        "--resolve-s3", "--capabilities", "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset", *options, *overrides(shared),
    )  # fmt: skip


def outputs(session, stack):
    (described,) = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def configuration(told):
    """What the dashboard reads when it starts."""
    sign_in = {"authority": told["Authority"], "domain": told["SignIn"], "client": told["Client"]}
    # What exists only where A-SOC runs on one machine is left out: no drills, no links for people, no upload.
    return {"api": told["Api"], "socket": told["Socket"], "signIn": sign_in, "features": []}


def publish(session, told):
    """Uploads the export. Files whose name holds their digest first, so that no page asks for one that is not there yet."""
    s3 = session.client("s3")
    files = sorted((f for f in EXPORT.rglob("*") if f.is_file()), key=lambda f: "_next/static" not in f.as_posix())
    for file in files:
        name = file.relative_to(EXPORT).as_posix()
        if name in ("config.json", "csp.json"):
            continue
        put(s3, told["DashboardBucket"], name, file.read_bytes())
    put(s3, told["DashboardBucket"], "config.json", json.dumps(configuration(told)).encode())
    paths = {"Quantity": 1, "Items": ["/*"]}
    session.client("cloudfront").create_invalidation(
        DistributionId=told["Distribution"], InvalidationBatch={"Paths": paths, "CallerReference": str(time.time_ns())}
    )
    print(f"{len(files) - 1} files of the dashboard are published")


def put(s3, bucket, name, body):
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # What never changes under its name may be kept for ever; everything else is asked for each time.
    keep = "public, max-age=31536000, immutable" if name.startswith("_next/static/") else "no-cache"
    s3.put_object(Bucket=bucket, Key=name, Body=body, ContentType=kind, CacheControl=keep)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["dev"]))
