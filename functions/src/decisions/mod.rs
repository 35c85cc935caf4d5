//! Who may open a door, when and why; and which doors someone may open.

pub mod decide;
pub mod effective;
pub mod holders;

use latchkey::caller::OrganizationScope;
use latchkey::grant::Source;
use latchkey::rights;
use latchkey::role::{Area, By, Reach};
use latchkey::wire::Result;

use crate::lambda::Call;

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
