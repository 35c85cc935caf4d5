//! What a decision reads of a user.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::UserGroupId;

/// The groups of a user, at the head of the grants to the user. One query reads whether the
/// user exists, their groups and their grants. It is created and deleted with the user, and the
/// transactions that change the user's groups change it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring {
    /// The groups; no attribute if there are none, because DynamoDB has no empty sets.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub groups: BTreeSet<UserGroupId>,
}
