//! `bootstrap-organization`: make an organization.
//!
//! A function without a route: only who may invoke Lambda functions in the AWS account can
//! call it, since there is no credential yet that could say who may. Takes the name and the
//! zone of the organization and the name of its first admin; answers their numbers and an
//! API key of the admin, whose secret is shown this once.
//!
//! Writes everything in one transaction.

use std::process::ExitCode;

use latchkey::caller::{Caller, Membership};
use latchkey::credential::{ApiKey, ApiKeySecret};
use latchkey::directory::{NewOrganization, Organization, User};
use latchkey::id::{Id, OrganizationId, UserId};
use latchkey::keyring::Keyring;
use latchkey::role::Role;
use latchkey::wire::{Error, Result};
use serde::Serialize;
use serde_json::Value;

use crate::lambda::{EventCall, EventHandler, serve_events};

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bootstrapped {
    organization_id: OrganizationId,
    user_id: UserId,
    api_key: ApiKeySecret,
}

/// What it does with one event.
pub const HANDLE: EventHandler<Value, Bootstrapped> =
    |event, call| Box::pin(bootstrap(event, call));

/// Serves the function until Lambda ends the process.
pub fn serve() -> ExitCode {
    serve_events(HANDLE, Error::to_string)
}

async fn bootstrap(event: Value, call: EventCall) -> Result<Bootstrapped> {
    let new = NewOrganization::read(&event)?;
    let id = OrganizationId::generate(call.now, call.random.bits()?);
    let admin = User {
        id: UserId::generate(call.now, call.random.bits()?),
        first_name: new.admin_first_name,
        last_name: new.admin_last_name,
        email_address: None,
        phone_number: None,
        registered: true,
        roles: vec![Role::Admin],
        groups: [].into(),
        spaces: [].into(),
        version: 1,
    };
    let organization = Organization {
        id,
        name: new.name,
        personal: new.personal,
        time_zone: new.time_zone,
        version: 1,
    };
    let secret = ApiKeySecret::generate(&call.random)?;
    let api_key = ApiKey::new(&secret, admin.id, "bootstrap".to_owned(), call.now);

    let membership = Membership {
        organization_id: id,
        roles: admin.roles.clone(),
        spaces: [].into(),
    };
    let scope = Caller::new(admin.id, String::new(), vec![membership]).scope(id)?;
    let mut writes = call.table.transaction();
    writes.put_new((), &scope.organization_key(), &organization);
    writes.put_new((), &scope.user(admin.id), &admin);
    writes.put_new((), &scope.keyring(admin.id), &Keyring::default());
    api_key.put_new(&mut writes, (), &scope)?;
    // Two organizations in one millisecond, with the same twelve random bits.
    let taken = |_| Error::Unavailable("the number is taken".to_owned());
    writes.send().await?.map_err(taken)?;
    Ok(Bootstrapped {
        organization_id: id,
        user_id: admin.id,
        api_key: secret,
    })
}
