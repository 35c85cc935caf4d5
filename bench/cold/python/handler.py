"""create-share as it would be written in Python: boto3's client, made once, outside the
handler. The same items under the same conditions; only who may by `administrate` is left out.
"""

import json
import logging
import os
import secrets
import time
from datetime import date, datetime, time as clock, timezone

import boto3

log = logging.getLogger()
table = os.environ["TABLE_NAME"]
dynamodb = boto3.client("dynamodb")

LARGEST = 2**53 - 1
DAYS = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
RECURRENCES = {"Daily", "Weekly", "BiWeekly"}
WRITERS = {"Admin", "TenantAdmin", "AccessAdmin"}
SOURCES = {"deviceId": "DEVICE", "deviceGroupId": "DEVICEGROUP"}
RECEIVERS = {"userId": "USER", "userGroupId": "USERGROUP"}


class Faults(list):
    def add(self, field, code, message):
        self.append({"field": field, "code": code, "message": message})

    def number(self, value, field):
        if type(value) is not int:
            self.add(field, "required" if value is None else "wrongType", "expected an integer")
        elif not 1 <= value <= LARGEST:
            self.add(field, "outOfRange", f"expected an integer from 1 to {LARGEST}")
        else:
            return value

    def one_of(self, body, field, choices):
        """The one choice that is given, with its number."""
        given = body.get(field)
        names = [name for name in choices if isinstance(given, dict) and name in given]
        if len(names) != 1:
            self.add(field, "notAllowed" if names else "required", f"give exactly one of {', '.join(choices)}")
            return None
        return names[0], self.number(given[names[0]], f"{field}.{names[0]}")

    def flags(self, body, field, names):
        given = body.get(field) or {}
        if not isinstance(given, dict):
            self.add(field, "wrongType", "expected an object")
            return {}
        for name in names:
            if type(given.get(name, False)) is not bool:
                self.add(f"{field}.{name}", "wrongType", "expected true or false")
        return {name: {"BOOL": given.get(name, False) is True} for name in names}

    def parsed(self, body, field, read):
        try:
            return read(body[field]) if body.get(field) is not None else None
        except (TypeError, ValueError):
            self.add(field, "invalidValue", "expected a date or a time")


def window(body, now, faults):
    start, end = faults.parsed(body, "startDate", date.fromisoformat), faults.parsed(body, "endDate", date.fromisoformat)
    since = faults.parsed(body, "startTime", clock.fromisoformat)
    until = faults.parsed(body, "endTime", clock.fromisoformat)
    for field, day, hour in ("startTime", start, since), ("endTime", end, until):
        if hour and not day:
            faults.add(field, "notAllowed", "not without its date")
    if start and end and (end, until or clock.max) <= (start, since or clock.min):
        faults.add("endDate", "invalidValue", "the end is not after the start")
    window = {"created": {"S": now}}
    for name, value in ("startDate", start), ("startTime", since), ("endDate", end), ("endTime", until):
        if value:
            window[name] = {"S": value.isoformat()}
    return {"M": window}


def rules(body, faults):
    rules = []
    given = body.get("schedule") or []
    if not isinstance(given, list) or len(given) > 100:
        faults.add("schedule", "wrongType", "expected at most 100 rules")
        given = []
    for place, rule in enumerate(given):
        at = f"schedule[{place}]"
        if not isinstance(rule, dict):
            faults.add(at, "wrongType", "expected an object")
            continue
        item = {}
        for name, values in ("dayOfWeek", DAYS), ("recurrence", RECURRENCES):
            if name not in rule and (name == "recurrence" or rule.get("recurrence") != "Daily"):
                faults.add(f"{at}.{name}", "required", "required")
            elif name in rule and rule[name] not in values:
                faults.add(f"{at}.{name}", "invalidValue", f"expected one of {', '.join(sorted(values))}")
            elif name in rule:
                item[name] = {"S": rule[name]}
        if period := rule.get("period"):
            start = faults.parsed(period, "startTime", clock.fromisoformat)
            end = faults.parsed(period, "endTime", clock.fromisoformat)
            if start and end:
                item["period"] = {"M": {"startTime": {"S": start.isoformat()}, "endTime": {"S": end.isoformat()}}}
            else:
                faults.add(f"{at}.period", "required", "give startTime and endTime")
        rules.append({"M": item})
    return {"L": rules}


def handle(event, context):
    context = event["requestContext"]
    authorizer = context.get("authorizer") or {}
    if "memberships" not in authorizer:
        return answer(context, 401, {"code": "invalidTokenError", "message": "Invalid authentication token"})
    caller = {m["organizationId"]: set(m["roles"]) for m in json.loads(authorizer["memberships"])}
    try:
        body = json.loads(event["body"])
    except (TypeError, ValueError):
        body = None
    faults = Faults()
    if not isinstance(body, dict):
        faults.add("", "wrongType", "expected an object")
        return refused(context, faults)
    now = datetime.now(timezone.utc)
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    organization = faults.number(body.get("organizationId"), "organizationId")
    timing = {"M": {"window": window(body, stamp, faults), "rules": rules(body, faults)}}
    permissions = {"M": faults.flags(body, "permissions", ["administrate", "remoteActivate", "assignKeyfob"])}
    settings = {"M": faults.flags(body, "personalSettings", ["notifications"])}
    source = faults.one_of(body, "source", SOURCES)
    receiver = faults.one_of(body, "receiver", RECEIVERS)
    if faults:
        return refused(context, faults)
    if not caller.get(organization, set()) & WRITERS:
        return answer(context, 403, {"code": "insufficientRightsError", "message": "Insufficient rights"})

    def place(owner, sk):
        return {"PK": {"S": f"ORG#{organization}#{owner}"}, "SK": {"S": sk}}

    def thing(sk):
        kind = sk.split("#")[0]
        return place(f"LIST#{kind}" if kind.endswith("GROUP") else sk, sk)

    on, to = f"{SOURCES[source[0]]}#{source[1]:016}", f"{RECEIVERS[receiver[0]]}#{receiver[1]:016}"
    id = int(time.time() * 1000 - 1_420_070_400_000) * 1024 + secrets.randbelow(1024)
    grant = {
        "timing": timing,
        "permissions": permissions,
        "source": {"M": {source[0]: {"N": str(source[1])}}},
        "receiver": {"M": {receiver[0]: {"N": str(receiver[1])}}},
        "depth": {"N": "0"},
    }
    share = grant | {
        "id": {"N": str(id)},
        "organization": {"N": str(organization)},
        "creator": {"N": authorizer["userId"]},
        "personalSettings": settings,
        "version": {"N": "1"},
        "dateCreated": {"S": stamp},
        "dateModified": {"S": stamp},
    }
    edge = grant | {"share": {"N": str(id)}, "listedIn": {"S": f"ORG#{organization}#ON#{on}"}}

    def put(key, item):
        return {
            "Put": {
                "TableName": table,
                "Item": item | key,
                "ConditionExpression": "attribute_not_exists(PK)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def exists(key):
        return {
            "ConditionCheck": {
                "TableName": table,
                "Key": key,
                "ConditionExpression": "attribute_exists(PK)",
            }
        }

    try:
        dynamodb.transact_write_items(
            TransactItems=[
                put(place("LIST#SHARE", f"SHARE#{id:016}"), share),
                exists(thing(on)),
                exists(thing(to)),
                put(place(to, f"GRANT#{to}#{on}#{id:016}"), edge),
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
        for code, field in zip(reasons[1:3], [f"source.{source[0]}", f"receiver.{receiver[0]}"]):
            if code == "ConditionalCheckFailed":
                faults.add(field, "notFound", "this organization has no such thing")
        if faults:
            return refused(context, faults)
        log.exception("cancelled")
        return answer(context, 503, {"code": "serviceUnavailableError", "message": "Service unavailable"})
    return answer(context, 200, {"shareId": id})


def refused(context, faults):
    return answer(context, 400, {"code": "invalidInputErrorError", "message": "Invalid input", "details": faults})


def answer(context, status, body):
    headers = {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "*",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": context.get("requestId", ""),
    }
    log.info("served %s", status)
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}
