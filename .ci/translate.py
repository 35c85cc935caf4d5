"""Translates a SAM template as CloudFormation's transform would, and prints it as JSON.

    translate.py template.yaml [Parameter=Value ...]

Says on standard error how many resources and bytes it has come to, and fails past the two
limits below: CloudFormation takes 500 resources and 1 MB, and a stack that comes near them
cannot grow.
"""

import collections
import json
import logging
import os
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

MAX_RESOURCES = 400
MAX_BYTES = 950_000

# The managed policies that SAM looks up in IAM by name: what each function is given, and one
# with a table's stream among its events.
POLICIES = {
    name: f"arn:aws:iam::aws:policy/service-role/{name}"
    for name in (
        "AWSLambdaBasicExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "AWSLambdaDynamoDBExecutionRole",
    )
}


def main(path, *overrides):
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    # It misses the feature toggles of the service, which are not here.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    # A copy without shared parts, as `sam build` writes it: the translator changes in place.
    template = json.loads(json.dumps(template))

    for part in [template.get("Globals", {}).get("Function", {})] + [
        resource.get("Properties", {}) for resource in template["Resources"].values()
    ]:
        if "CodeUri" in part:
            part["CodeUri"] = "s3://bucket/key"

    parameters = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    parameters.update(override.split("=", 1) for override in overrides)
    translated = Translator(POLICIES, Parser()).translate(template, parameters)
    # It is for SAM alone, and the linter knows no transform that is already done.
    translated.pop("Transform", None)

    # Without spaces, as SAM sends it: the linter knows the limit of CloudFormation too.
    json.dump(translated, sys.stdout, separators=(",", ":"))

    types = collections.Counter(resource["Type"] for resource in translated["Resources"].values())
    for name, number in types.most_common():
        print(f"{number:7}  {name}", file=sys.stderr)
    failures = []
    for what, number, most in [
        ("resources", sum(types.values()), MAX_RESOURCES),
        ("bytes", len(json.dumps(translated, separators=(",", ":"))), MAX_BYTES),
    ]:
        print(f"{number:7}  {what}, of {most} at most", file=sys.stderr)
        if number > most:
            failures.append(f"{number} {what} are more than {most}")
    return "; ".join(failures) or 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
