//! The limit of shares that one user passes on to one receiver at one source.
//!
//! Each share that is made by right of another counts one more in an item of its own, in the
//! transaction that makes it: so of any number at once no more are made than are allowed, and
//! it costs no round trip. Nothing counts down when a share goes. Only when the count has come
//! to its end are the shares themselves counted, and the count set right; it has a version, so
//! that of two who do so at once one must look again.

use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::grant::{Grant, MAX_PASSED_ON, PASSED_ON, Parent, PassedOn, Receiver, Source};
use latchkey::table::{Change, If, Read, Refused, Transaction};

use crate::lambda::Call;

const TOO_MANY: Error = Error::NotPossible {
    code: "tooManySharesError",
    message: "One user can make at most 20 shares of one source for one receiver: change or delete one of them",
};

/// Who passes on what to whom, and how many such shares are known.
pub(super) struct Allowance<'s> {
    scope: &'s OrganizationScope,
    parent: Parent,
    receiver: Receiver,
    source: Source,
    /// The count that was found too high, and the true count.
    counted: Option<(PassedOn, u64)>,
}

impl<'s> Allowance<'s> {
    /// The allowance of a share; `None` if it was made by role, or has no receiver yet.
    pub(super) fn of(
        scope: &'s OrganizationScope,
        parent: Option<Parent>,
        receiver: Option<Receiver>,
        source: Source,
    ) -> Option<Self> {
        Some(Self {
            scope,
            parent: parent?,
            receiver: receiver?,
            source,
            counted: None,
        })
    }

    /// Counts one more.
    pub(super) fn take<T: Copy>(&self, writes: &mut Transaction<'_, T>, tag: T) {
        let key = self
            .scope
            .passed_on(self.receiver, self.source, self.parent.user);
        let (change, only) = match self.counted {
            None => {
                let below = i64::try_from(MAX_PASSED_ON - 1).unwrap_or(i64::MAX);
                let only = If::Absent.or(If::AtMost(PASSED_ON, below));
                (Change::new_version().add(PASSED_ON, 1), only)
            }
            Some((found, truly)) => {
                let change = Change::new_version().set(PASSED_ON, &(truly + 1));
                (change, If::version(found.version))
            }
        };
        writes.update(tag, &key, change, only);
    }

    /// Looks again at a count that a transaction was refused for. One round trip.
    ///
    /// # Errors
    /// 400 if the limit is reached.
    pub(super) async fn recount<T: Copy + PartialEq>(
        &mut self,
        call: &Call,
        refused: &Refused<T>,
        tag: T,
    ) -> Result<()> {
        if !refused.has(tag) {
            return Ok(());
        }
        let Some(found) = refused.item(tag)? else {
            // It was cleaned up meanwhile.
            self.counted = None;
            return Ok(());
        };
        let grants = self.scope.grants(self.receiver, self.source);
        let grants: Vec<Grant> = call.table.query(&grants, Read::Strong).await?;
        let by = grants.iter().filter_map(|grant| grant.parent);
        let truly = by.filter(|parent| parent.user == self.parent.user).count() as u64;
        if truly >= MAX_PASSED_ON {
            return Err(TOO_MANY);
        }
        self.counted = Some((found, truly));
        Ok(())
    }
}
