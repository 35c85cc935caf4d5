//! The client that asks for tokens or revokes one: an API key.

use latchkey::caller::OrganizationScope;
use latchkey::credential::{Credential, KeyUse};
use latchkey::error::{Refusal, Result};
use latchkey::id::ApiKeyId;
use latchkey::role::{Area, Role};
use latchkey::table::{If, Key, Read, Transaction};
use latchkey::warrant::ByRole;
use latchkey::wire::oauth::ClientClaim;

use crate::lambda::{Context, refused};

/// A client that is who it says.
pub(super) struct Client {
    pub(super) id: ApiKeyId,
    pub(super) credential: Credential,
    /// The organization that it belongs to.
    pub(super) scope: OrganizationScope,
    key: Key,
    /// The record of its use, unless it was used today already.
    first_use: Option<KeyUse>,
}

impl Client {
    /// The client that knows the secret that `claim` is of. One round trip, strongly
    /// consistent: a key that was just made works, and one just revoked does not.
    ///
    /// # Errors
    /// `invalid_client`, 429, 503.
    pub(super) async fn known(context: &Context, claim: Option<ClientClaim>) -> Result<Self> {
        let ClientClaim { id, hash } = claim.ok_or(Refusal::InvalidClient)?;
        let key = Key::credential(&hash);
        let credential: Option<Credential> = context.table.get(&key, Read::Strong).await?;
        let is_valid = |known: &Credential| known.is_valid(context.now);
        let Some(credential) = credential.clone().filter(is_valid) else {
            let organization = credential.map(|known| known.organization);
            refused::credential(&context.table, organization, &hash).await;
            return Err(Refusal::InvalidClient.into());
        };
        let first_use = KeyUse::of(&hash, &credential, context.now);
        // The rights of its user in the organization are not needed.
        let caller = credential.clone().caller(Vec::new(), [].into());
        let scope = caller.scope(credential.organization)?;
        Ok(Self {
            id,
            credential,
            scope,
            key,
            first_use,
        })
    }

    /// Has a transaction happen only as long as the client and its user exist, and who made it
    /// for another person may still make it. The first time on a day, it also writes down that
    /// the client was used: a write more.
    pub(super) fn still_there<T: Copy>(&self, writes: &mut Transaction<'_, T>, tag: T) {
        match &self.first_use {
            Some(first_use) => first_use.write(tag, writes),
            None => writes.check(tag, &self.key, If::Exists),
        }
        let user = self.scope.user(self.credential.user);
        writes.check(tag, &user, If::Exists);
        if let Some(maker) = self.credential.upheld_by {
            let makes = ByRole::writing(self.scope.user(maker), Role::Admin, Area::Directory);
            writes.check(tag, makes.user(), makes.condition());
        }
    }
}
