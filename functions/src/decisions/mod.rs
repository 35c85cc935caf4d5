//! Whether, when and why a user may open a door, and which doors a user may open.

pub mod decide;
pub mod effective;
pub mod holders;

use latchkey::caller::OrganizationScope;
use latchkey::decision::Verdict;
use latchkey::error::{Error, Fault, FaultCode, Result};
use latchkey::grant::Source;
use latchkey::rights;
use latchkey::role::{Area, By, Reach};

use crate::lambda::Call;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(decide::decide, holders::list, effective::list, effective::list_flat))]
pub(crate) struct Api;

/// Whether the caller may ask about everyone at `source`: by a role, or because they
/// administrate it now.
async fn may_ask_about_all(call: &Call, scope: &OrganizationScope, source: Source) -> Result<bool> {
    if scope.reaches(Area::Decisions, Reach::Read) {
        return Ok(true);
    }
    let caller = call.caller.user();
    let held = rights::administration(&call.table, scope, caller, source, call.now).await?;
    Ok(held.is_given() && By::Administration.reach(Area::Decisions) >= Reach::Source)
}

/// 403 with what each grant lacks, as faults of `field`; or that there is `nothing`.
pub(crate) fn refusal(verdict: &Verdict<'_>, field: &str, nothing: &str) -> Error {
    let fault = |lack: String| Fault::new(field, FaultCode::InsufficientRights, lack);
    let mut faults: Vec<_> = verdict.lacks().map(fault).collect();
    if faults.is_empty() {
        faults.push(fault(nothing.to_owned()));
    }
    Error::InsufficientRights(faults)
}
