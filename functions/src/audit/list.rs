//! `GET /v2/audit`.
//!
//! One round trip: the partitions of the record at once, or the one that has what was done to
//! one thing. For who has no role and asks about a device, one more or two for the right to
//! administrate it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use http::StatusCode;
use http::header::VARY;
use latchkey::caller::OrganizationScope;
use latchkey::deed::read::{self, Asked};
use latchkey::deed::refusal::Attempt;
use latchkey::deed::{Actor, DeedItem, Subject};
use latchkey::error::{Error, FaultCode, Result};
use latchkey::id::{Id, UserId};
use latchkey::rights;
use latchkey::role::{Area, By, Reach};
use latchkey::wire::schema::Instant;
use latchkey::wire::{Page, Query, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-audit", |call| Box::pin(list(call)));

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";
const CSV: &str = "text/csv";

/// A change that somebody made, or tried to make.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Deed, description = "A change, and who made it; or what was refused.")]
pub(crate) struct View {
    /// The ID; the order of IDs is that of time.
    #[schema(examples("019d2f6e8c007d1ab2c3d4e5f6a7b8c9"))]
    id: String,
    /// The time.
    #[schema(value_type = Instant)]
    at: DateTime<Utc>,
    actor: Actor,
    /// The name of the operation.
    #[schema(examples("update-share"))]
    operation: String,
    subject: Subject,
    /// The device, device group or space on which the subject gives a right.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Subject>,
    /// The values before, of the fields that changed; of a thing that was deleted, all fields. A
    /// secret reads `changed` or `kept`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Fields>)]
    before: Option<Value>,
    /// The values after; `null` for a field that was emptied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Fields>)]
    after: Option<Value>,
    /// The ID of the request, as in `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("c6af9ac6-7b61-11e6-9a41-93e8deadbeef"))]
    request_id: Option<String>,
    /// The address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("203.0.113.7"))]
    address: Option<String>,
    /// What was refused within one minute; left out of a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
}

/// Attempts that were refused within one minute for the same reason.
#[derive(Serialize, ToSchema)]
#[schema(description = "Attempts that were refused within one minute for the same reason.")]
pub(crate) struct Refused {
    /// The code of the error.
    #[schema(examples("insufficientRightsError"))]
    reason: String,
    /// The number of attempts: exact up to ten, beyond that at least half of it.
    #[schema(examples(3))]
    count: u64,
    /// The first attempts, at most ten.
    attempts: Vec<Attempt>,
}

/// The schema of what a thing was, or is.
struct Fields;

impl PartialSchema for Fields {
    fn schema() -> RefOr<Schema> {
        let fields = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Fields of a thing, as the record has them."))
            .examples([json!({"endDate": "2027-06-30"})]);
        fields.build().into()
    }
}

impl ToSchema for Fields {
    fn name() -> Cow<'static, str> {
        "DeedFields".into()
    }
}

impl View {
    fn of(deed: DeedItem) -> Result<Self> {
        let read = |text: Option<String>| -> Result<Option<Value>> {
            let value = text.map(|text| serde_json::from_str(&text));
            value
                .transpose()
                .map_err(|error| Error::Internal(error.to_string()))
        };
        Ok(Self {
            id: deed.id.to_string(),
            at: deed.id.at(),
            actor: deed.actor,
            operation: deed.operation,
            subject: deed.subject,
            on: deed.on,
            before: read(deed.before)?,
            after: read(deed.after)?,
            request_id: deed.request_id,
            address: deed.address,
            refused: deed.reason.map(|reason| Refused {
                reason,
                count: deed.count.unwrap_or_default(),
                attempts: deed.attempts,
            }),
        })
    }
}

/// List what was changed.
///
/// Returns the changes that were made in an organization, newest first: who made each, by what
/// right, and from what to what; and what was refused: entries, activations, changes without the
/// right to them, and credentials that had ended. Refusals of one door or one caller, for one reason and in one
/// minute, are one item. Filters can be combined. A page may be shorter than `size`; the
/// last one has no `Link`. The list may lag some milliseconds behind.
///
/// With `Accept: application/x-ndjson` each change is one line of JSON, with `Accept: text/csv`
/// one row under a header row.
///
/// Allowed roles: `Admin` and `TenantAdmin` see all changes. With `subjectKind` and `subjectId`
/// of a device, device group or space, users who hold `administrate` on it now see the changes
/// of it and of the shares and accesses of it. Every user sees the changes that they made.
#[utoipa::path(
    get,
    path = "/v2/audit",
    tag = "Audit",
    operation_id = ENDPOINT.operation,
    params(
        ("from" = Option<String>, Query, description = "Only changes at this time or later."),
        ("until" = Option<String>, Query, description = "Only changes before this time."),
        ("actorId" = Option<UserId>, Query, description = "Only changes by this user."),
        ("subjectKind" = Option<String>, Query, description = "Only changes of things of this \
            kind, such as `share`, `user` or `device`, or of what gives a right on them."),
        ("subjectId" = Option<String>, Query, description = "Only changes of the thing of \
            `subjectKind` with this ID, or of what gives a right on it."),
        ("operation" = Option<String>, Query, description = "Only changes by this operation."),
        ("refused" = Option<bool>, Query, description = "Only what was refused; with `false`, \
            only changes.", example = true),
        Listed,
    ),
    responses(
        (status = 200, description = "A page.", headers(("Link")), content(
            (Vec<View> = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        )),
        (status = 403, description = "The caller does not belong to the organization, or may \
            not see the changes of others."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let format = call.request.accepted(&[JSON, LINES, CSV])?;
    let (scope, page, mut asked) = asked(&call)?;
    narrow(&call, &scope, &mut asked).await?;
    let found = read::page(
        &call.table,
        &scope,
        &asked,
        page.size,
        page.after.as_deref(),
    );
    let (deeds, next) = found.await?;
    let views: Vec<_> = deeds.into_iter().map(View::of).collect::<Result<_>>()?;
    let response = match format {
        LINES => Response::text(StatusCode::OK, LINES, lines(&views)?),
        CSV => Response::text(StatusCode::OK, CSV, rows(&views)),
        _ => Response::json(StatusCode::OK, &views),
    };
    let response = response.header(VARY, "Accept");
    Ok(page.linked(&call.request, response, next.as_deref()))
}

/// Reads the query.
///
/// # Errors
/// 400 for every fault of it; 403 if the caller is not in the organization.
fn asked(call: &Call) -> Result<(OrganizationScope, Page, Asked)> {
    let query = Query::of(&call.request);
    let scope = scopes::organization(call, &query);
    let of = scope.as_ref().map(|scope| scope.organization().to_string());
    let list = [call.operation, of.as_deref().unwrap_or_default()];
    let page = Page::read(&query, &call.request, &list);
    let actor: Option<UserId> = query.optional("actorId", "a positive integer");
    let kind = query.text("subjectKind");
    let id = query.text("subjectId");
    if kind.is_none() && id.is_some() {
        let message = "subjectId needs subjectKind beside it";
        query.fault("subjectKind", FaultCode::Required, message);
    }
    let subject = kind.zip(id).map(|(kind, id)| Subject::read(kind, id));
    let asked = Asked {
        from: query.instant("from"),
        until: query.instant("until"),
        actor: actor.map(Id::number),
        kind: kind.map(str::to_owned),
        subject,
        operation: query.text("operation").map(str::to_owned),
        refused: query.optional("refused", "true or false"),
    };
    query.finish()?;
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    Ok((scope, page, asked))
}

/// Leaves of what is asked for what the caller may see.
///
/// # Errors
/// 403 if that is nothing: who has no right to others' changes asks for them.
async fn narrow(call: &Call, scope: &OrganizationScope, asked: &mut Asked) -> Result<()> {
    if scope.reaches(Area::Record, Reach::Read) {
        return Ok(());
    }
    let user = call.caller.user();
    if let Some(source) = asked.subject.as_ref().and_then(Subject::source)
        && By::Administration.reach(Area::Record) >= Reach::Source
    {
        let held = rights::administration(&call.table, scope, user, source, call.now).await?;
        if held.is_given() {
            return Ok(());
        }
    }
    let own = user.number();
    if By::Membership.reach(Area::Record) < Reach::Own || asked.actor.is_some_and(|id| id != own) {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    asked.actor = Some(own);
    Ok(())
}

fn lines(views: &[View]) -> Result<String> {
    let mut lines = String::new();
    for view in views {
        let line = serde_json::to_string(view);
        lines.push_str(&line.map_err(|error| Error::Internal(error.to_string()))?);
        lines.push('\n');
    }
    Ok(lines)
}

/// The columns of an export, in their order.
const COLUMNS: [&str; 17] = [
    "id",
    "at",
    "actorKind",
    "actorId",
    "credential",
    "byKind",
    "byId",
    "operation",
    "subjectKind",
    "subjectId",
    "on",
    "before",
    "after",
    "requestId",
    "address",
    "reason",
    "count",
];

/// The same as a table (RFC 4180).
fn rows(views: &[View]) -> String {
    let mut rows = String::new();
    row(&mut rows, &COLUMNS.map(str::to_owned));
    let text = |value: Option<String>| value.unwrap_or_default();
    let json = |value: &Option<Value>| text(value.as_ref().map(Value::to_string));
    for view in views {
        let kind = serde_json::to_value(view.actor.kind);
        let kind = kind.unwrap_or_default();
        let (on, by) = (view.on.as_ref(), view.actor.by.as_ref());
        let refused = view.refused.as_ref();
        row(
            &mut rows,
            &[
                view.id.clone(),
                view.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                kind.as_str().unwrap_or_default().to_owned(),
                text(view.actor.id.map(|id| id.to_string())),
                text(view.actor.credential.clone()),
                text(by.map(|by| by.kind.clone())),
                text(by.map(|by| by.id.to_string())),
                view.operation.clone(),
                view.subject.kind.clone(),
                view.subject.id.to_string(),
                text(on.map(|on| format!("{} {}", on.kind, on.id))),
                json(&view.before),
                json(&view.after),
                text(view.request_id.clone()),
                text(view.address.clone()),
                text(refused.map(|refused| refused.reason.clone())),
                text(refused.map(|refused| refused.count.to_string())),
            ],
        );
    }
    rows
}

/// Adds a row. What a spreadsheet would take for a formula is none: it is a text.
fn row(rows: &mut String, fields: &[String; 17]) {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            rows.push(',');
        }
        let mark = match field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            true => "'",
            false => "",
        };
        if field.contains(['"', ',', '\r', '\n']) {
            let field = field.replace('"', "\"\"");
            rows.push_str(&format!("\"{mark}{field}\""));
        } else {
            rows.push_str(&format!("{mark}{field}"));
        }
    }
    rows.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_what_parts_fields_and_makes_no_formula() {
        let mut fields: [String; 17] = Default::default();
        fields[0] = "=1+1".to_owned();
        fields[1] = "{\"a\":\"b,\nc\"}".to_owned();
        let mut text = String::new();
        row(&mut text, &fields);
        let expected = "'=1+1,\"{\"\"a\"\":\"\"b,\nc\"\"}\",,,,,,,,,,,,,,,\r\n";
        assert_eq!(text, expected);
    }
}
