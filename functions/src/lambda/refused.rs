//! Writing down what was refused.
//!
//! It is done after the answer is known and before it is given, in one round trip at most, and
//! for as long as [`LONGEST`]. Where it fails the log says so, and the answer is the same.

use std::sync::LazyLock;
use std::time::Duration;

use latchkey::caller::Caller;
use latchkey::credential::CredentialHash;
use latchkey::deed::Subject;
use latchkey::deed::refusal::{Folds, Refusal};
use latchkey::error::Error;
use latchkey::id::OrganizationId;
use latchkey::table::Table;

use super::call::OpenCall;

/// How long a refusal may take to be written down.
const LONGEST: Duration = Duration::from_secs(1);
/// How much of the hash of a credential tells it from others, in characters.
const PREFIX: usize = 8;

/// The operations that are about a door: there the refusals of all callers are one item.
const AT_DOORS: [&str; 3] = ["activate-device", "deactivate-device", "enter-space"];

/// What a path may name, the thing first that the operation is about.
const NAMED: [&str; 10] = [
    "shareId",
    "spaceId",
    "userGroupId",
    "deviceGroupId",
    "deviceId",
    "userId",
    "scheduleId",
    "accessTemplateId",
    "apiKeyId",
    "organizationId",
];

/// What this process knows of the refusals of this minute.
static FOLDS: LazyLock<Folds> = LazyLock::new(Folds::default);

/// What is known of a request that changes something before it is served.
pub(super) struct Asked {
    table: Table,
    organization: OrganizationId,
    subject: Subject,
    is_at_door: bool,
}

impl Asked {
    /// `None` of one that changes nothing, and of a caller without an organization, who can be
    /// refused nothing there.
    pub(super) fn of(table: &Table, call: &OpenCall, caller: &Caller) -> Option<Self> {
        let scope = caller.scopes().next().filter(|_| !call.reads)?;
        let organization = scope.organization();
        let path = &call.request.path;
        let named = NAMED.iter().find_map(|name| {
            let id = path.get(*name)?;
            Some(Subject::read(name.strip_suffix("Id")?, id))
        });
        let of_organization = || Subject::read("organization", &organization.to_string());
        Some(Self {
            table: table.clone(),
            organization,
            subject: named.unwrap_or_else(of_organization),
            is_at_door: AT_DOORS.contains(&call.author.operation),
        })
    }

    /// Writes down the error, if it is that something was refused.
    pub(super) async fn refused(self, error: &Error) {
        let is_refusal = matches!(
            error,
            Error::InsufficientRights(_) | Error::TooManyWrongCodes(_)
        );
        if !is_refusal {
            return;
        }
        let refusal = Refusal {
            organization: Some(self.organization),
            subject: self.subject,
            of_all_callers: self.is_at_door,
            reason: error.code().to_owned(),
            message: error.to_string(),
        };
        write(&self.table, refusal, None).await;
    }
}

/// Writes down that a credential was presented that is good for nothing: in its organization,
/// if it was once good there.
pub(crate) async fn credential(
    table: &Table,
    organization: Option<OrganizationId>,
    hash: &CredentialHash,
) {
    let address = table.address().unwrap_or("unknown").to_owned();
    let refusal = Refusal {
        organization,
        subject: Subject::text("address", address),
        of_all_callers: true,
        reason: Error::Unauthenticated.code().to_owned(),
        message: match organization {
            Some(_) => "the credential has ended".to_owned(),
            None => "the credential is unknown".to_owned(),
        },
    };
    let prefix = hash.as_str().get(..PREFIX).unwrap_or_default();
    write(table, refusal, Some(format!("{prefix}…"))).await;
}

async fn write(table: &Table, refusal: Refusal, credential: Option<String>) {
    let written = refusal.record(table, &FOLDS, credential);
    match tokio::time::timeout(LONGEST, written).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a refusal is not written down"),
        Err(_) => tracing::warn!("a refusal is not written down in time"),
    }
}
