"""That everything is connected, watched and kept as ARCHITECTURE.md and docs/ say."""

import json
import re
import subprocess
import tempfile
import unittest

from templates import ROOT, Stack, load
from test_rights import EVERYTHING

AGENTS = ("telemetry", "detection", "supervisor", "forensics", "response", "compliance", "console")


def queues(stack):
    return {properties["QueueName"]: properties for _, properties in stack.of_type("AWS::SQS::Queue")}


def check_queues(stack):
    """Each queue has a dead-letter queue, and each of those an alarm."""
    found = queues(stack)
    watched = {
        dimension["Value"]
        for _, alarm in stack.of_type("AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible" and alarm["AlarmActions"]
        for dimension in alarm["Dimensions"]
    }
    dead = {name for name in found if "-dead" in name or name == "asoc-undelivered"}
    assert dead == watched, dead ^ watched
    for name in found.keys() - dead:
        target = found[name]["RedrivePolicy"]["deadLetterTargetArn"].rsplit(":", 1)[1]
        assert target in dead and target.endswith(".fifo") == name.endswith(".fifo"), name


def check_time_outs(stack):
    """Lambda refuses a queue whose messages come back before a function has given up; a workflow must see the error."""
    for name, function in stack.of_type("AWS::Serverless::Function"):
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                queue = queues(stack)[event["Properties"]["Queue"].rsplit(":", 1)[1]]
                assert queue["VisibilityTimeout"] >= function["Timeout"], name
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert "ReservedConcurrentExecutions" not in function, name
    timeouts = {p["FunctionName"]: p["Timeout"] for _, p in stack.of_type("AWS::Serverless::Function")}
    for agent in ("supervisor", "forensics", "response"):
        assert timeouts[f"asoc-{agent}"] < 60, agent
    assert timeouts["asoc-console"] < 30
    # After three minutes the console takes a decision whose calls are not known to be made for left half done.
    assert max(timeouts.values()) < 180


def check_retention(stack):
    for name, properties in stack.of_type("AWS::Logs::LogGroup"):
        assert int(properties.get("RetentionInDays", 0)) > 0, name


class WiringTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("template.yaml", EVERYTHING)
        cls.plain = Stack("template.yaml")

    def test_queues_functions_and_logs(self):
        for stack in (self.stack, self.plain):
            for check in (check_queues, check_time_outs, check_retention):
                check(stack)

    def test_every_agent_is_deployed_with_a_log_and_a_role(self):
        functions = {p["FunctionName"]: p for _, p in self.stack.of_type("AWS::Serverless::Function")}
        self.assertEqual(set(functions), {f"asoc-{agent}" for agent in AGENTS})
        groups = {p["LogGroupName"] for _, p in self.stack.of_type("AWS::Logs::LogGroup")}
        for agent in AGENTS:
            function = functions[f"asoc-{agent}"]
            self.assertTrue((ROOT / "functions" / agent / "src/main.rs").exists())
            self.assertEqual(function["Role"], f"arn:aws:iam::111122223333:role/asoc-{agent}-eu-central-1")
            self.assertIn(f"/aws/lambda/asoc-{agent}", groups)
            self.assertEqual(function["LoggingConfig"]["LogGroup"], f"/aws/lambda/asoc-{agent}")

    def test_the_layer_is_the_policies_in_one_file(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["make", "--silent", "build-Policies", f"ARTIFACTS_DIR={folder}"], cwd=ROOT, check=True)
            packed = subprocess.run(["tar", "-tf", f"{folder}/policies.tar"], capture_output=True, text=True, check=True).stdout.split()
        self.assertIn("./authorization/settings.json", packed)
        wanted = [f for f in (ROOT / "policies/detections").glob("*.yml")]
        self.assertEqual(len(wanted), sum(name.startswith("./detections/") and name.endswith(".yml") for name in packed))
        self.assertFalse([name for name in packed if name.endswith((".tests.json", "_test.rego"))])
        self.assertEqual(self.stack.template["Globals"]["Function"]["Environment"]["Variables"]["ASOC_POLICIES"], "/opt/policies.tar")

    def test_every_function_is_built_of_its_own_program(self):
        """What sam asks make for, by logical id."""
        with tempfile.TemporaryDirectory() as folder:
            for name, resource in self.stack.resources.items():
                if resource["Type"] != "AWS::Serverless::Function":
                    continue
                self.assertEqual(resource["Metadata"], {"BuildMethod": "makefile"})
                asked = ["make", "--dry-run", f"build-{name}", f"ARTIFACTS_DIR={folder}", "CARGO_TARGET_DIR=/builds"]
                words = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
                self.assertIn("--release --arm64", words)
                agent = resource["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
                self.assertIn(f"cp /builds/lambda/{agent}/bootstrap {folder}/", words)

    def test_functions_are_told_all_that_they_ask(self):
        """Each `ASOC_…` that a function's own code or the host reads is set, by name."""
        shared = self.stack.resolve(self.stack.template["Globals"])["Function"]["Environment"]["Variables"]
        functions = {p["FunctionName"].removeprefix("asoc-"): p for _, p in self.stack.of_type("AWS::Serverless::Function")}
        for agent, function in functions.items():
            told = set(shared) | set(function.get("Environment", {}).get("Variables", {}))
            files = [*(ROOT / "functions" / agent / "src/lambda").rglob("*.rs"), ROOT / "functions" / agent / "src/main.rs"]
            files += (ROOT / "shared/aws/src").rglob("*.rs")
            asked = {name for file in files if file.exists() for name in re.findall(r'"(ASOC_[A-Z_]+)"', file.read_text())}
            self.assertLessEqual(asked, told | {"ASOC_MODEL"}, agent)

    def test_workflows_are_given_all_that_they_name(self):
        machines = dict(self.stack.of_type("AWS::Serverless::StateMachine"))
        for name, machine in machines.items():
            text = (ROOT / machine["DefinitionUri"]).read_text()
            self.assertEqual(set(re.findall(r"\$\{(\w+)\}", text)), set(machine["DefinitionSubstitutions"]), name)
            json.loads(re.sub(r"\$\{\w+\}", "x", text))
            # A task token in a log would let its reader answer an approval.
            self.assertIs(machine["Logging"]["IncludeExecutionData"], False)
        self.assertEqual({m["Name"] for m in machines.values()}, {"asoc-incident", "asoc-undo"})

    def test_each_message_goes_where_it_should(self):
        rules = {p["Name"]: p for _, p in self.stack.of_type("AWS::Events::Rule") if p.get("EventBusName") == "asoc"}
        ways = {
            (tuple(rule["EventPattern"].get("detail", {}).get("receiver", ["*"])), rule["Targets"][0]["Arn"].rsplit(":", 1)[1])
            for rule in rules.values()
        }
        self.assertEqual(ways, {
            (("detection",), "asoc-alerts"), (("supervisor",), "asoc-reports.fifo"), (("*",), "asoc-seal.fifo"), (("*",), "asoc-broadcast"),
        })
        for rule in rules.values():
            self.assertEqual((rule["EventPattern"]["source"], rule["EventPattern"]["detail-type"]), (["asoc"], ["Message"]))
            fifo = rule["Targets"][0]["Arn"].endswith(".fifo")
            self.assertEqual("SqsParameters" in rule["Targets"][0], fifo)
            self.assertIn("DeadLetterConfig", rule["Targets"][0])

    def test_the_pipe_carries_a_reference_and_nothing_else(self):
        ((_, pipe),) = self.stack.of_type("AWS::Pipes::Pipe")
        fields = re.findall(r'"(\w+)": "<\$\.dynamodb\.NewImage\.(\w+)\.[SN]>"', pipe["TargetParameters"]["InputTemplate"])
        self.assertEqual(fields, [(name, name) for name in ("seq", "count", "receiver", "kind")])
        self.assertEqual(json.loads(pipe["SourceParameters"]["FilterCriteria"]["Filters"][0]["Pattern"]), {"eventName": ["INSERT"]})
        self.assertNotIn("IncludeExecutionData", pipe["LogConfiguration"])

    def test_routes_without_sign_in_are_throttled(self):
        routes = [p for _, p in self.stack.of_type("AWS::ApiGatewayV2::Route")]
        stages = {p["StageName"]: p for _, p in self.stack.of_type("AWS::ApiGatewayV2::Stage")}
        free = {r["RouteKey"] for r in routes if r["AuthorizationType"] == "NONE" and not r["RouteKey"].startswith("$")}
        self.assertEqual(free, {"POST /v1/webhooks", "POST /v1/webhooks/{mapping}", "POST /v1/slack"})
        self.assertEqual(set(stages["$default"]["RouteSettings"]), free)
        connect = next(r for r in routes if r["RouteKey"] == "$connect")
        self.assertEqual(connect["AuthorizationType"], "CUSTOM")
        for stage in stages.values():
            self.assertNotRegex(stage["AccessLogSettings"]["Format"], "(?i)querystring|ticket|token|authorization")

    def test_people_cannot_name_their_own_principals(self):
        ((_, client),) = self.stack.of_type("AWS::Cognito::UserPoolClient")
        self.assertNotIn("custom:principals", client["WriteAttributes"])
        self.assertIn("custom:principals", client["ReadAttributes"])
        self.assertFalse(client["GenerateSecret"])
        ((_, pool),) = self.stack.of_type("AWS::Cognito::UserPool")
        self.assertTrue(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"])
        self.assertEqual(pool["MfaConfiguration"], "ON")
        groups = {p["GroupName"] for _, p in self.stack.of_type("AWS::Cognito::UserPoolGroup")}
        self.assertEqual(groups, {"viewer", "analyst", "approver", "admin"})

    def test_the_ledger_is_locked_for_years_only_in_production(self):
        def lock(stack):
            bucket = next(p for name, p in stack.of_type("AWS::S3::Bucket") if name == "Ledger")
            return bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]

        self.assertEqual(lock(self.stack), {"Mode": "COMPLIANCE", "Years": 7})
        self.assertEqual(lock(self.plain), {"Mode": "GOVERNANCE", "Days": 1})

    def test_buckets_are_closed(self):
        policies = {p["Bucket"] for _, p in self.stack.of_type("AWS::S3::BucketPolicy") if "aws:SecureTransport" in str(p)}
        for name, bucket in self.stack.of_type("AWS::S3::Bucket"):
            self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True}, name)
            self.assertIn(bucket["BucketName"], policies)

    def test_tables_can_be_restored(self):
        brief = {"asoc-executions", "asoc-credentials", "asoc-connections", "asoc-notices"}
        for _, table in self.stack.of_type("AWS::DynamoDB::Table"):
            backed_up = table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
            self.assertTrue(backed_up or table["TableName"] in brief, table["TableName"])
            self.assertIs(table["DeletionProtectionEnabled"], True, table["TableName"])

    def test_nothing_is_contained_unless_asked(self):
        ask = load("template.yaml")["Parameters"]["ContainKinds"]
        self.assertEqual(ask["Default"], "")
        self.assertEqual(self.plain.resolve(self.plain.template["Globals"])["Function"]["Environment"]["Variables"]["ASOC_CONTAIN"], "")

    def test_the_page_may_connect_only_to_its_own(self):
        ((_, headers),) = self.stack.of_type("AWS::CloudFront::ResponseHeadersPolicy")
        policy = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        self.assertEqual(directives["default-src"], "'none'")
        self.assertNotIn("unsafe", policy)
        # CloudFront takes values of at most 1,783 characters; the export has about a dozen hashes of 53.
        self.assertLess(len(policy) + 20 * 54, 1783)
        self.assertEqual(directives["connect-src"].split(), [
            "'self'", "wss://<SocketApi>.execute-api.eu-central-1.amazonaws.com",
            "https://asoc-111122223333.auth.eu-central-1.amazoncognito.com",
        ])

    def test_every_alarm_is_explained(self):
        text = (ROOT / "infra/docs/operations.md").read_text()
        for _, alarm in self.stack.of_type("AWS::CloudWatch::Alarm"):
            self.assertIn(f"`{alarm['AlarmName'].removeprefix('asoc-')}`", text)
            self.assertTrue(alarm["AlarmActions"])

    def test_a_gap_is_noticed(self):
        for name, spoil, check in [
            ("no dead letters", lambda s: s.nested["Messages"].resources["Seal"]["Properties"].pop("RedrivePolicy"), check_queues),
            ("no alarm", lambda s: s.nested["Watch"].resources.pop("SealDead"), check_queues),
            ("no retention", lambda s: s.nested["Doors"].resources["HttpLog"]["Properties"].pop("RetentionInDays"), check_retention),
            ("too patient", lambda s: s.resources["Response"]["Properties"].update(Timeout=60), check_time_outs),
        ]:
            stack = Stack("template.yaml")
            spoil(stack)
            with self.subTest(name), self.assertRaises((AssertionError, KeyError)):
                check(stack)


if __name__ == "__main__":
    unittest.main()
