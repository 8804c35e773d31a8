"""What the rules select, by moto's reading of EventBridge's patterns."""

import json
import unittest

from moto.events.models import EventPattern

from templates import Stack
from test_rights import EVERYTHING

CALL = "AWS API Call via CloudTrail"


def call(source, action, role=None, **parameters):
    issuer = {"sessionContext": {"sessionIssuer": {"userName": role}}}
    return source, CALL, {
        "eventSource": source.replace("aws.", "") + ".amazonaws.com", "eventName": action, "requestParameters": parameters, "userIdentity": issuer,
    }  # fmt: skip


def message(receiver):
    return "asoc", "Message", {"seq": "7", "count": "2", "receiver": receiver, "kind": "ALERT"}


RESPONSE = "asoc-response-eu-central-1"
CASES = [
    ("to-detection", message("detection"), True),
    ("to-detection", message("supervisor"), False),
    ("to-supervisor", message("supervisor"), True),
    ("to-seal", message("console"), True),
    ("to-people", message("console"), True),
    ("files", ("aws.s3", "Object Created", {"bucket": {"name": "asoc-raw-111122223333-eu-central-1"}}), True),
    ("files", ("aws.s3", "Object Created", {"bucket": {"name": "asoc-archive-111122223333-eu-central-1"}}), False),
    ("files", ("aws.s3", "Object Deleted", {"bucket": {"name": "asoc-raw-111122223333-eu-central-1"}}), False),
    ("cloudtrail", call("aws.iam", "CreateAccessKey"), True),
    ("cloudtrail", ("aws.signin", "AWS Console Sign In via CloudTrail", {}), True),
    ("cloudtrail", ("asoc", "Message", {}), False),
    ("findings", ("aws.guardduty", "GuardDuty Finding", {}), True),
    ("findings", ("aws.securityhub", "Security Hub Findings - Imported", {}), True),
    ("findings", ("aws.securityhub", "Security Hub Insight Results", {}), False),
    ("changed", call("aws.lambda", "UpdateFunctionCode20150331v2", functionName="asoc-response"), True),
    ("changed", call("aws.lambda", "UpdateFunctionConfiguration20150331v2", functionName="shop"), False),
    ("changed", call("aws.sqs", "PurgeQueue", queueUrl="https://sqs.eu-central-1.amazonaws.com/111122223333/asoc-seal.fifo"), True),
    ("changed", call("aws.events", "DisableRule", name="asoc-cloudtrail"), True),
    ("changed", call("aws.secretsmanager", "PutSecretValue", secretId="asoc/ledger"), True),
    ("changed", call("aws.secretsmanager", "PutSecretValue", secretId="shop/database"), False),
    ("changed", call("aws.dynamodb", "UpdateTable", tableName="asoc-ledger"), True),
    ("rights-changed", call("aws.iam", "AttachRolePolicy", roleName=RESPONSE), True),
    ("rights-changed", call("aws.iam", "CreatePolicyVersion", policyArn="arn:aws:iam::111122223333:policy/asoc-response-limit-eu-central-1"), True),
    ("rights-changed", call("aws.iam", "AttachRolePolicy", roleName="shop"), False),
    ("rights-changed", call("aws.iam", "GetRole", roleName=RESPONSE), False),
    ("policy-out-of-line", call("aws.iam", "PutRolePolicy", RESPONSE, policyName="x", policyDocument="{}"), True),
    ("policy-out-of-line", call("aws.iam", "PutRolePolicy", "shop", policyName="x", policyDocument="{}"), False),
    ("policy-out-of-line", call("aws.iam", "PutRolePolicy", RESPONSE, policyName="AWSRevokeOlderSessions", policyDocument='{"Effect":"Deny"}'), False),
]  # fmt: skip


class PatternsTest(unittest.TestCase):
    def test_rules_select_what_they_should(self):
        stacks = Stack("template.yaml", EVERYTHING), Stack("infra/global.yaml", {"Stack": "asoc"})
        patterns = {
            rule["Name"].removeprefix("asoc-"): EventPattern.load(json.dumps(rule["EventPattern"]))
            for stack in stacks
            for _, rule in stack.of_type("AWS::Events::Rule")
        }
        self.assertEqual(set(patterns), {name for name, _, _ in CASES})
        for name, (source, kind, detail), expected in CASES:
            with self.subTest(name, detail=detail):
                event = {"source": source, "detail-type": kind, "detail": detail}
                self.assertIs(patterns[name].matches_event(event), expected)


if __name__ == "__main__":
    unittest.main()
