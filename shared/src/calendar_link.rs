//! Calendar links: addresses at which calendar programs, which send no credential, fetch when
//! a share holds.
//!
//! A link is of one user, and shows no more than they may see: it ends with the share, with
//! the user, and when the user may not see the share any more.

use serde::{Deserialize, Serialize, Serializer};

use crate::caller::{Caller, Membership};
use crate::deed;
use crate::id::{OrganizationId, ShareId, UserId};
use crate::role::Role;
use crate::secret::{Random, RandomFailed, hash};

/// The end of the address, by which programs recognize a calendar.
const ENDING: &str = ".ics";

/// The maximum number of users with a link to one share.
pub const MAX_CALENDAR_LINKS: usize = 20;

/// The attribute of a share that has its links.
pub const CALENDAR_LINKS: &str = "calendarLinks";

/// Names a calendar link by the hash of its secret, which is shown once and stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CalendarLinkHash(String);

impl Serialize for CalendarLinkHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        deed::secret(&self.0, serializer)
    }
}

impl CalendarLinkHash {
    /// The hash of a secret.
    pub fn of(secret: &str) -> Self {
        Self(hash(&[b"calendar link", secret.as_bytes()]))
    }

    /// The hash of the secret in the last part of an address; `None` if that part is not a
    /// secret.
    ///
    /// ```
    /// use latchkey::calendar_link::CalendarLinkHash;
    ///
    /// assert!(CalendarLinkHash::of_file("secret.ics").is_some());
    /// assert_eq!(CalendarLinkHash::of_file("secret"), None);
    /// ```
    pub fn of_file(name: &str) -> Option<Self> {
        name.strip_suffix(ENDING).map(Self::of)
    }

    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a share stores about a link to its calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkOfUser {
    /// The owner.
    pub user: UserId,
    /// The hash by which it is found.
    pub hash: CalendarLinkHash,
}

/// The target of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarLink {
    /// The organization of the share.
    pub organization: OrganizationId,
    /// The share.
    pub share: ShareId,
    /// The owner.
    pub user: UserId,
}

impl CalendarLink {
    /// The user for whom it speaks, with their current roles.
    pub fn caller(&self, roles: Vec<Role>) -> Caller {
        let membership = Membership {
            organization_id: self.organization,
            roles,
            spaces: [].into(),
        };
        Caller::new(self.user, "calendar link".to_owned(), vec![membership])
    }
}

/// A new secret.
///
/// # Errors
/// If the system has no random numbers.
pub fn secret(random: &Random) -> Result<String, RandomFailed> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    Ok(URL_SAFE_NO_PAD.encode(random.bytes::<32>()?))
}

/// The address of a link, in a deployment whose addresses begin with `base`.
///
/// ```
/// assert_eq!(
///     latchkey::calendar_link::url("https://api.example/prod", "secret"),
///     "https://api.example/prod/v2/calendars/secret.ics",
/// );
/// ```
pub fn url(base: &str, secret: &str) -> String {
    format!("{base}/v2/calendars/{secret}{ENDING}")
}
