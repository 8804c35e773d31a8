"""Reads the templates as CloudFormation would: parameters, conditions and nested stacks resolved, names spelled out."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "asoc",
    "AWS::URLSuffix": "amazonaws.com",
}
ABSENT = object()
# What Ref and GetAtt give of a resource that has a name: the property with the name, and the form of its ARN.
NAMED = {
    "AWS::SQS::Queue": ("QueueName", "arn:aws:sqs:eu-central-1:111122223333:{}"),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{}"),
    "AWS::IAM::Role": ("RoleName", "arn:aws:iam::111122223333:role/{}"),
    "AWS::Serverless::Function": ("FunctionName", "arn:aws:lambda:eu-central-1:111122223333:function:{}"),
    "AWS::Events::EventBus": ("Name", "arn:aws:events:eu-central-1:111122223333:event-bus/{}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "arn:aws:logs:eu-central-1:111122223333:log-group:{}:*"),
}


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref x` is `{Ref: x}`)."""


def _short(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _short)


def load(path):
    """A template, not resolved."""
    return yaml.load((ROOT / path).read_text(), Loader)  # noqa: S506 (a SafeLoader)


class Stack:
    """A template with its parameters, and its nested stacks with theirs."""

    def __init__(self, path, parameters=None):
        self.path = path
        self.template = load(path)
        declared = self.template.get("Parameters", {})
        unknown = set(parameters or {}) - set(declared)
        assert not unknown, f"{path} has no parameters {sorted(unknown)}"
        self.parameters = {name: declared[name].get("Default", ABSENT) for name in declared} | (parameters or {})
        missing = [name for name, value in self.parameters.items() if value is ABSENT]
        assert not missing, f"{path} is not given {missing}"
        self.nested = {}
        self.resources = {}
        for name, resource in self.template["Resources"].items():
            if "Condition" not in resource or self.holds(resource["Condition"]):
                self.resources[name] = resource
        for name in self.resources:
            if self.resources[name]["Type"] == "AWS::CloudFormation::Stack":
                self._nest(name)

    def _nest(self, name):
        if name not in self.nested:
            properties = self.template["Resources"][name]["Properties"]
            parameters = self.resolve(properties["Parameters"])
            self.nested[name] = Stack(str(Path(self.path).parent / properties["TemplateURL"]), parameters)
        return self.nested[name]

    def stacks(self):
        """This one and all that are nested."""
        yield self
        for stack in self.nested.values():
            yield from stack.stacks()

    def of_type(self, kind):
        """(logical id, properties) of all resources of a type, in all stacks."""
        for stack in self.stacks():
            for name, resource in stack.resources.items():
                if resource["Type"] == kind:
                    yield name, stack.resolve(resource.get("Properties", {}))

    def holds(self, condition):
        """Whether a condition of the template holds."""
        return self._truth(self.template["Conditions"][condition])

    def _truth(self, test):
        ((kind, value),) = test.items()
        if kind == "Fn::Equals":
            return self.resolve(value[0]) == self.resolve(value[1])
        if kind == "Fn::Not":
            return not self._truth(value[0])
        if kind == "Fn::And":
            return all(self._truth(part) for part in value)
        if kind == "Condition":
            return self.holds(value)
        raise AssertionError(f"unknown condition {kind}")

    def output(self, name):
        """What another stack sees of this one."""
        return self.resolve(self.template["Outputs"][name]["Value"])

    def resolve(self, value):
        """A value without functions. What only AWS knows stands in it as `<logical id>`."""
        if isinstance(value, list):
            return [part for part in map(self.resolve, value) if part is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((kind, inner),) = value.items()
            if kind == "Ref":
                return self._ref(inner)
            if kind.startswith("Fn::"):
                return getattr(self, "_" + kind[4:].lower())(inner)
        resolved = {name: self.resolve(part) for name, part in value.items()}
        return {name: part for name, part in resolved.items() if part is not ABSENT}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            value = self.parameters[name]
            is_list = "List" in self.template["Parameters"][name]["Type"]
            return [part for part in value.split(",") if part] if is_list else value
        resource = self.template["Resources"][name]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            return "arn:aws:iam::111122223333:policy/" + self.resolve(resource["Properties"]["ManagedPolicyName"])
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::Events::EventBus", "AWS::Logs::LogGroup"):
            return self.resolve(resource["Properties"][NAMED[resource["Type"]][0]])
        return f"<{name}>"

    def _getatt(self, parts):
        name, attribute = parts
        resource = self.template["Resources"][name]
        if resource["Type"] == "AWS::CloudFormation::Stack":
            return self._nest(name).output(attribute.removeprefix("Outputs."))
        if attribute == "Arn" and resource["Type"] in NAMED:
            prop, form = NAMED[resource["Type"]]
            return form.format(self.resolve(resource["Properties"][prop]))
        if attribute in resource.get("Properties", {}):
            return self.resolve(resource["Properties"][attribute])
        return f"<{name}.{attribute}>"

    def _sub(self, value):
        text, extra = (value, {}) if isinstance(value, str) else value

        def one(match):
            name = match.group(1)
            if name in extra:
                return str(self.resolve(extra[name]))
            return str(self._getatt(name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", one, text)

    def _join(self, value):
        return value[0].join(str(part) for part in self.resolve(value[1]))

    def _split(self, value):
        return self.resolve(value[1]).split(value[0])

    def _select(self, value):
        parts = self.resolve(value[1])
        return parts[int(value[0])] if int(value[0]) < len(parts) else f"<part {value[0]} of {parts[0]}>"

    def _if(self, value):
        condition, yes, no = value
        return self.resolve(yes if self.holds(condition) else no)
