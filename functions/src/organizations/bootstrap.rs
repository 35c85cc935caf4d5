//! `bootstrap-organization`: make an organization.
//!
//! A function without a route: only someone who may invoke Lambda functions in the AWS account
//! can call it, because no credential exists yet. Takes the name and the time zone of the
//! organization and the name of its first admin; returns their IDs and an API key of the admin,
//! whose secret is shown only once. With `organizationId` instead of name and zone, it gives a
//! new admin to an organization without one.
//!
//! Writes everything in one transaction. Of an organization that exists, it first reads who
//! its admins were and whether one of them still is: two round trips more.

use latchkey::caller::{Caller, Membership, OrganizationScope};
use latchkey::credential::{ApiKey, ApiKeySecret};
use latchkey::directory::{Admins, NewAdmin, Of, Organization, Resource, User};
use latchkey::error::{Conflict, Error, FaultCode, Result};
use latchkey::id::{Identifier, OrganizationId, UserId};
use latchkey::keyring::Keyring;
use latchkey::role::Role;
use latchkey::table::{If, Read};
use latchkey::warrant::Warrant;
use serde::Serialize;
use serde_json::Value;

use crate::lambda::{Context, EventHandler};

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bootstrapped {
    organization_id: OrganizationId,
    user_id: UserId,
    api_key: ApiKeySecret,
}

/// The function.
pub const HANDLER: EventHandler<Value, Bootstrapped> = EventHandler {
    operation: "bootstrap-organization",
    handle: |event, context| Box::pin(bootstrap(event, context)),
    message: Error::to_string,
};

/// The purpose of each item of the transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Organization,
    Admins,
    New,
}

async fn bootstrap(event: Value, context: Context) -> Result<Bootstrapped> {
    let NewAdmin {
        of,
        first_name,
        last_name,
    } = NewAdmin::read(&event)?;
    let id = match &of {
        Of::New { .. } => OrganizationId::generate(context.now, context.random.bits()?),
        Of::Existing(id) => *id,
    };
    let admin = User {
        first_name,
        last_name,
        registered: true,
        description: None,
        remarks: None,
        external_id: None,
        roles: vec![Role::Admin],
        ..User::blank(UserId::make(context.now, &context.random)?)
    };
    let secret = ApiKeySecret::generate(&context.random)?;
    let api_key = ApiKey::new(&secret, admin.id, "bootstrap".to_owned(), context.now);

    let membership = Membership {
        organization_id: id,
        roles: admin.roles.clone(),
        spaces: [].into(),
    };
    let scope = Caller::new(admin.id, String::new(), vec![membership]).scope(id)?;
    let deed = scope.deed_on::<Organization>(id).made(&event);
    let mut writes = context.table.transaction(&Warrant::System, deed);
    let admins = Admins {
        users: [admin.id].into(),
    };
    match of {
        Of::New {
            name,
            personal,
            time_zone,
        } => {
            let organization = Organization {
                id,
                name,
                personal,
                time_zone,
                version: 1,
            };
            writes.put_new(Part::New, &scope.organization_key(), &organization);
            writes.put_new(Part::New, &scope.admins(), &admins);
        }
        Of::Existing(_) => {
            let were = former_admins(&context, &scope).await?;
            let unchanged = match were {
                None => If::Absent,
                Some(admins) => admins.unchanged(),
            };
            writes.exists(Part::Organization, &scope.organization_key());
            writes.put(Part::Admins, &scope.admins(), &admins, unchanged);
        }
    }
    if let Some(key) = admin.retired(&scope) {
        writes.check(Part::New, &key, If::Absent);
    }
    writes.put_new(Part::New, &scope.user(admin.id), &admin);
    writes.put_new(Part::New, &scope.keyring(admin.id), &Keyring::default());
    api_key.put_new(&mut writes, Part::New, &scope)?;
    let refused = match writes.send().await? {
        Ok(()) => {
            return Ok(Bootstrapped {
                organization_id: id,
                user_id: admin.id,
                api_key: secret,
            });
        }
        Err(refused) => refused,
    };
    let message = format!("no organization {id}");
    refused.on(Part::Organization, || {
        Error::invalid(ORGANIZATION, FaultCode::NotFound, message)
    })?;
    // Somebody else became one meanwhile; or the number is taken: two organizations in one
    // millisecond, with the same twelve random bits.
    Err(Error::Conflict(Conflict::Changed))
}

const ORGANIZATION: &str = "organizationId";

/// The listed admins of an organization, none of whom is an admin any more.
///
/// # Errors
/// 400 if one of them is still an admin.
async fn former_admins(context: &Context, scope: &OrganizationScope) -> Result<Option<Admins>> {
    let admins: Option<Admins> = context.table.get(&scope.admins(), Read::Strong).await?;
    let users = admins.iter().flat_map(|admins| &admins.users);
    let keys: Vec<_> = users.map(|id| scope.user(*id)).collect();
    let mut items = context.table.get_all(&keys, Read::Strong).await?;
    for key in &keys {
        let user: Option<User> = items.take(key)?;
        if let Some(user) = user.filter(User::is_admin) {
            let message = format!("the organization has an admin: user {}", user.id);
            return Err(Error::invalid(ORGANIZATION, FaultCode::NotAllowed, message));
        }
    }
    Ok(admins)
}
