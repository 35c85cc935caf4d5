//! What a token of an app may do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use TokenScope::{Activate, Authorize, Events, Manage, Read, Settings};

/// A part of what a user may do, which an app may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenScope {
    /// See devices, shares, users and what else the user may see.
    Read,
    /// Give and take away rights, and change the directory.
    Manage,
    /// Open doors.
    Activate,
    /// See who opened which door.
    Events,
    /// Change how devices and the organization are set.
    Settings,
    /// Give out credentials, and link other apps.
    Authorize,
}

impl TokenScope {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 6] = [Read, Manage, Activate, Events, Settings, Authorize];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Read => "read",
            Manage => "manage",
            Activate => "activate",
            Events => "events",
            Settings => "settings",
            Authorize => "authorize",
        }
    }
}

/// Some scopes, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenScopes(BTreeSet<TokenScope>);

/// A text that is no list of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected scopes among read, manage, activate, events, settings and authorize")]
pub struct NoScopes;

impl TokenScopes {
    /// All of them.
    pub fn all() -> Self {
        Self(TokenScope::ALL.into())
    }

    /// Those of an app that does not say what it wants: to see, and to open.
    pub fn usual() -> Self {
        Self([Read, Activate, Events].into())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = TokenScope> {
        self.0.iter().copied()
    }

    /// Whether this one is among them.
    pub fn has(&self, scope: TokenScope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether each of them is one of `others`.
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// Whether they let one call an operation. One that is not in the table lets nobody in.
    pub fn allow(&self, operation: &str) -> bool {
        needs(operation).is_some_and(|needs| needs.iter().all(|scope| self.has(*scope)))
    }
}

impl FromStr for TokenScopes {
    type Err = NoScopes;

    /// Reads scopes with spaces between them.
    fn from_str(text: &str) -> Result<Self, NoScopes> {
        let scope = |word: &str| {
            let mut all = TokenScope::ALL.into_iter();
            all.find(|scope| scope.name() == word).ok_or(NoScopes)
        };
        let words = text.split(' ').filter(|word| !word.is_empty());
        let scopes: BTreeSet<_> = words.map(scope).collect::<Result<_, _>>()?;
        match scopes.is_empty() {
            true => Err(NoScopes),
            false => Ok(Self(scopes)),
        }
    }
}

impl TryFrom<String> for TokenScopes {
    type Error = NoScopes;

    fn try_from(text: String) -> Result<Self, NoScopes> {
        text.parse()
    }
}

impl From<TokenScopes> for String {
    fn from(scopes: TokenScopes) -> String {
        scopes.to_string()
    }
}

impl fmt::Display for TokenScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(TokenScope::name).collect();
        f.write_str(&names.join(" "))
    }
}

/// The scopes that a token needs for an operation, by the name of its function: the one table.
/// What is not in it is refused to the tokens of apps.
pub fn needs(operation: &str) -> Option<&'static [TokenScope]> {
    let (scopes, _) = TABLE
        .iter()
        .find(|(_, operations)| operations.contains(&operation))?;
    Some(scopes)
}

/// Scopes, and the operations that need all of them.
const TABLE: &[(&[TokenScope], &[&str])] = &[
    (
        &[Read],
        &[
            "decide",
            "get-account",
            "get-access",
            "get-business-organization",
            "get-business-user",
            "get-organization",
            "get-share",
            "get-share-calendar",
            "get-template",
            "get-template-group",
            "get-viviot-user",
            "list-accesses",
            "list-business-organizations",
            "list-business-users",
            "list-device-groups",
            "list-devices",
            "list-effective-permissions",
            "list-holders",
            "list-key-codes",
            "list-schedules",
            "list-shares",
            "list-spaces",
            "list-template-groups",
            "list-template-things",
            "list-templates",
            "list-things",
            "list-user-groups",
            "list-users",
        ],
    ),
    (
        &[Activate],
        &["activate-device", "deactivate-device", "enter-space"],
    ),
    (
        &[Manage],
        &[
            "add-device-to-group",
            "add-user-to-group",
            "claim-share",
            "create-access",
            "create-calendar-link",
            "create-device",
            "create-device-group",
            "create-schedule",
            "create-share",
            "create-space",
            "create-template",
            "create-template-group",
            "create-user-group",
            "create-web-key",
            "delete-access",
            "delete-calendar-link",
            "delete-device",
            "delete-device-group",
            "delete-schedule",
            "delete-share",
            "delete-space",
            "delete-template",
            "delete-template-group",
            "delete-user",
            "delete-user-group",
            "delete-web-key",
            "remove-device-from-group",
            "remove-user-from-group",
            "reprogram-codes",
            "update-access",
            "update-device-group",
            "update-schedule",
            "update-share",
            "update-space",
            "update-template",
            "update-template-group",
            "update-user-group",
        ],
    ),
    (&[Events], &["list-audit", "list-events"]),
    (
        &[Settings],
        &[
            "report-device-state",
            "update-device",
            "update-organization",
        ],
    ),
    (
        &[Authorize],
        &[
            "create-api-key",
            "create-oauth-client",
            "create-user-token",
            "delete-api-key",
            "delete-oauth-client",
            "end-user-tokens",
            "list-api-keys",
            "list-oauth-clients",
            "list-user-tokens",
        ],
    ),
    // A new user comes with a token, and roles are what tokens speak for.
    (
        &[Manage, Authorize],
        &[
            "create-business-user",
            "create-user",
            "update-business-user",
            "update-user",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_written_with_spaces_between() {
        let read = |text: &str| text.parse::<TokenScopes>();
        let scopes = read(" activate  read activate").unwrap();
        assert_eq!(scopes.to_string(), "read activate");
        assert_eq!(
            TokenScopes::all().to_string(),
            "read manage activate events settings authorize"
        );
        for text in ["", " ", "Read", "read,manage", "read admin"] {
            assert_eq!(read(text), Err(NoScopes), "{text}");
        }
        assert!(scopes.is_within(&TokenScopes::usual()));
        assert!(!TokenScopes::all().is_within(&scopes));
    }

    #[test]
    fn what_is_not_in_the_table_is_refused_whatever_the_scopes() {
        assert!(TokenScopes::all().allow("list-shares"));
        assert!(!TokenScopes::all().allow("list-something-new"));
        assert!(!TokenScopes::usual().allow("create-share"));
        let manage: TokenScopes = "manage".parse().unwrap();
        assert!(manage.allow("create-share") && !manage.allow("create-user"));
    }

    #[test]
    fn no_operation_is_in_the_table_twice() {
        let operations = TABLE.iter().flat_map(|(_, operations)| operations.iter());
        let mut operations: Vec<_> = operations.collect();
        operations.sort_unstable();
        let count = operations.len();
        operations.dedup();
        assert_eq!(operations.len(), count);
    }
}
