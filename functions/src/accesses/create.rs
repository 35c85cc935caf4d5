//! `POST /BusinessUserAccess`.
//!
//! Two round trips: the template and the user, then one transaction with the access, a grant
//! and a code for each space, and a check of each space. One more for each code that another
//! access has by chance, and where a space was somebody's alone after the start of this one.

use http::StatusCode;
use latchkey::access::draft::Draft;
use latchkey::access::{Access, AccessTemplate, NewAccess, NewAccessBody};
use latchkey::caller::OrganizationScope;
use latchkey::directory::Resource;
use latchkey::error::Result;
use latchkey::id::{AccessId, Identifier};
use latchkey::role::{Area, Reach};
use latchkey::table::Read;
use latchkey::wire::Response;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::service::{self, Input};

use super::{Answer, carry_out_once, spaces};
use crate::lambda::{Call, Endpoint, Once};
use crate::scopes;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("create-access", |call| Box::pin(create(call)));

/// Create an access.
///
/// Gives a user access to spaces of a template: from when until when, at which hours of the
/// day, and with a code for each space or one for all. What the body leaves out for a space
/// comes from the template. The list of accesses shows the codes.
///
/// While an exclusive access to a space is valid, no overlapping access to it can be made. The
/// access is made with all its spaces and codes, or not at all.
///
/// The same operation is at `/json/reply/CreateBusinessUserAccess`,
/// `/jsv/reply/CreateBusinessUserAccess` and `/api/CreateBusinessUserAccess`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`.
#[utoipa::path(
    post,
    path = "/BusinessUserAccess",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(IdempotencyKey),
    request_body(content((NewAccessBody = "application/json"), (NewAccessBody = "text/jsv"))),
    responses(
        (status = 200, description = "Created.", content((Answer = "application/json"), (Answer = "text/jsv"))),
        (status = 403, description = "The caller's roles do not allow this."),
        (status = 409, description = "A space is taken by an exclusive access, or has no free \
            access code."),
    ),
)]
pub(crate) async fn create(call: Call) -> Result<Response> {
    let input = Input::of(&call.request)?;
    let new = NewAccess::read(&input)?;
    let scopes = scopes::reaching(&call, Area::Accesses, Reach::Write)?;
    let once = Once::of(&call, input.value())?;
    let (scope, template) = template(&call, &scopes, &new).await?;
    let spaces = spaces(&template, &new.terms.spaces)?;

    let id = AccessId::make(call.now, &call.random)?;
    let answer = Response::json(StatusCode::OK, &Answer { id });
    let desk = call.desk(scope);
    let access = access(&call, scope, id, new, &template);
    let draft = Draft::made(desk, access, spaces, call.code_length()?)?;
    let by = scope.to_write(Area::Accesses)?;
    let answer = carry_out_once(desk, &by, &once, draft, answer).await?;
    service::in_format(&call.request, answer)
}

/// The template, with the organization that has it and the user. One round trip.
///
/// # Errors
/// 400 for what none of `scopes` has.
async fn template<'s>(
    call: &Call,
    scopes: &'s [OrganizationScope],
    new: &NewAccess,
) -> Result<(&'s OrganizationScope, AccessTemplate)> {
    let of = |scope: &OrganizationScope| {
        let template = scope.thing(AccessTemplate::KEY, new.template);
        [template, scope.keyring(new.user)]
    };
    let keys: Vec<_> = scopes.iter().flat_map(of).collect();
    let items = call.table.get_all(&keys, Read::Strong).await?;
    let mut found = None;
    for scope in scopes {
        let template: Option<AccessTemplate> = items.get(&of(scope)[0])?;
        found = found.or(template.map(|template| (scope, template)));
    }
    let has_user = |scope: &OrganizationScope| items.has(&of(scope)[1]);
    let user = match &found {
        Some((scope, _)) => has_user(scope),
        None => scopes.iter().any(has_user),
    };
    let tried: Vec<_> = match &found {
        Some((scope, _)) => vec![*scope],
        None => scopes.iter().collect(),
    };
    let mut faults = Vec::new();
    if found.is_none() {
        let missing = |scope: &&OrganizationScope| of(scope)[0].missing("accessTemplateId");
        faults.extend(tried.iter().map(missing));
    }
    if !user {
        let missing = |scope: &&OrganizationScope| of(scope)[1].missing("businessUserId");
        faults.extend(tried.iter().map(missing));
    }
    found.filter(|_| user).ok_or_else(|| faults.into())
}

fn access(
    call: &Call,
    scope: &OrganizationScope,
    id: AccessId,
    new: NewAccess,
    template: &AccessTemplate,
) -> Access {
    Access {
        id,
        organization: scope.organization(),
        template: template.id,
        user: new.user,
        creator: call.caller.user(),
        window: new.terms.window,
        label: new.terms.label,
        permission: new.permission,
        strategy: new.strategy.unwrap_or(template.strategy),
        spaces: Vec::new(),
        reprogrammed: None,
        version: 1,
        date_created: call.now,
        date_modified: call.now,
    }
}
