"""Who may do what. The tables below are written a second time on purpose: a right that is given must be given twice.

What AWS knows of its actions (level of access, whether they can be limited to a resource) comes with `parliament`.
"""

import copy
import fnmatch
import json
import re
import unittest

import parliament

from templates import ROOT, Stack

EVERYTHING = {
    "Protect": "true",
    "ContainKinds": "revoke_iam_user",
    "BreakGlass": "arn:aws:iam::111122223333:role/last-resort",
    "MemberAccount": "444455556666",
    "ExternalId": "0123456789abcdef",
    "Vpc": "vpc-1",
    "Subnets": "subnet-1,subnet-2",
    "RouteTables": "rtb-1",
}
CHANGES = ("Write", "Permissions management", "Tagging")
# Services in which a function may change something, because it is A-SOC's own: each resource is checked below.
OWN = {"dynamodb", "s3", "sqs", "logs", "xray", "kms", "states", "execute-api", "lambda", "events", "sts"}

# Each right to a table or an index, by a letter. A transaction asks for those of what it puts and updates.
LETTERS = {
    "GetItem": "G", "BatchGetItem": "B", "Query": "Q", "PutItem": "P", "UpdateItem": "U", "BatchWriteItem": "W", "DeleteItem": "D", "Scan": "S",
}  # fmt: skip
EVERY = {"decisions": "GBPU", "log": "P", "heads": "GU", "message-index": "W"}
INCIDENTS = EVERY | {"incidents": "GP", "incident-keys": "W"}
TABLES = {
    "telemetry": EVERY | {"events": "BU", "history": "W", "quarantine": "BU"},
    "detection": EVERY | {"log": "PQ", "events": "B", "findings": "BU", "states": "BP", "incidents": "B", "incident-keys": "Q"},
    "supervisor": INCIDENTS
    | {"log": "PQ", "events": "B", "history": "Q", "findings": "B", "executions": "GP"}
    | {"incidents": "GBP", "incidents/index/opened": "Q", "incident-keys": "QW"},
    "forensics": INCIDENTS | {"events": "B", "history": "Q", "findings": "B", "radii": "P"},
    "response": INCIDENTS | {"refusals": "GP"},
    "compliance": INCIDENTS
    | {"ledger": "QP", "checkpoints": "QP"}
    | {"log": "BPQ", "message-index": "QW", "decisions/index/digest": "Q"},
    "console": INCIDENTS
    | {"events": "B", "findings": "B", "radii": "G", "quarantine": "B", "quarantine/index/newest": "Q"}
    | {"incidents": "GBP", "incidents/index/opened": "Q", "incident-keys": "QW"}
    # It verifies the ledger when asked, and resumes what a crash left half done.
    | {"log": "BPQ", "ledger": "Q", "checkpoints": "Q", "decisions/index/digest": "Q", "decisions/index/open": "Q"}
    | {"message-index": "QW", "message-index/index/correlation": "Q"}
    | {"executions": "G", "credentials": "PD", "connections": "PDS", "notices": "GP"},
    "outbox": {},
    "workflow-incident": {},
    "workflow-undo": {},
    "api-logs": {},
}
QUEUES = {
    "telemetry": {"deliveries": "receive", "undelivered": "send"},
    "detection": {"alerts": "receive", "undelivered": "send"},
    "supervisor": {"reports.fifo": "receive", "undelivered": "send"},
    "forensics": {"undelivered": "send"},
    "response": {"undelivered": "send"},
    "compliance": {"seal.fifo": "receive", "undelivered": "send"},
    "console": {"broadcast": "receive", "deliveries": "send", "undelivered": "send"},
    "outbox": {"undelivered": "send"},
}
ARCHIVE = {("GetObject", "archive/blobs/*"), ("PutObject", "archive/blobs/*"), ("ListBucket", "archive")}
BUCKETS = {
    "telemetry": ARCHIVE | {("GetObject", "raw/*"), ("ListBucket", "raw")},
    "compliance": ARCHIVE | {("PutObject", "ledger/*")},
} | {name: ARCHIVE for name in ("detection", "supervisor", "forensics", "response", "console")}
SECRETS = {
    "detection": {"ModelSecret"},
    "compliance": {"LedgerSecret"},
    "console": {"WebhookSecret", "SlackSecret", "PagerDutySecret"},
}
KEY = {"supervisor": {"kms:Encrypt", "kms:Decrypt"}, "console": {"kms:Decrypt"}}
WORKFLOWS = {
    "supervisor": {("StartExecution", "incident")},
    "console": {
        ("StartExecution", "incident"),
        ("StartExecution", "undo"),
        ("DescribeExecution", "incident"),
        ("DescribeExecution", "undo"),
        ("GetExecutionHistory", "incident"),
        ("GetExecutionHistory", "undo"),
    },
}
INVOKES = {
    "workflow-incident": {"supervisor", "forensics", "response", "compliance"},
    "workflow-undo": {"response", "compliance"},
}
READS_ACCOUNT = {"detection", "supervisor", "forensics", "response"}
# Resource "*" although AWS could limit the action, and why.
EVERYWHERE = {
    "logs:CreateLogGroup": "API Gateway refuses a role without it",
    "logs:CreateLogStream": "API Gateway refuses a role without it",
    "logs:DescribeLogStreams": "API Gateway refuses a role without it",
    "logs:FilterLogEvents": "API Gateway refuses a role without it",
    "logs:GetLogEvents": "API Gateway refuses a role without it",
    "logs:PutLogEvents": "API Gateway refuses a role without it",
    "logs:DescribeLogGroups": "Step Functions and API Gateway look for the group",
    "ec2:CreateNetworkInterface": "Lambda makes interfaces; the same policy denies it to the functions",
    "ec2:DeleteNetworkInterface": "Lambda makes interfaces; the same policy denies it to the functions",
    "ec2:AssignPrivateIpAddresses": "Lambda makes interfaces; the same policy denies it to the functions",
    "ec2:UnassignPrivateIpAddresses": "Lambda makes interfaces; the same policy denies it to the functions",
    "dynamodb:ListStreams": "the pipe looks for the stream",
}
# What parliament remarks on and stays, and why.
REMARKS = {
    # It does not know the key that "Using source function ARN" in the AWS Lambda Developer Guide describes.
    "inside-vpc": {"RESOURCE_STAR", "UNKNOWN_CONDITION_FOR_ACTION"},
    # A boundary grants nothing.
    "response-limit": {"RESOURCE_STAR"},
    # It wants what an action makes and what it is made of in one statement, but only one of them can have the condition.
    "response": {"RESOURCE_MISMATCH"},
    # It wants express workflows, which these are not, allowed as well.
    "console": {"RESOURCE_MISMATCH"},
    "api-logs": {"RESOURCE_STAR"},
}
EXAMPLES = {
    "SocketApi": "a1b2c3d4e5",
    "TokenKey.Arn": "arn:aws:kms:eu-central-1:111122223333:key/1",
    "Log.StreamArn": "arn:aws:dynamodb:eu-central-1:111122223333:table/asoc-log/stream/1",
} | {
    f"{name}Secret": f"arn:aws:secretsmanager:eu-central-1:111122223333:secret:asoc/{name.lower()}-a1b2c3"
    for name in ("Ledger", "Webhook", "Model", "Slack", "PagerDuty")
}
ACTIONS = {
    f"{service['prefix']}:{privilege['privilege']}": privilege
    for service in parliament.iam_definition
    for privilege in service["privileges"]
}

# Calls of S3 whose right has another name.
RENAMED = {
    "get_public_access_block": "s3:GetBucketPublicAccessBlock",
    "put_public_access_block": "s3:PutBucketPublicAccessBlock",
    "delete_public_access_block": "s3:PutBucketPublicAccessBlock",
    "head_bucket": "s3:ListBucket",
    "list_buckets": "s3:ListAllMyBuckets",
}
READS = {action for action, known in ACTIONS.items() if known["access_level"] in ("Read", "List")}
CONTAINS = {
    "DenyAUserEverything", "SwitchKeys", "RevokeSessions", "GiveAnInstanceItsRoleBack", "BlockAddresses", "ProtectInstances",
    "CutOffInterfaces", "MakeSnapshotsAndGroupsOf", "MakeSnapshotsAndGroups", "NameThemAtBirth", "ChangeOnlyItsOwn",
    "MarkIsolatedInstances", "TakeOutOfLoadBalancing", "TakeOutOfScaling", "CloseBuckets", "RestartTrails",
}  # fmt: skip


def listed(value):
    return value if isinstance(value, list) else [value]


def expand(pattern):
    """The actions that a pattern stands for."""
    if "*" not in pattern:
        assert pattern in ACTIONS, f"AWS has no action {pattern}"
        return [pattern]
    return [action for action in ACTIONS if fnmatch.fnmatchcase(action, pattern)]


class Rights:
    """All roles of a deployment, with the statements that they get from anywhere."""

    def __init__(self, deployment):
        policies = {p["ManagedPolicyName"]: p["PolicyDocument"] for _, p in deployment.of_type("AWS::IAM::ManagedPolicy")}
        self.policies = policies
        self.roles, self.boundaries, self.inline = {}, {}, {}
        for _, role in deployment.of_type("AWS::IAM::Role"):
            name = role["RoleName"].removeprefix("asoc-").removesuffix("-eu-central-1")
            managed = [arn.rsplit("/", 1)[1] for arn in role.get("ManagedPolicyArns", [])]
            documents = [policies[policy] for policy in managed] + [p["PolicyDocument"] for p in role.get("Policies", [])]
            self.roles[name] = [statement for document in documents for statement in document["Statement"]]
            self.inline[name] = [p["PolicyDocument"] for p in role.get("Policies", [])]
            if "PermissionsBoundary" in role:
                self.boundaries[name] = role["PermissionsBoundary"].rsplit("/", 1)[1]

    def allowed(self, role):
        """(action, resource, statement) of everything that a role is allowed."""
        for statement in self.roles[role]:
            if statement["Effect"] == "Allow":
                for pattern in listed(statement["Action"]):
                    for action in expand(pattern):
                        for resource in listed(statement["Resource"]):
                            yield action, resource, statement


def check_account(rights):
    """Nobody but response changes anything that is not A-SOC's own."""
    for role in rights.roles:
        for action, resource, statement in rights.allowed(role):
            changes = ACTIONS[action]["access_level"] in CHANGES
            if role == "response" or not changes or action.split(":")[0] in OWN:
                continue
            denied = any(
                s["Effect"] == "Deny" and action in s["Action"] and s["Resource"] == "*" and "lambda:SourceFunctionArn" in str(s)
                for s in rights.roles[role]
            )
            assert action in EVERYWHERE and denied, f"{role} may {action} on {resource}"


def check_tables(rights):
    for role in rights.roles:
        found = {}
        for action, resource, _ in rights.allowed(role):
            if not action.startswith("dynamodb:") or "Stream" in action or action.endswith(("GetRecords", "ShardIterator")):
                continue
            assert ":table/asoc-" in resource, f"{role} may {action} on {resource}"
            found.setdefault(resource.split(":table/asoc-")[1], set()).add(LETTERS[action.split(":")[1]])
        expected = {place: set(letters) for place, letters in TABLES[role].items()}
        assert found == expected, f"{role}: {found} is not {expected}"


def check_rest(rights):
    """Queues, buckets, secrets, the key, workflows, functions."""
    for role in rights.roles:
        queues, buckets, secrets, key, workflows, invokes, reads = {}, set(), set(), set(), set(), set(), False
        for action, resource, statement in rights.allowed(role):
            service, verb = action.split(":")
            if service == "sqs":
                queues[resource.split(":asoc-")[1]] = "send" if verb == "SendMessage" else "receive"
            elif service == "s3" and resource.startswith("arn:aws:s3:::asoc-"):
                name, _, path = resource.removeprefix("arn:aws:s3:::asoc-").partition("/")
                buckets.add((verb, name.split("-")[0] + (f"/{path}" if path else "")))
            elif service == "secretsmanager" and verb != "ListSecrets":
                assert verb == "GetSecretValue", action
                secrets.add(resource.strip("<>"))
            elif service == "kms":
                assert resource == "<TokenKey.Arn>" and "kms:EncryptionContext:execution" in str(statement["Condition"])
                key.add(action)
            elif service == "states" and verb != "SendTaskSuccess":
                workflows.add((verb, resource.split(":asoc-")[1].split(":")[0]))
            elif service == "lambda":
                assert verb == "InvokeFunction", action
                invokes.add(resource.split(":function:asoc-")[1])
            elif service == "iam" and ACTIONS[action]["access_level"] in ("Read", "List"):
                reads = True
        for what, found, expected in [
            ("queues", queues, QUEUES.get(role, {})),
            ("buckets", buckets, BUCKETS.get(role, set())),
            ("secrets", secrets, SECRETS.get(role, set())),
            ("key", key, KEY.get(role, set())),
            ("workflows", workflows, WORKFLOWS.get(role, set())),
            ("functions", invokes, INVOKES.get(role, set())),
            ("reading the account", reads, role in READS_ACCOUNT),
        ]:
            assert found == expected, f"{role}, {what}: {found} is not {expected}"


def check_everywhere(rights):
    """`*` only where AWS has no resource level."""
    for role in rights.roles:
        for action, resource, _ in rights.allowed(role):
            limitable = any(kind["resource_type"] for kind in ACTIONS[action]["resource_types"])
            ok = resource != "*" or not limitable or action in EVERYWHERE
            # Descriptions of EC2 that gained a resource level late are still asked for without one.
            assert ok or ACTIONS[action]["access_level"] == "List", f"{role} may {action} on everything"


def check_containment(rights):
    """The limit and the role name the same changes; the limit leaves A-SOC and the last resort alone."""
    limit = rights.policies[rights.boundaries["response"]]["Statement"]
    named = {a for s in limit if s.get("Sid") == "ChangeTheAccount" for a in s["Action"]}
    changes = {a for a, _, _ in rights.allowed("response") if ACTIONS[a]["access_level"] in CHANGES and a.split(":")[0] not in OWN - {"s3"}}
    changes -= {"s3:PutObject"} | {a for a in EVERYWHERE if a.startswith("ec2:")}
    assert named == changes, f"{named ^ changes}"
    denied = [s for s in limit if s["Effect"] == "Deny"]
    never = {r for s in denied for r in listed(s["Resource"])}
    for resource in ("role/asoc-*", "role/asoc-member*", "role/last-resort"):
        assert f"arn:aws:iam::111122223333:{resource}" in never, resource
    for action, _, statement in rights.allowed("response"):
        if action in ("iam:AttachUserPolicy", "iam:DetachUserPolicy"):
            assert statement["Condition"] == {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSDenyAll"}}


CHECKS = (check_account, check_tables, check_rest, check_everywhere, check_containment)


class RightsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("template.yaml", EVERYTHING)
        cls.rights = Rights(cls.stack)

    def test_rights_are_what_is_written_here(self):
        for check in CHECKS:
            with self.subTest(check.__name__):
                check(self.rights)

    def test_every_role_is_known(self):
        self.assertEqual(set(self.rights.roles), set(TABLES))

    def test_rights_are_to_tables_and_indexes_that_exist(self):
        tables = {properties["TableName"].removeprefix("asoc-"): properties for _, properties in self.stack.of_type("AWS::DynamoDB::Table")}
        indexes = {f"{table}/index/{index['IndexName']}" for table, p in tables.items() for index in p.get("GlobalSecondaryIndexes", [])}
        resources = {resource for role in self.rights.roles for action, resource, _ in self.rights.allowed(role) if "Stream" not in action}
        named = {resource.split(":table/asoc-")[1] for resource in resources if ":table/asoc-" in resource and "/stream/" not in resource}
        # None too many, and none that nobody may use.
        self.assertEqual(named, tables.keys() | indexes)

    def test_without_options_too(self):
        rights = Rights(Stack("template.yaml"))
        for check in (check_account, check_tables, check_rest, check_everywhere):
            check(rights)

    def test_policies_are_what_iam_takes(self):
        documents = [*self.rights.policies.items(), *((r, d) for r, ds in self.rights.inline.items() for d in ds)]
        for name, document in documents:
            text = re.sub("<([^>]*)>", lambda unnamed: EXAMPLES[unnamed.group(1)], json.dumps(document))
            issues = {finding.issue for finding in parliament.analyze_policy_string(text).findings}
            self.assertLessEqual(issues, REMARKS.get(name.removeprefix("asoc-").removesuffix("-eu-central-1"), set()), name)
        for name, document in self.rights.policies.items():
            self.assertLess(len(json.dumps(document, separators=(",", ":"))), 6144, name)
        for name, documents in self.rights.inline.items():
            self.assertLess(sum(len(json.dumps(d, separators=(",", ":"))) for d in documents), 10240, name)

    def test_response_may_call_what_the_code_calls_and_nothing_else(self):
        source = "\n".join(file.read_text() for file in sorted((ROOT / "shared/account/src").rglob("*.rs")))
        client = {"elb": "elasticloadbalancing", "secrets": "secretsmanager"}
        verbs = "associate|attach|authorize|create|delete|deregister|describe|detach|disassociate|get|head|list|modify|put|register|revoke|update"
        called = {
            RENAMED.get(call, f"{client.get(of, of)}:{''.join(word.capitalize() for word in call.split('_'))}")
            for of, call in re.findall(rf"\b(iam|ec2|s3|elb|autoscaling|cloudtrail|secrets)\s*\.\s*((?:{verbs})_[a-z_0-9]+)\(", source)
        }
        called |= {f"cloudtrail:{name.capitalize()}Logging" for name in re.findall(r"\.(start|stop)_logging\(", source)}
        granted = {
            action
            for action, resource, _ in Rights(Stack("template.yaml")).allowed("response")
            if action.split(":")[0] not in OWN or (action.startswith("s3:") and "asoc-" not in resource)
        }
        # Who associates an instance profile passes its role.
        self.assertEqual(granted, called | {"iam:PassRole"})

    def test_the_other_account_may_be_changed_no_more_than_this_one(self):
        member = Stack("infra/member-account.yaml", {
            "HomeAccount": "777788889999", "HomeRegion": "eu-central-1", "HomeStack": "asoc", "ExternalId": "0123456789abcdef", "Contain": "true",
        })
        theirs = Rights(member)
        mine = {(a, r, str(s.get("Condition"))) for a, r, s in self.rights.allowed("response") if s.get("Sid") in CONTAINS or a in READS}
        other = {(a, r, str(s.get("Condition"))) for a, r, s in theirs.allowed("member")}
        self.assertEqual({m for m in mine if m[0] not in READS}, {o for o in other if o[0] not in READS})
        reader = {a for a, _, _ in theirs.allowed("member-reader")}
        self.assertEqual(reader, READS & reader)
        trusted = next(p for n, p in member.of_type("AWS::IAM::Role") if n == "Member")["AssumeRolePolicyDocument"]["Statement"][0]
        self.assertEqual(trusted["Condition"]["StringEquals"], {"sts:ExternalId": "0123456789abcdef"})
        self.assertEqual(trusted["Condition"]["ArnEquals"]["aws:PrincipalArn"], "arn:aws:iam::777788889999:role/asoc-response-eu-central-1")

    def test_a_right_too_many_is_noticed(self):
        for role, action, resource in [
            ("console", "iam:CreateUser", "*"),
            ("forensics", "ec2:TerminateInstances", "arn:aws:ec2:*:*:instance/*"),
            ("detection", "elasticloadbalancing:DeregisterTargets", "arn:aws:elasticloadbalancing:*:*:targetgroup/*"),
            ("telemetry", "dynamodb:PutItem", "arn:aws:dynamodb:eu-central-1:111122223333:table/asoc-ledger"),
            ("console", "dynamodb:DeleteItem", "arn:aws:dynamodb:eu-central-1:111122223333:table/asoc-incidents"),
            ("forensics", "dynamodb:Query", "arn:aws:dynamodb:eu-central-1:111122223333:table/asoc-decisions/index/open"),
            ("compliance", "s3:DeleteObject", "arn:aws:s3:::asoc-ledger-111122223333-eu-central-1/*"),
            ("supervisor", "secretsmanager:GetSecretValue", "<LedgerSecret>"),
            ("console", "sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:asoc-seal.fifo"),
            ("workflow-undo", "lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:111122223333:function:asoc-supervisor"),
            ("response", "iam:CreateAccessKey", "arn:aws:iam::111122223333:user/*"),
            ("telemetry", "iam:GetUser", "*"),
        ]:
            mutant = copy.deepcopy(self.rights)
            mutant.roles[role].append({"Effect": "Allow", "Action": action, "Resource": resource})
            with self.subTest(role=role, action=action), self.assertRaises(AssertionError):
                for check in CHECKS:
                    check(mutant)

