//! `POST /v2/spaces/{spaceId}/entries`.
//!
//! Two round trips: a read of the space and the code, and one transaction that counts the
//! entry, on condition that the code is unchanged and that its user exists. One more for the
//! zone of the door if the access has hours of the day; one more, with a new decision, if the
//! code was changed or its entries were used up in the meantime.
//!
//! A wrong code takes three: it is looked up how many there were, and counted before it is
//! refused, on condition that nobody else counted meanwhile. So of any number at once no more
//! than the limit hear that they were wrong. See [`WrongCodes`]. A code that opens the space for the
//! first time, where a wrong one is remembered, is let in together with a check that the space is
//! not locked. The space itself says whether any of this is to be asked: so nothing is, almost
//! always.
//!
//! An entry with a key is looked for in the first of the two, and stored in the second: no trip
//! more, one read unit and two to four write units.
//!
//! The door does not wait for the audit: the code's item contains its last entry, and
//! `follow-up` reads it from the table's stream.

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use latchkey::access::{
    ACCESS, COUNT, Code, ENTRY_ID, Entry, Guessed, LAST_ENTRY, Typed, USED, WrongCodes,
};
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Candidate};
use latchkey::deed::Unrecorded;
use latchkey::directory::Space;
use latchkey::error::{Conflict, Error, Fault, FaultCode, Result};
use latchkey::id::AuditId;
use latchkey::id::{AccessId, SpaceId, UserId};
use latchkey::role::Role;
use latchkey::table::{Change, If, Key, Read, from_item};
use latchkey::timing::Zone;
use latchkey::wire::Response;
use latchkey::wire::idempotency::{IdempotencyKey, KeyText};
use latchkey::wire::schema::Instant;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::decisions::refusal;
use crate::lambda::{Call, Context, Endpoint, Once};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("enter-space", |call| Box::pin(enter(call)));

const WHAT: &str = "space";
const FIELD: &str = "code";

/// The number of attempts to count a wrong code while others are counted.
const MAX_COUNTING: u32 = 4;

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EntryAllowed, description = "Who may enter.")]
pub(crate) struct Allowed {
    /// Always true. If the code does not open the space, the answer is 403.
    #[schema(examples(true))]
    allowed: bool,
    /// The access that allows it.
    access_id: AccessId,
    /// The user.
    user_id: UserId,
    /// Until when the code opens the space without interruption; left out if there is no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    until: Option<DateTime<Utc>>,
    /// The number of entries left after this one; left out if they are not counted. Concurrent
    /// entries may get the same number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(9))]
    remaining: Option<u32>,
}

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Idempotency,
    Code,
    User,
    WrongCodes,
}

/// A space, its controller, and what was typed.
struct Door<'c> {
    call: &'c Call,
    scope: &'c OrganizationScope,
    once: Once<'c>,
    space: Space,
    /// The space's hint about wrong codes.
    guessed: Guessed,
    /// The condition on the code.
    key: Key,
    /// The condition on the wrong codes.
    counter: Key,
}

/// Enter a space.
///
/// Says whether an access code opens a space now, for whom and until when, and counts the entry
/// if the access has a number of entries. The caller must then open the door; the answer opens
/// nothing by itself. Each entry is recorded. A controller that lost the answer repeats the
/// request with the same `Idempotency-Key` or the same `entryId`: within 24 hours the entry is
/// counted once and gets the same answer.
///
/// Wrong codes are counted for each space and controller; one is forgiven every ten minutes.
/// After ten, the space is locked for 30 seconds to codes that have not opened it before. Each
/// further wrong code doubles that time, up to an hour. A code that does not hold now and has
/// not opened this space before also counts as wrong.
///
/// A controller is a user with `roles: ["Device"]` and the `spaces` for which it asks (`POST
/// /v2/users`), with an API key (`POST /v2/api-keys`). Alternatively, one user has a key for
/// each door, with the `spaces` of that door.
///
/// Allowed roles: `Device`, at the spaces to which the user or the API key is bound. All other
/// spaces are 404.
#[utoipa::path(
    post,
    path = "/v2/spaces/{spaceId}/entries",
    tag = "Entries",
    operation_id = ENDPOINT.operation,
    params(
        ("spaceId" = SpaceId, Path, description = "The ID of the space."),
        IdempotencyKey,
    ),
    request_body = Typed,
    responses(
        (status = 200, description = "The code opens the space.", body = Allowed),
        (status = 403, description = "The code does not open this space: it is unknown here, \
            or does not hold now. If the code has opened this space before, `details` says \
            why. Or the caller does not have the role `Device`."),
        (status = 429, description = "Too many wrong codes were typed here. Until \
            `Retry-After` only codes that have opened this space before open it.", headers(("Retry-After"))),
        (status = 409, description = "Other requests kept changing the access. Try again."),
    ),
)]
pub(crate) async fn enter(call: Call) -> Result<Response> {
    let id: SpaceId = call.request.path_id("spaceId", WHAT)?;
    let body = call.request.json()?;
    let Typed {
        code: typed,
        entry_id,
    } = Typed::read(&body)?;
    let entry_id = entry_id.as_ref().map(|KeyText(id)| id.as_str());
    let once = Once::of_field(&call, &json!({ "code": typed }), (ENTRY_ID, entry_id))?;
    let scopes = call.caller.scopes();
    let mut scopes: Vec<_> = scopes.filter(|scope| scope.has(Role::Device)).collect();
    if scopes.is_empty() {
        return Err(Error::InsufficientRights(Vec::new()));
    }
    // A space of another controller is treated as one that does not exist.
    scopes.retain(|scope| scope.controls(id));
    if scopes.is_empty() {
        return Err(Error::NotFound(WHAT));
    }
    let of_scope = |scope| {
        let first_answer = once.place(scope);
        [scope.space(id), scope.code(id, &typed)]
            .into_iter()
            .chain(first_answer)
    };
    let keys: Vec<_> = scopes.iter().flat_map(of_scope).collect();
    let mut items = call.table.get_all(&keys, Read::Strong).await?;
    let scope = scopes.iter().find(|scope| items.has(&scope.space(id)));
    let scope = scope.ok_or(Error::NotFound(WHAT))?;
    let (place, key) = (scope.space(id), scope.code(id, &typed));
    let guessed: Option<Guessed> = items.get(&place)?;
    let space: Option<Space> = items.take(&place)?;
    if let Some(place) = once.place(scope)
        && let Some(first) = once.replay(items.get(&place)?)?
    {
        return Ok(first);
    }
    let door = Door {
        call: &call,
        scope,
        once,
        space: space.ok_or(Error::NotFound(WHAT))?,
        guessed: guessed.unwrap_or_default(),
        counter: scope.wrong_codes(id, call.caller.user()),
        key,
    };
    let code = items.take(&door.key)?;
    door.enter(code).await
}

/// The outcome for a code.
enum Verdict {
    /// It opens the space now, and until then.
    Opens(AccessId, UserId, Option<DateTime<Utc>>),
    /// It does not, for this reason; whose it is, if it is anybody's.
    Refused(Error, Option<AccessId>),
}

impl Door<'_> {
    async fn enter(&self, code: Option<Code>) -> Result<Response> {
        let Context { table, now, .. } = &self.call.context;
        let is_proven = |code: &Option<Code>| code.as_ref().is_some_and(Code::is_proven);
        if is_proven(&code) && self.guessed.was_locked(*now) {
            let wrong = self.wrong_codes().await?.unwrap_or_default();
            if let Some(wait) = wrong.shut_for(*now) {
                return Err(self.too_many(wait));
            }
        }
        let mut found = code;
        for _ in table.attempts() {
            let (access, user, until) = match self.judge(found.as_ref()).await? {
                Verdict::Opens(access, user, until) => (access, user, until),
                Verdict::Refused(why, access) => {
                    // The last entry may have been this very one, sent twice at once.
                    if found.as_ref().is_some_and(Code::is_used_up)
                        && let Some(first) = self.once.stored(self.scope).await?
                    {
                        return Ok(first);
                    }
                    let is_proven = is_proven(&found);
                    return Err(self.refuse(why, access, is_proven).await?);
                }
            };
            let Some(code) = &found else { continue };
            let entry = Entry {
                id: AuditId::generate(*now, &self.call.random)?,
                at: *now,
                credential: self.call.caller.credential().to_owned(),
            };
            let allowed = Allowed {
                allowed: true,
                access_id: access,
                user_id: user,
                until,
                remaining: code.remaining().map(|left| left.saturating_sub(1)),
            };
            let answer = Response::json(StatusCode::OK, &allowed);
            let warrant = self.scope.to_write_as(Role::Device)?;
            let mut writes = table.transaction(&warrant, Unrecorded::Audit);
            let once = &self.once;
            once.remember(&mut writes, Part::Idempotency, self.scope, &answer)?;
            let counted = Change::default().set(LAST_ENTRY, &entry).add(USED, 1);
            let left = If::Lacks(COUNT).or(If::Below(USED, COUNT));
            let same = If::version(code.version).and(If::is(ACCESS, &access));
            writes.update(Part::Code, &self.key, counted, same.and(left));
            writes.exists(Part::User, &self.scope.keyring(user));
            if !code.is_proven() && self.guessed.is_remembered(*now) {
                writes.check(Part::WrongCodes, &self.counter, WrongCodes::open(*now));
            }
            let Err(refused) = writes.send().await? else {
                tracing::info!(space = %self.space.id, %access, %user, audit = %entry.id, "entered");
                return Ok(answer);
            };
            if let Some(first) = once.first_answer(&refused, Part::Idempotency)? {
                return Ok(first);
            }
            if refused.has(Part::WrongCodes) {
                let wrong: Option<WrongCodes> = refused.item(Part::WrongCodes)?;
                let wait = wrong.and_then(|wrong| wrong.closed_for(*now));
                return Err(self.locked(wait.unwrap_or_default()).await?);
            }
            if refused.has(Part::User) {
                let why = lack(format!("access {access} is of a user who was deleted"));
                let is_proven = code.is_proven();
                return Err(self.refuse(why, Some(access), is_proven).await?);
            }
            // The code as it is now, if it exists.
            found = refused.item(Part::Code)?;
        }
        Err(Error::Conflict(Conflict::Changed))
    }

    /// Whether a code opens the space now: a decision about the grant in its item. The zone of
    /// the door matters only for hours of the day.
    async fn judge(&self, code: Option<&Code>) -> Result<Verdict> {
        let Some(code) = code else {
            return Ok(Verdict::Refused(lack("no access has this code here"), None));
        };
        let (user, access) = code.owner()?;
        let grant = &code.terms.grant;
        let table = &self.call.table;
        let zone = match grant.timing.rules.is_empty() {
            true => Zone::UTC,
            false => decision::zone_of_space(table, self.scope, &self.space, Read::Strong).await?,
        };
        let candidate = Candidate {
            used_up: code.is_used_up(),
            ..Candidate::alone(grant.clone())
        };
        let now = self.call.now;
        let verdict = decision::judge(slice::from_ref(&candidate), zone, now, None);
        Ok(match verdict.allowed {
            true => Verdict::Opens(access, user, candidate.until(zone, now)),
            false => {
                let nothing = "no access gives a right to this space";
                Verdict::Refused(refusal(&verdict, FIELD, nothing), Some(access))
            }
        })
    }

    /// The wrong codes that this controller has told of here.
    async fn wrong_codes(&self) -> Result<Option<WrongCodes>> {
        self.call.table.get(&self.counter, Read::Strong).await
    }

    /// Logs that nobody entered, and returns the answer. If the code has opened this space
    /// before, the answer says why it does not now. Otherwise an unknown code and one that
    /// holds at another time get the same answer, and count as wrong. The typed code is not
    /// logged, because an unknown code may belong to another door.
    async fn refuse(&self, why: Error, access: Option<AccessId>, is_proven: bool) -> Result<Error> {
        let (Context { table, now, .. }, space) = (&self.call.context, self.space.id);
        let access = access.map(|access| access.to_string());
        tracing::info!(%space, access, %why, "refused");
        if is_proven {
            return Ok(why);
        }
        let mut known = self.wrong_codes().await?;
        for _ in 0..MAX_COUNTING {
            if let Some(wait) = known.and_then(|wrong| wrong.closed_for(*now)) {
                return self.locked(wait).await;
            }
            let one_more = known.unwrap_or_default().with_one_more(*now);
            let lock = one_more.locked_for(*now);
            // Before it counts: what is counted is asked about.
            if let Some(change) = self.guessed.with_one_more(lock.is_some(), *now) {
                let place = self.scope.space(space);
                let update = table.update(&place, change, If::Exists, Unrecorded::Count);
                drop(update.await?);
            }
            let (change, only) = one_more.counted(known.as_ref(), *now);
            let counted = table.update(&self.counter, change, only, Unrecorded::Count);
            let Err(standing) = counted.await? else {
                if let Some(lock) = lock {
                    let controller = self.call.caller.user();
                    let seconds = lock.num_seconds();
                    tracing::warn!(%space, %controller, seconds, "locked");
                }
                return Ok(lack("this code does not open this space now"));
            };
            known = standing.map(from_item).transpose()?;
        }
        // So many at once are no visitors.
        Ok(self.too_many(TimeDelta::zero()))
    }

    /// The answer to what is typed at a locked space, which counts.
    async fn locked(&self, wait: TimeDelta) -> Result<Error> {
        let (change, only) = WrongCodes::counted_while_locked();
        // One that is forgotten meanwhile counts no more.
        let table = &self.call.table;
        let counted = table.update(&self.counter, change, only, Unrecorded::Count);
        drop(counted.await?);
        Ok(self.too_many(wait))
    }

    /// 429, with the time of the next attempt.
    fn too_many(&self, wait: TimeDelta) -> Error {
        let seconds = wait.num_seconds() + 1;
        tracing::info!(space = %self.space.id, seconds, "refused unseen");
        Error::TooManyWrongCodes(seconds)
    }
}

/// 403 with what is lacking.
fn lack(what: impl Into<String>) -> Error {
    let fault = Fault::new(FIELD, FaultCode::InsufficientRights, what);
    Error::InsufficientRights(vec![fault])
}
