//! `/v2/oauth/clients`: apps that users may link.

pub mod create;
pub mod delete;
pub mod list;

use chrono::{DateTime, Utc};
use latchkey::caller::OrganizationScope;
use latchkey::id::UserId;
use latchkey::linking::{Client, ClientId, RedirectUri, TokenScopes};
use latchkey::wire::schema::Instant;
use serde::Serialize;
use utoipa::ToSchema;

/// What people call one.
const WHAT: &str = "OAuth client";

/// A registered app, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OAuthClient)]
pub(crate) struct View {
    /// The ID of the app, not a secret.
    #[schema(value_type = String, examples("1.demoKeyOfTheHome"))]
    client_id: ClientId,
    /// The name that users are shown.
    #[schema(examples("Home Assistant"))]
    name: String,
    /// The addresses that the app may be sent back to.
    #[schema(value_type = Vec<String>, examples("https://my.home-assistant.io/redirect/oauth"))]
    redirect_uris: Vec<RedirectUri>,
    /// `confidential` or `public`.
    #[schema(examples("confidential"))]
    r#type: &'static str,
    /// The scopes that the app may ask for.
    #[schema(value_type = String, examples("read activate events"))]
    scope: TokenScopes,
    /// The user who registered the app.
    creator_id: UserId,
    /// The creation time.
    #[schema(value_type = Instant)]
    date_created: DateTime<Utc>,
}

impl View {
    fn new(scope: &OrganizationScope, client: Client) -> Self {
        Self {
            client_id: ClientId {
                organization: scope.organization(),
                id: client.id,
            },
            r#type: match client.secret {
                Some(_) => "confidential",
                None => "public",
            },
            name: client.name,
            redirect_uris: client.redirect_uris,
            scope: client.scopes,
            creator_id: client.creator,
            date_created: client.date_created,
        }
    }
}
