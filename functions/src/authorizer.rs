//! The authorizer: says who the caller is.
//!
//! API Gateway calls it with each request whose `Authorization` it has not asked about
//! lately, and keeps the answer for as long as template.yaml says. Two reads: the
//! credential, strongly, so that one just made works and one just revoked does not; and
//! the user's roles. The first call of a user is written down, which is one write in the life
//! of an account.

use std::collections::HashMap;
use std::process::ExitCode;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerPolicy, ApiGatewayCustomAuthorizerRequestTypeRequest as Request,
    ApiGatewayCustomAuthorizerResponse,
};
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use http::header::AUTHORIZATION;
use latchkey::credential::{Credential, CredentialHash};
use latchkey::directory::User;
use latchkey::table::{Key, Read, Table};
use latchkey::wire::{Error, Result};

use crate::lambda::{EventCall, EventHandler, SHOWN, serve_events};

type Answer = ApiGatewayCustomAuthorizerResponse<HashMap<String, String>>;

/// What it does with one request.
pub const HANDLE: EventHandler<Request, Answer> =
    |request, call| Box::pin(authorize(request, call));

/// Serves the authorizer until Lambda ends the process.
pub fn serve() -> ExitCode {
    // API Gateway answers 401 to this one word, and takes every other error as its own.
    let say = |error: &Error| match error {
        Error::Unauthenticated => "Unauthorized".to_owned(),
        _ => "Failed".to_owned(),
    };
    serve_events(HANDLE, say)
}

async fn authorize(request: Request, call: EventCall) -> Result<Answer> {
    let EventCall { table, now, .. } = call;
    let header = request
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let hash = header.and_then(CredentialHash::from_authorization);
    let hash = hash.ok_or(Error::Unauthenticated)?;
    let credential: Option<Credential> = table.get(&Key::credential(&hash), Read::Strong).await?;
    let credential = credential.filter(|credential| credential.is_valid(now));
    let credential = credential.ok_or(Error::Unauthenticated)?;
    let key = Key::user_of(&credential);
    let user = user(&table, &key).await?.ok_or(Error::Unauthenticated)?;
    if !user.registered {
        take_up(&table, &key, &user).await;
    }
    let caller = credential.caller(user.roles, user.spaces);
    let context = caller
        .to_context()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut answer = Answer::default();
    answer.principal_id = Some(caller.user().to_string());
    answer.policy_document = whole_stage(request.method_arn.as_deref().unwrap_or_default());
    answer.context = context;
    Ok(answer)
}

/// The user at a key, looked for as what is only shown is: one who was just made is there.
async fn user(table: &Table, key: &Key) -> Result<Option<User>> {
    for read in SHOWN {
        if let Some(user) = table.get(key, *read).await? {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// Writes down that a user has taken up their account. Where that fails, or the user was changed
/// meanwhile, the next call does it: it is no reason to turn someone away.
async fn take_up(table: &Table, key: &Key, user: &User) {
    let after = User {
        registered: true,
        ..user.clone()
    };
    let mut writes = table.transaction();
    writes.change((), key, (user, &after), user.version);
    if let Err(error) = writes.send().await {
        tracing::warn!(%error, "it is not written down that a user called");
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
