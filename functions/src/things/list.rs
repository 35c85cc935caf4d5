//! `GET /things`.
//!
//! Reads one page: one round trip.

use latchkey::directory::Space;
use latchkey::id::SpaceId;
use latchkey::wire::{Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::Listed;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("list-things", |call| Box::pin(list(call)));

/// A page of spaces.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct Things {
    /// The spaces, oldest first.
    data: Vec<ThingView>,
}

/// A space.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThingView {
    /// The ID.
    id: SpaceId,
    /// The name.
    #[schema(examples("Meeting room"))]
    name: String,
    /// The location, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("First floor"))]
    location: Option<String>,
    /// Remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Offices only"))]
    remarks: Option<String>,
}

impl From<Space> for ThingView {
    fn from(space: Space) -> Self {
        Self {
            id: space.id,
            name: space.name,
            location: space.location,
            remarks: space.remarks,
        }
    }
}

/// List things.
///
/// The spaces of an organization, oldest first, in pages. The same operation is at
/// `/json/reply/GetThings`, `/jsv/reply/GetThings` and `/api/GetThings`.
///
/// Who may: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`.
#[utoipa::path(
    get,
    path = "/things",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", content((Things = "application/json"), (Things = "text/jsv")), headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    // Every thing is a smart space here.
    let flags = ["loadOnlySmartSpaces"];
    directory::list_data::<Space, _>(call, ThingView::from, &flags, &["thingId"]).await
}
