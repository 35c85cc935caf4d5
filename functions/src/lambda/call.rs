//! The input of a handler.

use std::ops::Deref;

use chrono::{DateTime, SubsecRound, Utc};
use latchkey::access::draft::Desk;
use latchkey::access_code::CodeLength;
use latchkey::caller::{Caller, OrganizationScope};
use latchkey::deed::Author;
use latchkey::error::Result;
use latchkey::secret::Random;
use latchkey::table::{Key, Read, Table};
use latchkey::wire::Request;
use serde::de::DeserializeOwned;

use super::store;

/// For what is only shown: cheap, and fresh where cheap does not find it.
pub(crate) const SHOWN: &[Read] = &[Read::Eventual, Read::Strong];

/// Everything that a handler may depend on, for any kind of event.
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
    /// The context of a call of a function that begins now. The system itself makes it.
    ///
    /// # Errors
    /// 500 as [`store::table`].
    pub(super) async fn begin(operation: &'static str, random: Random) -> Result<Self> {
        let now = now();
        let table = store::table(&random).await?;
        let table = table.written_by(Author::system(operation, now));
        Ok(Self { table, random, now })
    }

    /// What a change of an access in an organization needs.
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
    /// The parameters.
    pub request: Request,
    /// The caller.
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
    /// The length of new access codes.
    ///
    /// # Errors
    /// 500 if the environment has an invalid length.
    pub(crate) fn code_length(&self) -> Result<CodeLength> {
        store::code_length()
    }

    /// The item at a key in one of the caller's organizations, with the scope that found it. If
    /// it is not found, it is read once more, strongly consistent, so that a new item is always
    /// found. One round trip if it is found.
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
    /// The parameters.
    pub request: Request,
    /// The author for the record, before the caller is known.
    pub author: Author,
    /// Whether the method is one that changes nothing.
    pub reads: bool,
    /// The table, if it is available. A function opens it only when it is needed.
    pub table: Option<Table>,
    /// Secure random numbers.
    pub random: Random,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

impl OpenCall {
    /// The table, random numbers and the time, for a handler that needs the table.
    ///
    /// # Errors
    /// 500 as [`store::table`].
    pub(crate) async fn context(&self) -> Result<Context> {
        let table = match &self.table {
            Some(table) => table.clone(),
            None => store::table(&self.random).await?,
        };
        Ok(Context {
            table: table.written_by(self.author.clone()),
            random: self.random.clone(),
            now: self.now,
        })
    }
}
