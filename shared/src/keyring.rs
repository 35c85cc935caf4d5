//! What a decision reads of a user.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::UserGroupId;

/// The groups that a user is in, at the head of the grants that the user was given: so one
/// query reads whether the user is there, their groups and their grants. It stands and
/// falls with the user, and its groups change in the transactions that change the user's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring {
    /// The groups; no attribute when there are none, for DynamoDB has no empty sets.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub groups: BTreeSet<UserGroupId>,
}
