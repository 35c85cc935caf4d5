// create-share as it would be written for Node.js: the SDK's client, made once, outside the
// handler. The same items under the same conditions; only who may by `administrate` is left out.
import { randomInt } from "node:crypto";

import { DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

const TableName = process.env.TABLE_NAME;
const dynamodb = new DynamoDBClient({});

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const RECURRENCES = ["Daily", "Weekly", "BiWeekly"];
const WRITERS = ["Admin", "TenantAdmin", "AccessAdmin"];
const SOURCES = { deviceId: "DEVICE", deviceGroupId: "DEVICEGROUP" };
const RECEIVERS = { userId: "USER", userGroupId: "USERGROUP" };
const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const key = (number) => String(number).padStart(16, "0");
const N = (number) => ({ N: String(number) });
const S = (text) => ({ S: text });
const M = (map) => ({ M: map });

class Faults extends Array {
  add(field, code, message) {
    this.push({ field, code, message });
  }

  number(value, field) {
    if (!Number.isInteger(value)) this.add(field, value === undefined ? "required" : "wrongType", "expected an integer");
    else if (value < 1 || value > Number.MAX_SAFE_INTEGER) this.add(field, "outOfRange", "expected an integer from 1");
    return value;
  }

  oneOf(body, field, choices) {
    const given = isObject(body[field]) ? body[field] : {};
    const names = Object.keys(choices).filter((name) => name in given);
    if (names.length !== 1) {
      this.add(field, names.length ? "notAllowed" : "required", `give exactly one of ${Object.keys(choices)}`);
      return [];
    }
    return [names[0], this.number(given[names[0]], `${field}.${names[0]}`)];
  }

  flags(body, field, names) {
    const given = body[field] ?? {};
    if (!isObject(given)) this.add(field, "wrongType", "expected an object");
    const flags = {};
    for (const name of names) {
      const value = given[name] ?? false;
      if (typeof value !== "boolean") this.add(`${field}.${name}`, "wrongType", "expected true or false");
      flags[name] = { BOOL: value === true };
    }
    return M(flags);
  }

  text(object, field, form, at = field) {
    const value = object[field] ?? undefined;
    const isDate = form !== DATE || !Number.isNaN(Date.parse(value));
    if (value !== undefined && !(typeof value === "string" && form.test(value) && isDate)) {
      this.add(at, "invalidValue", "expected a date or a time");
    }
    return value;
  }
}

function window(body, now, faults) {
  const window = { created: S(now) };
  for (const [name, form] of [["startDate", DATE], ["startTime", TIME], ["endDate", DATE], ["endTime", TIME]]) {
    const value = faults.text(body, name, form);
    if (value !== undefined) window[name] = S(value);
  }
  const { startDate: start, startTime: since, endDate: end, endTime: until } = window;
  if (since && !start) faults.add("startTime", "notAllowed", "not without its date");
  if (until && !end) faults.add("endTime", "notAllowed", "not without its date");
  const at = (date, time, otherwise) => `${date.S}T${time?.S ?? otherwise}`;
  if (start && end && at(end, until, "24:00:00") <= at(start, since, "00:00:00")) {
    faults.add("endDate", "invalidValue", "the end is not after the start");
  }
  return M(window);
}

function rules(body, faults) {
  let given = body.schedule ?? [];
  if (!Array.isArray(given) || given.length > 100) {
    faults.add("schedule", "wrongType", "expected at most 100 rules");
    given = [];
  }
  return given.map((rule, place) => {
    const at = `schedule[${place}]`;
    const item = {};
    if (!isObject(rule)) {
      faults.add(at, "wrongType", "expected an object");
      return M(item);
    }
    for (const [name, values] of [["dayOfWeek", DAYS], ["recurrence", RECURRENCES]]) {
      if (!(name in rule) && (name === "recurrence" || rule.recurrence !== "Daily")) {
        faults.add(`${at}.${name}`, "required", "required");
      } else if (name in rule && !values.includes(rule[name])) {
        faults.add(`${at}.${name}`, "invalidValue", `expected one of ${values}`);
      } else if (name in rule) item[name] = S(rule[name]);
    }
    if (rule.period) {
      const startTime = faults.text(rule.period, "startTime", TIME, `${at}.period.startTime`);
      const endTime = faults.text(rule.period, "endTime", TIME, `${at}.period.endTime`);
      if (startTime && endTime) item.period = M({ startTime: S(startTime), endTime: S(endTime) });
      else faults.add(`${at}.period`, "required", "give startTime and endTime");
    }
    return M(item);
  });
}

export async function handle(event) {
  const context = event.requestContext;
  const caller = context.authorizer;
  if (!caller?.memberships) {
    return answer(context, 401, { code: "invalidTokenError", message: "Invalid authentication token" });
  }
  const faults = new Faults();
  let body;
  try {
    body = JSON.parse(event.body);
  } catch {
    body = undefined;
  }
  if (!isObject(body)) {
    faults.add("", "wrongType", "expected an object");
    return refused(context, faults);
  }
  const now = new Date().toISOString();
  const organization = faults.number(body.organizationId, "organizationId");
  const timing = M({ window: window(body, now, faults), rules: { L: rules(body, faults) } });
  const permissions = faults.flags(body, "permissions", ["administrate", "remoteActivate", "assignKeyfob"]);
  const personalSettings = faults.flags(body, "personalSettings", ["notifications"]);
  const [sourceKind, sourceId] = faults.oneOf(body, "source", SOURCES);
  const [receiverKind, receiverId] = faults.oneOf(body, "receiver", RECEIVERS);
  if (faults.length) return refused(context, faults);
  const memberships = JSON.parse(caller.memberships);
  const roles = memberships.find((membership) => membership.organizationId === organization)?.roles ?? [];
  if (!roles.some((role) => WRITERS.includes(role))) {
    return answer(context, 403, { code: "insufficientRightsError", message: "Insufficient rights" });
  }

  const place = (owner, sk) => ({ PK: S(`ORG#${organization}#${owner}`), SK: S(sk) });
  const thing = (sk) => place(sk.includes("GROUP#") ? `LIST#${sk.split("#")[0]}` : sk, sk);
  const on = `${SOURCES[sourceKind]}#${key(sourceId)}`;
  const to = `${RECEIVERS[receiverKind]}#${key(receiverId)}`;
  const id = (Date.now() - 1420070400000) * 1024 + randomInt(1024);
  const grant = {
    timing,
    permissions,
    source: M({ [sourceKind]: N(sourceId) }),
    receiver: M({ [receiverKind]: N(receiverId) }),
    depth: N(0),
  };
  const share = {
    ...grant,
    id: N(id),
    organization: N(organization),
    creator: N(caller.userId),
    personalSettings,
    version: N(1),
    dateCreated: S(now),
    dateModified: S(now),
  };
  const edge = { ...grant, share: N(id), listedIn: S(`ORG#${organization}#ON#${on}`) };
  const put = (key, item) => ({
    Put: {
      TableName,
      Item: { ...item, ...key },
      ConditionExpression: "attribute_not_exists(PK)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  });
  const exists = (Key) => ({
    ConditionCheck: { TableName, Key, ConditionExpression: "attribute_exists(PK)" },
  });
  const TransactItems = [
    put(place("LIST#SHARE", `SHARE#${key(id)}`), share),
    exists(thing(on)),
    exists(thing(to)),
    put(place(to, `GRANT#${to}#${on}#${key(id)}`), edge),
  ];
  try {
    await dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));
  } catch (error) {
    if (error.name !== "TransactionCanceledException") throw error;
    const named = [`source.${sourceKind}`, `receiver.${receiverKind}`];
    named.forEach((field, place) => {
      if (error.CancellationReasons[place + 1].Code === "ConditionalCheckFailed") {
        faults.add(field, "notFound", "this organization has no such thing");
      }
    });
    if (faults.length) return refused(context, faults);
    return answer(context, 503, { code: "serviceUnavailableError", message: "Service unavailable" });
  }
  return answer(context, 200, { shareId: id });
}

const refused = (context, details) =>
  answer(context, 400, { code: "invalidInputErrorError", message: "Invalid input", details: [...details] });

function answer(context, statusCode, body) {
  const headers = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": context.requestId ?? "",
  };
  console.log(JSON.stringify({ message: "served", statusCode }));
  return { statusCode, headers, body: JSON.stringify(body), isBase64Encoded: false };
}
