"""The deployment's own steps, against moto's S3 and CloudFront."""

import contextlib
import io
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock

import boto3
import botocore.session
from botocore import xform_name
from moto import mock_aws
from samcli.cli.types import CfnParameterOverridesType

from templates import ROOT, load

sys.path.insert(0, str(ROOT / "infra"))
import deploy  # noqa: E402

TOLD = {
    "Api": "https://d1.cloudfront.net", "Socket": "wss://s.execute-api.eu-central-1.amazonaws.com/live", "Client": "client",
    "Authority": "https://cognito-idp.eu-central-1.amazonaws.com/pool", "SignIn": "https://asoc-1.auth.eu-central-1.amazoncognito.com",
    "DashboardBucket": "files",
}  # fmt: skip


class DeployTest(unittest.TestCase):
    @mock_aws
    def test_the_dashboard_is_published(self):
        session = boto3.Session("a", "b", region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="files")
        made = session.client("cloudfront").create_distribution(DistributionConfig={
            "CallerReference": "1", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "x", "DomainName": "files.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "x", "ViewerProtocolPolicy": "https-only"},
        })  # fmt: skip
        told = TOLD | {"Distribution": made["Distribution"]["Id"]}
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(deploy, "EXPORT", Path(folder)):
            for name in ("index.html", "incident/index.html", "_next/static/a1.js", "csp.json", "config.json"):
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("local")
            with contextlib.redirect_stdout(io.StringIO()):
                deploy.publish(session, told)
        kept = {o["Key"]: s3.head_object(Bucket="files", Key=o["Key"]) for o in s3.list_objects_v2(Bucket="files")["Contents"]}
        self.assertEqual(set(kept), {"index.html", "incident/index.html", "_next/static/a1.js", "config.json"})
        self.assertIn("immutable", kept["_next/static/a1.js"]["CacheControl"])
        self.assertEqual(kept["index.html"]["CacheControl"], "no-cache")
        self.assertEqual(kept["index.html"]["ContentType"], "text/html")
        config = json.loads(s3.get_object(Bucket="files", Key="config.json")["Body"].read())
        self.assertEqual(set(config), {"api", "socket", "signIn", "features"})
        self.assertEqual(set(config["signIn"]), {"authority", "domain", "client"})

    def test_sam_reads_what_it_is_told(self):
        given = {"ScriptHashes": "'sha256-a+/=' 'sha256-b'", "BreakGlass": "arn:aws:iam::1:role/a,arn:aws:iam::1:role/b", "ContainKinds": ""}
        words = deploy.overrides(given)
        self.assertEqual(words[0], "--parameter-overrides")
        self.assertEqual(CfnParameterOverridesType().convert(tuple(words[1:]), None, None), given)

    def test_environments_ask_only_what_the_template_asks(self):
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())
        asked = load("template.yaml")["Parameters"]
        for name in ("dev", "staging", "production"):
            settings = config[name]["deploy"]["parameters"]
            self.assertRegex(settings["stack_name"], r"^[a-z][a-z0-9-]{0,19}$")
            for pair in settings["parameter_overrides"]:
                key, value = pair.split("=", 1)
                self.assertIn(key, asked)
                self.assertIn(value, [str(v) for v in asked[key].get("AllowedValues", [value])])
            self.assertNotIn("ContainKinds", str(settings["parameter_overrides"]))

    def test_kinds_are_those_of_the_actions(self):
        source = (ROOT / "shared/domain/src/action.rs").read_text()
        kinds = set(re.findall(r'Action::\w+ \{ \.\. \} => "(\w+)"', source))
        for name in ("samconfig.toml", "infra/docs/deploy.md"):
            text = (ROOT / name).read_text()
            for kind in kinds:
                self.assertIn(kind, text)
        self.assertTrue(kinds)

    def test_guides_name_commands_that_exist(self):
        session, seen = botocore.session.get_session(), set()
        for guide in [ROOT / "README.md", *(ROOT / "infra/docs").glob("*.md")]:
            text = re.sub(r"\\?\n\s*(?=--)", " ", guide.read_text())
            for service, command, rest in re.findall(r"\baws (s3api|[a-z][a-z0-9-]*) ([a-z][a-z-]+)([^`\n]*)", text):
                if service == "s3":
                    continue
                model = session.get_service_model(service.removesuffix("api"))
                operations = {xform_name(name, "-"): name for name in model.operation_names}
                takes = model.operation_model(operations[command]).input_shape
                given = set(re.findall(r"--([a-z-]+)", rest))
                self.assertLessEqual(given, {xform_name(name, "-") for name in takes.members}, command)
                self.assertGreaterEqual(given, {xform_name(name, "-") for name in takes.required_members}, command)
                seen.add(command)
            for target in re.findall(r"(?m)(?:^|`|`AWS_\S+ )make ([a-z-]+)", text):
                subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=True)
                seen.add(target)
        self.assertGreaterEqual(seen, {"admin-create-user", "continue-update-rollback", "up", "deploy", "check", "bench"})


if __name__ == "__main__":
    unittest.main()
