//! The keys of the one table. `docs/architecture.md` has the picture.
//!
//! Numbers are written with sixteen digits, so that DynamoDB's order of strings is the
//! order of numbers, which for ids is the order of age.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::access::AccessCode;
use crate::audit::AuditId;
use crate::calendar_link::{CalendarLink, CalendarLinkHash};
use crate::caller::OrganizationScope;
use crate::credential::{Credential, CredentialHash};
use crate::directory::{Resource, Space};
use crate::grant::{Grant, GrantId, Receiver, Source};
use crate::id::{
    AccessId, ApiKeyId, DeviceGroupId, DeviceId, FamilyId, Id, Identifier, OrganizationId,
    ScheduleId, ShareId, SpaceId, UserGroupId, UserId,
};
use crate::invitation::InvitationHash;
use crate::web_key::WebKeyHash;
use crate::wire::Result;

/// The name of the partition key.
pub const PK: &str = "PK";
/// The name of the sort key.
pub const SK: &str = "SK";

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    /// The key as DynamoDB takes it.
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PK.to_owned(), AttributeValue::S(self.pk.clone())),
            (SK.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// The key of a credential: of no tenant, since it is what tells the tenant.
    pub fn credential(hash: &CredentialHash) -> Self {
        Self {
            pk: format!("CREDENTIAL#{}", hash.as_str()),
            sk: "CREDENTIAL".to_owned(),
        }
    }

    /// The key of an open invitation: of no tenant, since its token may be claimed by
    /// anyone who was given it.
    pub fn invitation(hash: &InvitationHash) -> Self {
        Self {
            pk: format!("CLAIM#{}", hash.as_str()),
            sk: "CLAIM".to_owned(),
        }
    }

    /// The key of a web key: of no tenant, since anyone who has the link may follow it.
    pub fn web_key(hash: &WebKeyHash) -> Self {
        Self {
            pk: format!("WEBKEY#{}", hash.as_str()),
            sk: "WEBKEY".to_owned(),
        }
    }

    /// The key of a calendar link: of no tenant, since a program that has the link says nothing
    /// else.
    pub fn calendar_link(hash: &CalendarLinkHash) -> Self {
        Self {
            pk: format!("CALENDAR#{}", hash.as_str()),
            sk: "CALENDAR".to_owned(),
        }
    }

    /// The keys of the user that a calendar link speaks for, and of the share that it shows.
    pub fn of_calendar_link(link: &CalendarLink) -> [Self; 2] {
        let share = numbered("SHARE", link.share);
        [user(link.user), share].map(|sk| in_organization(link.organization, sk))
    }

    /// The key of the user that a credential speaks for.
    pub fn user_of(credential: &Credential) -> Self {
        in_organization(credential.organization, user(credential.user))
    }
}

impl Key {
    /// The key of an item that the table's stream tells of.
    ///
    /// # Errors
    /// 500 when it is not of this table.
    pub fn of_change(keys: serde_dynamo::Item) -> Result<Self> {
        super::of_stream(keys)
    }

    /// The key as the log may have it. It may end in an access code, in the hash of a secret
    /// or in somebody's address: an end is shown only where it is an id.
    ///
    /// ```
    /// use latchkey::table::Key;
    /// use serde_json::json;
    ///
    /// let logged = |pk: &str, sk: &str| {
    ///     let keys = serde_dynamo::to_item(json!({"PK": pk, "SK": sk})).unwrap();
    ///     Key::of_change(keys).unwrap().in_log()
    /// };
    /// assert_eq!(logged("ORG#7", "DEVICE#0000000000000002"), "ORG#7 DEVICE#0000000000000002");
    /// assert_eq!(
    ///     logged("ORG#7", "CODE#0192a5b07c0070008000000000000001#407192"),
    ///     "ORG#7 CODE#0192a5b07c0070008000000000000001#…"
    /// );
    /// assert_eq!(logged("ORG#7", "EMAIL#ada@example.com"), "ORG#7 EMAIL#…");
    /// assert_eq!(logged("WEBKEY#3q2-7w", "WEBKEY"), "WEBKEY#… WEBKEY");
    /// ```
    pub fn in_log(&self) -> String {
        let shown = |text: &str| match text.rsplit_once('#') {
            Some((kind, end)) if kind != "ORG" && !is_id(end) => format!("{kind}#…"),
            _ => text.to_owned(),
        };
        format!("{} {}", shown(&self.pk), shown(&self.sk))
    }

    /// Where it stands among the keys of its partition. Says nothing of the partition.
    pub fn place(&self) -> &str {
        &self.sk
    }
}

/// The keys that begin with one text in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(pub(super) Key);

impl KeyPrefix {
    /// What comes in these keys behind a place in their partition: `None` when it lies
    /// behind all of them, nothing when before all.
    pub fn behind<'p>(&self, place: &'p str) -> Option<Option<&'p str>> {
        match place.strip_prefix(&self.0.sk) {
            Some(rest) => Some(Some(rest)),
            None if *place < *self.0.sk => Some(None),
            None => None,
        }
    }
}

/// The grants on one source, in the index that has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantsOn {
    pub(super) pk: String,
    pub(super) by_source: String,
}

/// Whether the end of a key is an id, a number or a UUID, or nothing.
fn is_id(end: &str) -> bool {
    let is_number = end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_digit());
    let is_uuid = end.len() == 32 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    end.is_empty() || is_number || is_uuid
}

fn in_organization(organization: OrganizationId, sk: String) -> Key {
    Key {
        pk: format!("ORG#{organization}"),
        sk,
    }
}

fn numbered(kind: &str, id: impl Id) -> String {
    format!("{kind}#{:016}", id.number())
}

fn user(id: UserId) -> String {
    numbered("USER", id)
}

fn receiver_text(receiver: Receiver) -> String {
    match receiver {
        Receiver::User(id) => user(id),
        Receiver::UserGroup(id) => numbered("USERGROUP", id),
    }
}

fn source_text(source: Source) -> String {
    match source {
        Source::Device(id) => numbered("DEVICE", id),
        Source::DeviceGroup(id) => numbered("DEVICEGROUP", id),
        Source::Space(id) => space(id),
    }
}

fn space(id: SpaceId) -> String {
    format!("{}#{id}", Space::KEY)
}

/// Keys of what belongs to a tenant: only a scope makes them.
impl OrganizationScope {
    fn key(&self, sk: String) -> Key {
        in_organization(self.organization(), sk)
    }

    /// A thing of the directory, by its kind and its id as keys have it.
    pub fn thing(&self, kind: &str, id: impl Identifier) -> Key {
        self.key(format!("{kind}#{}", id.key_text()))
    }

    /// All things of one kind.
    pub fn things(&self, kind: &str) -> KeyPrefix {
        KeyPrefix(self.key(format!("{kind}#")))
    }

    /// That something is in a group: one item a member, so that they are found in pages.
    pub fn membership(&self, group: &Key, member: &Key) -> Key {
        let KeyPrefix(mut key) = self.memberships(group);
        key.sk.push_str(&member.sk);
        key
    }

    /// All that is in a group.
    pub fn memberships(&self, group: &Key) -> KeyPrefix {
        KeyPrefix(self.key(format!("MEMBER#{}#", group.sk)))
    }

    /// That a user has this e-mail address, and so no other one may.
    pub fn email_address(&self, address: &str) -> Key {
        self.key(format!("EMAIL#{}", address.to_lowercase()))
    }

    /// That a user has this phone number, and so no other one may.
    pub fn phone_number(&self, number: &str) -> Key {
        self.key(format!("PHONE#{number}"))
    }

    /// The organization itself.
    pub fn organization_key(&self) -> Key {
        self.key("ORG".to_owned())
    }

    /// A user.
    pub fn user(&self, id: UserId) -> Key {
        self.key(user(id))
    }

    /// A group of users.
    pub fn user_group(&self, id: UserGroupId) -> Key {
        self.key(numbered("USERGROUP", id))
    }

    /// A device.
    pub fn device(&self, id: DeviceId) -> Key {
        self.key(numbered("DEVICE", id))
    }

    /// A group of devices.
    pub fn device_group(&self, id: DeviceGroupId) -> Key {
        self.key(numbered("DEVICEGROUP", id))
    }

    /// A space.
    pub fn space(&self, id: SpaceId) -> Key {
        self.key(space(id))
    }

    /// A named schedule.
    pub fn schedule(&self, id: ScheduleId) -> Key {
        self.key(numbered("SCHEDULE", id))
    }

    /// An API key.
    pub fn api_key(&self, id: ApiKeyId) -> Key {
        self.key(format!("APIKEY#{id}"))
    }

    /// All API keys.
    pub fn api_keys(&self) -> KeyPrefix {
        KeyPrefix(self.key("APIKEY#".to_owned()))
    }

    /// The tokens that came of one another, given out to an API key.
    pub fn tokens(&self, client: ApiKeyId, family: FamilyId) -> Key {
        let KeyPrefix(mut key) = self.all_tokens(client);
        key.sk.push_str(&family.to_string());
        key
    }

    /// All tokens that were given out to an API key.
    pub fn all_tokens(&self, client: ApiKeyId) -> KeyPrefix {
        KeyPrefix(self.key(format!("TOKENS#{client}#")))
    }

    /// A share.
    pub fn share(&self, id: ShareId) -> Key {
        self.key(numbered("SHARE", id))
    }

    /// All shares.
    pub fn shares(&self) -> KeyPrefix {
        self.things("SHARE")
    }

    /// An access.
    pub fn access(&self, id: AccessId) -> Key {
        self.thing("ACCESS", id)
    }

    /// All accesses.
    pub fn accesses(&self) -> KeyPrefix {
        self.things("ACCESS")
    }

    /// That a space has this access code, and what it opens it for.
    pub fn code(&self, space: SpaceId, code: &AccessCode) -> Key {
        let KeyPrefix(mut key) = self.codes(space);
        key.sk.push_str(code.as_str());
        key
    }

    /// All access codes of a space.
    pub fn codes(&self, space: SpaceId) -> KeyPrefix {
        KeyPrefix(self.key(format!("CODE#{space}#")))
    }

    /// The last remaking of all access codes.
    pub fn reprogramming(&self) -> Key {
        self.key("REPROGRAMMING".to_owned())
    }

    /// Whom a grant is for: a user or a group of users.
    pub fn receiver(&self, receiver: Receiver) -> Key {
        self.key(receiver_text(receiver))
    }

    /// What a grant opens: a device, a group of devices or a space.
    pub fn source(&self, source: Source) -> Key {
        self.key(source_text(source))
    }

    /// The grant of a share, or of an access to one space.
    pub fn grant(&self, receiver: Receiver, source: Source, id: GrantId) -> Key {
        let KeyPrefix(mut key) = self.grants(receiver, source);
        key.sk.push_str(&match id {
            GrantId::Share(id) => format!("{:016}", id.number()),
            GrantId::Access(id) => id.to_string(),
        });
        key
    }

    /// A grant that is at hand.
    pub fn grant_key(&self, grant: &Grant) -> Key {
        self.grant(grant.receiver, grant.source, grant.id)
    }

    /// All grants of shares to one receiver: those on devices and on groups of devices.
    pub fn shared_with(&self, receiver: Receiver) -> KeyPrefix {
        let KeyPrefix(mut key) = self.grants_to(receiver);
        key.sk.push_str("DEVICE");
        KeyPrefix(key)
    }

    /// All grants of accesses to one receiver: those on spaces.
    pub fn accessible_to(&self, receiver: Receiver) -> KeyPrefix {
        let KeyPrefix(mut key) = self.grants_to(receiver);
        key.sk.push_str(&format!("{}#", Space::KEY));
        KeyPrefix(key)
    }

    /// All grants to one receiver; of a user, with the keyring first.
    pub fn grants_to(&self, receiver: Receiver) -> KeyPrefix {
        KeyPrefix(self.key(format!("GRANT#{}#", receiver_text(receiver))))
    }

    /// What a user opens doors with: the head of the grants to the user.
    pub fn keyring(&self, user: UserId) -> Key {
        self.grants_to(Receiver::User(user)).0
    }

    /// All grants to one receiver on one source.
    pub fn grants(&self, receiver: Receiver, source: Source) -> KeyPrefix {
        let sk = format!("GRANT#{}#{}#", receiver_text(receiver), source_text(source));
        KeyPrefix(self.key(sk))
    }

    /// How many shares to one receiver on one source somebody made by right of another.
    pub fn passed_on(&self, receiver: Receiver, source: Source, by: UserId) -> Key {
        let KeyPrefix(mut key) = self.all_passed_on(receiver);
        key.sk
            .push_str(&format!("{}#{}", source_text(source), user(by)));
        key
    }

    /// The same for one receiver, on all sources and by everyone.
    pub fn all_passed_on(&self, receiver: Receiver) -> KeyPrefix {
        KeyPrefix(self.key(format!("PASSEDON#{}#", receiver_text(receiver))))
    }

    /// All grants on one source.
    pub fn grants_on(&self, source: Source) -> GrantsOn {
        GrantsOn {
            pk: self.organization_key().pk,
            by_source: self.by_source(source),
        }
    }

    /// What the index by source calls a source.
    pub fn by_source(&self, source: Source) -> String {
        format!("ORG#{}#{}", self.organization(), source_text(source))
    }

    /// What was done at a moment, in a partition for each month: it grows without end.
    pub fn audit(&self, at: DateTime<Utc>, id: AuditId) -> Key {
        let month = at.format("%Y-%m");
        Key {
            pk: format!("ORG#{}#AUDIT#{month}", self.organization()),
            sk: id.to_string(),
        }
    }

    /// The first answer to a request with an idempotency key.
    pub fn idempotency(&self, hash: &str) -> Key {
        self.key(format!("IDEMPOTENCY#{hash}"))
    }
}
