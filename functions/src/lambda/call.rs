//! What a handler is given.

use std::ops::Deref;

use chrono::{DateTime, SubsecRound, Utc};
use latchkey::access::CodeLength;
use latchkey::access::draft::Desk;
use latchkey::caller::{Caller, OrganizationScope};
use latchkey::secret::Random;
use latchkey::table::{Key, Read, Table};
use latchkey::wire::{Request, Result};
use serde::de::DeserializeOwned;

use super::store;

/// For what is only shown: cheap, and fresh where cheap does not find it.
pub(crate) const SHOWN: &[Read] = &[Read::Eventual, Read::Strong];

/// What every handler may depend on, whatever it is called with.
#[derive(Debug)]
pub struct Context {
    /// The table.
    pub table: Table,
    /// Secure random numbers.
    pub random: Random,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

impl Context {
    /// The context of a call that begins now.
    ///
    /// # Errors
    /// 500 as [`store::table`].
    pub(super) async fn begin(random: Random) -> Result<Self> {
        let table = store::table(&random).await?;
        let now = now();
        Ok(Self { table, random, now })
    }

    /// What changing an access in an organization needs.
    pub(crate) fn desk<'c>(&'c self, scope: &'c OrganizationScope) -> Desk<'c> {
        Desk {
            table: &self.table,
            scope,
            random: &self.random,
            now: self.now,
        }
    }
}

/// The time, in milliseconds: as much as anyone wants to read of a stamp.
pub(super) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

/// One call of an endpoint, with all that it may depend on: its [`Context`], too.
#[derive(Debug)]
pub struct Call {
    /// The name of the endpoint that is called.
    pub operation: &'static str,
    /// What is asked.
    pub request: Request,
    /// Who asks.
    pub caller: Caller,
    /// The table, random numbers and the time.
    pub context: Context,
}

impl Deref for Call {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl Call {
    /// How long new access codes are.
    ///
    /// # Errors
    /// 500 when the environment says what none has.
    pub(crate) fn code_length(&self) -> Result<CodeLength> {
        store::code_length()
    }

    /// What stands at a key in an organization that the caller belongs to, with the scope
    /// that found it. Looked for once more, strongly, when it is not there: so that what
    /// was just created always is. One round trip when it is found.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        key: impl Fn(&OrganizationScope) -> Option<Key>,
        reads: &[Read],
    ) -> Result<Option<(OrganizationScope, T)>> {
        for read in reads {
            for scope in self.caller.scopes() {
                let Some(key) = key(&scope) else { continue };
                if let Some(item) = self.table.get(&key, *read).await? {
                    return Ok(Some((scope, item)));
                }
            }
        }
        Ok(None)
    }
}

/// One call of an endpoint that is open to everyone: nobody is known to call. A type of its own,
/// so that no other endpoint can do without a caller by mistake.
#[derive(Debug)]
pub struct OpenCall {
    /// What is asked.
    pub request: Request,
    /// The table, where it is at hand. A function reaches it only when someone needs it.
    pub table: Option<Table>,
    /// Secure random numbers.
    pub random: Random,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

impl OpenCall {
    /// The table, random numbers and the time, for who needs the table.
    ///
    /// # Errors
    /// 500 as [`store::table`].
    pub(crate) async fn context(&self) -> Result<Context> {
        let table = match &self.table {
            Some(table) => table.clone(),
            None => store::table(&self.random).await?,
        };
        Ok(Context {
            table,
            random: self.random.clone(),
            now: self.now,
        })
    }
}
