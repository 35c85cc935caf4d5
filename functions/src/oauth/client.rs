//! Who asks for tokens, or to revoke some: an API key.

use latchkey::caller::OrganizationScope;
use latchkey::credential::Credential;
use latchkey::id::ApiKeyId;
use latchkey::table::{Key, Read, Table, Transaction};
use latchkey::wire::Result;
use latchkey::wire::oauth::{ClientClaim, Refusal};

use crate::lambda::OpenCall;

/// A client that is who it says.
pub(super) struct Client {
    pub(super) id: ApiKeyId,
    pub(super) credential: Credential,
    /// The organization that it belongs to.
    pub(super) scope: OrganizationScope,
    key: Key,
}

impl Client {
    /// The client that knows the secret that `claim` is of. One round trip, strongly
    /// consistent: a key that was just made works, and one just revoked does not.
    ///
    /// # Errors
    /// `invalid_client`, 429, 503.
    pub(super) async fn known(
        table: &Table,
        call: &OpenCall,
        claim: Option<ClientClaim>,
    ) -> Result<Self> {
        let ClientClaim { id, hash } = claim.ok_or(Refusal::InvalidClient)?;
        let key = Key::credential(&hash);
        let credential: Option<Credential> = table.get(&key, Read::Strong).await?;
        let credential = credential
            .filter(|credential| credential.is_valid(call.now))
            .ok_or(Refusal::InvalidClient)?;
        // Of what its user may do in the organization nothing is needed.
        let caller = credential.clone().caller(Vec::new(), [].into());
        let scope = caller.scope(credential.organization)?;
        Ok(Self {
            id,
            credential,
            scope,
            key,
        })
    }

    /// Checks in a transaction that the client and its user still exist.
    pub(super) fn still_there<T: Copy>(&self, writes: &mut Transaction<'_, T>, tag: T) {
        writes.exists(tag, &self.key);
        writes.exists(tag, &self.scope.user(self.credential.user));
    }
}
