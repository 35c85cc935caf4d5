//! Where most tests begin: an organization, in a store of its own, behind a system.

use serde_json::Value;

use super::{Store, System, Tenant, User};

/// An organization that can be asked. It ends with the test.
pub struct World {
    pub store: Store,
    pub system: System,
    pub tenant: Tenant,
}

impl World {
    /// The one that [`Tenant::new`] describes.
    pub async fn start() -> Self {
        Self::of(Tenant::new(7)).await
    }

    /// This organization.
    pub async fn of(tenant: Tenant) -> Self {
        let store = Store::start().await;
        // The system makes the table.
        let system = System::on(&store).await;
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
        }
    }

    /// User 1.
    pub fn admin(&self) -> User<'_> {
        self.user(1)
    }

    /// The user of that number.
    pub fn user(&self, number: usize) -> User<'_> {
        self.system.user(self.tenant.token(number))
    }

    /// Has a user create a share like [`Tenant::share`], and gives its path.
    pub async fn create_share(&self, user: usize, changes: Value) -> String {
        self.tenant.create_share(&self.system, user, changes).await
    }
}
