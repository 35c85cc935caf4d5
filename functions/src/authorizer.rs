//! The authorizer: says who the caller is.
//!
//! API Gateway calls it with each request whose `Authorization` it has not asked about
//! lately, and keeps the answer for as long as template.yaml says. Two reads: the
//! credential, strongly, so that one just made works and one just revoked does not; and
//! the user's roles. Of an API key that speaks for another person, its maker is read beside the
//! user, for the key is good only while its maker may make it.
//!
//! The first call of a user is written down, which is one write in the life of an account. So
//! is the first use of an API key on a day, while the user is read: no further round trip.

use std::collections::HashMap;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerPolicy, ApiGatewayCustomAuthorizerRequestTypeRequest as Request,
    ApiGatewayCustomAuthorizerResponse,
};
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use latchkey::credential::{Credential, CredentialHash, KeyUse};
use latchkey::deed::{Author, Deed, Subject, Unrecorded};
use latchkey::directory::{User, UserKind};
use latchkey::error::{Error, Result};
use latchkey::id::OrganizationId;
use latchkey::table::{Key, Read, Table};
use latchkey::warrant::Warrant;

use crate::lambda::{Context, EventHandler, SHOWN, refused};

type Answer = ApiGatewayCustomAuthorizerResponse<HashMap<String, String>>;

/// Its name, also in the record.
const OPERATION: &str = "authorizer";

/// The function.
pub const HANDLER: EventHandler<Request, Answer> = EventHandler {
    operation: OPERATION,
    handle: |request, context| Box::pin(authorize(request, context)),
    // API Gateway answers 401 to this one word, and takes every other error as its own.
    message: |error| match error {
        Error::Unauthenticated => "Unauthorized".to_owned(),
        _ => "Failed".to_owned(),
    },
};

async fn authorize(request: Request, context: Context) -> Result<Answer> {
    let Context { table, now, .. } = context;
    let asked = &request.request_context;
    let identity = asked.identity.as_ref();
    let table = table.written_by(Author {
        request_id: asked.request_id.clone(),
        address: identity.and_then(|identity| identity.source_ip.clone()),
        ..Author::system(OPERATION, now)
    });
    let header = request
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let hash = header.and_then(CredentialHash::from_authorization);
    let hash = hash.ok_or(Error::Unauthenticated)?;
    let credential: Option<Credential> = table.get(&Key::credential(&hash), Read::Strong).await?;
    let Some(credential) = credential.clone().filter(|known| known.is_valid(now)) else {
        let organization = credential.map(|known| known.organization);
        refused::credential(&table, organization, &hash).await;
        return Err(Error::Unauthenticated);
    };
    let key = Key::user_of(&credential);
    let (user, is_upheld, ()) = tokio::try_join!(
        user(&table, &key),
        is_upheld(&table, &credential),
        mark_used(&table, &hash, &credential, now),
    )?;
    let user = user.ok_or(Error::Unauthenticated)?;
    if !is_upheld {
        return Err(Error::Unauthenticated);
    }
    if !user.registered {
        let table = table.on_behalf_of((&credential).into());
        take_up(&table, credential.organization, &key, &user).await;
    }
    let is_service = user.kind == UserKind::Service;
    let caller = credential.caller(user.roles, user.spaces);
    let caller = caller.service(is_service);
    let context = caller
        .to_context()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut answer = Answer::default();
    answer.principal_id = Some(caller.user().to_string());
    answer.policy_document = whole_stage(request.method_arn.as_deref().unwrap_or_default());
    answer.context = context;
    Ok(answer)
}

/// The user at a key, read as for display, so that a new user is found.
async fn user(table: &Table, key: &Key) -> Result<Option<User>> {
    for read in SHOWN {
        if let Some(user) = table.get(key, *read).await? {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// Whether the creator of the API key behind a credential may still create it. Always true for
/// a key that speaks for its creator or for a service account.
async fn is_upheld(table: &Table, credential: &Credential) -> Result<bool> {
    let Some(key) = Key::upholder_of(credential) else {
        return Ok(true);
    };
    let maker = user(table, &key).await?;
    Ok(maker.is_some_and(|maker| maker.writes_directory()))
}

/// Writes down that an API key was presented, once a day. Where that fails, the next call does
/// it: it is no reason to turn someone away.
async fn mark_used(
    table: &Table,
    hash: &CredentialHash,
    credential: &Credential,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(use_of) = KeyUse::of(hash, credential, now) else {
        return Ok(());
    };
    let mut writes = table.transaction(&Warrant::Secret, Unrecorded::Count);
    use_of.write((), &mut writes);
    match writes.send().await {
        // Deleted meanwhile.
        Ok(Ok(()) | Err(_)) => {}
        Err(error) => tracing::warn!(%error, "the use of an API key was not recorded"),
    }
    Ok(())
}

/// Writes down that a user has taken up their account. Where that fails, or the user was changed
/// meanwhile, the next call does it: it is no reason to turn someone away.
async fn take_up(table: &Table, organization: OrganizationId, key: &Key, user: &User) {
    let after = User {
        registered: true,
        ..user.clone()
    };
    let deed = Deed::of(organization, Subject::thing::<User>(user.id)).changed(user, &after);
    let mut writes = table.transaction(&Warrant::Secret, deed);
    writes.change((), key, (user, &after), user.version);
    if let Err(error) = writes.send().await {
        tracing::warn!(%error, "the first call of a user was not recorded");
    }
}

/// Leave to call every method of the stage: API Gateway keeps the answer for all of them,
/// and would refuse the second path to a caller who was let into the first alone.
fn whole_stage(method_arn: &str) -> ApiGatewayCustomAuthorizerPolicy {
    let stage: Vec<_> = method_arn.split('/').take(2).collect();
    let mut statement = IamPolicyStatement::default();
    statement.action = vec!["execute-api:Invoke".to_owned()];
    statement.effect = IamPolicyEffect::Allow;
    statement.resource = vec![format!("{}/*", stage.join("/"))];
    let mut policy = ApiGatewayCustomAuthorizerPolicy::default();
    policy.version = Some("2012-10-17".to_owned());
    policy.statement = vec![statement];
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_covers_the_stage_and_no_other() {
        let policy =
            whole_stage("arn:aws:execute-api:eu-west-1:123456789012:abc/v1/POST/v2/shares");
        let resources = &policy.statement[0].resource;
        assert_eq!(
            resources,
            &["arn:aws:execute-api:eu-west-1:123456789012:abc/v1/*"]
        );
    }
}
