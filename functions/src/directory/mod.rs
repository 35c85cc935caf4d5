//! What the operations of the directory have in common, written once for every kind of
//! thing: [`create`], [`list`], [`show`], [`update`], [`delete`], and for groups [`add`],
//! [`remove`] and [`list_of_group`]. An endpoint that differs from its neighbour only in the
//! kind calls one with its kind, and has but its words for the API document.
//!
//! They are compiled here, once a kind, and cross into binaries as function pointers.

mod create;
mod delete;
mod list;
mod members;
mod update;

pub(crate) use create::{Extra, create, create_with};
pub(crate) use delete::delete;
pub(crate) use list::{Listed, in_organization, list, list_of_group, organization, show};
pub(crate) use members::{add, remove};
pub(crate) use update::update;

use latchkey::caller::OrganizationScope;
use latchkey::role::{Area, Reach};
use latchkey::wire::{Error, Result};

use crate::lambda::Call;

/// Whether the caller writes the directory of this organization.
fn writes(scope: &OrganizationScope) -> bool {
    scope.reaches(Area::Directory, Reach::Write)
}

/// Whether the caller reads all of the directory of this organization.
fn reads(scope: &OrganizationScope) -> bool {
    scope.reaches(Area::Directory, Reach::Read)
}

/// The scopes in which the caller writes the directory.
///
/// # Errors
/// 403 when there is none.
fn writing(call: &Call) -> Result<Vec<OrganizationScope>> {
    let scopes: Vec<_> = call.caller.scopes().filter(writes).collect();
    if scopes.is_empty() {
        Err(Error::InsufficientRights(Vec::new()))
    } else {
        Ok(scopes)
    }
}
