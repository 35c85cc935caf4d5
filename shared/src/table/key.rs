//! The keys of the one table, and of its index. `docs/architecture.md` has the picture.
//!
//! The partition key of every item of a tenant begins with `ORG#<number>#`, followed by the
//! item's owner. What decisions and entries read is therefore spread over as many partitions as
//! there are users, doors and spaces. The sort key alone says what an item is.
//!
//! Numbers are written with sixteen digits, so that DynamoDB's order of strings is the
//! order of numbers, which for ids is the order of age.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use serde::Deserialize;

use crate::access::exclusive::Taken;
use crate::access::{AccessCode, AccessTemplate};
use crate::audit::{AuditEntry, AuditId};
use crate::calendar_link::{CalendarLink, CalendarLinkHash};
use crate::caller::OrganizationScope;
use crate::credential::{Credential, CredentialHash};
use crate::directory::{Device, DeviceGroup, Resource, Schedule, Space, UserGroup};
use crate::grant::{Grant, GrantId, Receiver, Source};
use crate::id::{
    AccessId, ApiKeyId, DeviceGroupId, DeviceId, FamilyId, Id, Identifier, OrganizationId,
    ScheduleId, ShareId, SpaceId, UserGroupId, UserId,
};
use crate::invitation::InvitationHash;
use crate::web_key::WebKeyHash;
use crate::wire::Result;
use crate::wire::json::{Fault, FaultCode, a_labels};

/// The name of the partition key.
pub const PK: &str = "PK";
/// The name of the sort key.
pub const SK: &str = "SK";
/// The attribute that puts an item into a list of the index.
pub const LISTED_IN: &str = "listedIn";

/// The number of index lists for a kind whose items have partitions of their own. Each list
/// takes a thousand writes a second, and costs half a read unit more to read. `None` for kinds
/// whose items share one partition.
fn lists_of(kind: &str) -> Option<u64> {
    match kind {
        "USER" | "DEVICE" | "SPACE" => Some(2),
        _ => None,
    }
}

/// The number of copies of a grant to a user group. One transaction writes all of them. A
/// decision reads the copy of its user, so the members of one group can ask sixteen times as
/// often as one partition can be read.
pub const COPIES: u64 = 16;

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

    /// The index list of the item with this key, if it has one: for a directory item, one of
    /// its kind's; for a grant, that of its source.
    pub(super) fn listed_in(&self) -> Option<String> {
        let (organization, owner) = self.pk.strip_prefix("ORG#")?.split_once('#')?;
        let list = if *owner == *self.sk {
            let (kind, id) = owner.split_once('#')?;
            let number = id.parse().or_else(|_| u128::from_str_radix(id, 16));
            let list = number.ok()? % u128::from(lists_of(kind)?);
            format!("LIST#{kind}#{list}")
        } else {
            // Of copies, only the first is listed.
            let is_first = owner
                .split_once("#GRANTS#")
                .is_none_or(|(_, copy)| copy == "0");
            let grant = self.sk.strip_prefix("GRANT#").filter(|_| is_first)?;
            let mut grant = grant.splitn(5, '#').skip(2);
            let (kind, id) = (grant.next()?, grant.next()?);
            grant.next()?;
            format!("ON#{kind}#{id}")
        };
        Some(format!("ORG#{organization}#{list}"))
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

    /// The key of a web key. It belongs to no tenant, since anyone who has the link may follow
    /// it.
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
        [
            apart(link.organization, user(link.user)),
            share(link.organization, link.share),
        ]
    }

    /// The key of a deed, in one of the partitions of its organization.
    pub(crate) fn deed(organization: OrganizationId, shard: u8, id: AuditId) -> Self {
        let KeyPrefix(mut key) = deeds(organization, shard);
        key.sk.push_str(&id.to_string());
        key
    }

    /// The key of what was refused in an organization, or where none is known.
    pub(crate) fn refusal(organization: Option<OrganizationId>, id: AuditId) -> Self {
        let KeyPrefix(mut key) = refusals(organization);
        key.sk.push_str(&id.to_string());
        key
    }

    /// The key of the user that a credential speaks for.
    pub fn user_of(credential: &Credential) -> Self {
        apart(credential.organization, user(credential.user))
    }

    /// The key of the user on whose right a credential depends, if that is another user than
    /// the one that it speaks for.
    pub fn upholder_of(credential: &Credential) -> Option<Self> {
        let upholder = credential.upheld_by?;
        Some(apart(credential.organization, user(upholder)))
    }

    /// The key of the API key that a credential is, in its organization.
    pub fn api_key_of(credential: &Credential) -> Option<Self> {
        let id = credential.api_key()?;
        Some(together(credential.organization, api_key(id)))
    }
}

impl Key {
    /// The key of an item in a record of the table's stream.
    ///
    /// # Errors
    /// 500 when it is not of this table.
    pub fn of_change(keys: serde_dynamo::Item) -> Result<Self> {
        super::of_stream(keys)
    }

    /// The key as the log may have it. It may have an access code in it, the hash of a secret
    /// or somebody's address: shown are only ids, the number of the organization, and words.
    ///
    /// ```
    /// use latchkey::table::Key;
    /// use serde_json::json;
    ///
    /// let logged = |pk: &str, sk: &str| {
    ///     let keys = serde_dynamo::to_item(json!({"PK": pk, "SK": sk})).unwrap();
    ///     Key::of_change(keys).unwrap().in_log()
    /// };
    /// assert_eq!(
    ///     logged("ORG#7#DEVICE#0000000000000002", "DEVICE#0000000000000002"),
    ///     "ORG#7#DEVICE#0000000000000002 DEVICE#0000000000000002"
    /// );
    /// assert_eq!(
    ///     logged("ORG#7", "CODE#0192a5b07c0070008000000000000001#407192"),
    ///     "ORG#7 CODE#0192a5b07c0070008000000000000001#…"
    /// );
    /// let email = logged("ORG#7#EMAIL#ada@example.com", "EMAIL#ada@example.com");
    /// assert_eq!(email, "ORG#7#EMAIL#… EMAIL#…");
    /// assert_eq!(logged("WEBKEY#3q2-7w", "WEBKEY"), "WEBKEY#… WEBKEY");
    /// ```
    pub fn in_log(&self) -> String {
        let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
        let shown = |text: &str| {
            let parts = text.split('#').enumerate();
            let parts = parts.map(|(place, part)| {
                let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
                let of_organization = place == 1 && is_number && text.starts_with("ORG#");
                match is_word(part) || is_id(part) || of_organization {
                    true => part,
                    false => "…",
                }
            });
            parts.collect::<Vec<_>>().join("#")
        };
        format!("{} {}", shown(&self.pk), shown(&self.sk))
    }

    /// The fault of `field`, which refers to the item of this key, which does not exist.
    ///
    /// ```
    /// use latchkey::table::Key;
    /// use serde_json::json;
    ///
    /// let message = |pk: &str, sk: &str| {
    ///     let keys = serde_dynamo::to_item(json!({"PK": pk, "SK": sk})).unwrap();
    ///     Key::of_change(keys).unwrap().missing("field").message
    /// };
    /// let user = "USER#0000000000000099";
    /// assert_eq!(message(&format!("ORG#1#{user}"), user), "no user 99 in organization 1");
    /// let keyring = message(&format!("ORG#1#{user}"), &format!("GRANT#{user}#"));
    /// assert_eq!(keyring, "no user 99 in organization 1");
    /// ```
    pub fn missing(&self, field: impl Into<String>) -> Fault {
        let organization = self.pk.split('#').nth(1).unwrap_or_default();
        let item = self.sk.strip_prefix("GRANT#").unwrap_or(&self.sk);
        let item = item.trim_end_matches('#');
        let (kind, id) = item.split_once('#').unwrap_or((item, ""));
        let what = match kind {
            "USER" => "user",
            "USERGROUP" => "user group",
            "DEVICE" => "device",
            "DEVICEGROUP" => "device group",
            "SPACE" => "space",
            "SCHEDULE" => "schedule",
            "TEMPLATE" => "access template",
            _ => "item",
        };
        // Numbers have leading zeros, and UUIDs are texts.
        let id = id.parse::<u64>().map_or(id.to_owned(), |id| id.to_string());
        let message = format!("no {what} {id} in organization {organization}");
        Fault::new(field, FaultCode::NotFound, message)
    }

    /// The place among the keys of its partition, without the partition.
    pub fn place(&self) -> &str {
        &self.sk
    }
}

/// The keys that begin with one text in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(pub(super) Key);

impl KeyPrefix {
    /// The part of a place after this prefix: `None` if the place is after all keys with the
    /// prefix, `Some(None)` if it is before them.
    pub fn behind<'p>(&self, place: &'p str) -> Option<Option<&'p str>> {
        match place.strip_prefix(&self.0.sk) {
            Some(rest) => Some(Some(rest)),
            None if *place < *self.0.sk => Some(None),
            None => None,
        }
    }
}

/// A receiver, as the grants to it are read: of a group, one of their copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    receiver: Receiver,
    copy: u64,
}

impl Copied {
    /// The copy that is read for a decision about `user`.
    pub fn for_user(receiver: Receiver, user: UserId) -> Self {
        let copy = user.number() % COPIES;
        Self { receiver, copy }
    }

    /// All copies of the grants to a receiver.
    fn all(receiver: Receiver) -> impl Iterator<Item = Self> {
        let copies = match receiver {
            Receiver::User(_) => 1,
            Receiver::UserGroup(_) => COPIES,
        };
        (0..copies).map(move |copy| Self { receiver, copy })
    }
}

/// The first copy: for what is shown.
impl From<Receiver> for Copied {
    fn from(receiver: Receiver) -> Self {
        Self { receiver, copy: 0 }
    }
}

/// A list of the index: items of one kind, or the grants on one source, in the order of their
/// sort keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List(pub(super) String);

/// All items of one kind, in whatever partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Things {
    /// The prefix of their sort keys.
    pub(super) prefix: String,
    pub(super) stand: Stand,
}

/// The partitions of the items of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    /// In one partition.
    Together(KeyPrefix),
    /// Each in its own, and in one of these lists.
    Apart(Vec<List>),
}

/// Whether a part of a key is an id, a number or a UUID.
fn is_id(end: &str) -> bool {
    let is_number = end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_digit());
    let is_uuid = end.len() == 32 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number || is_uuid
}

/// The key of one of the few items in the organization's own partition.
fn together(organization: OrganizationId, sk: String) -> Key {
    Key {
        pk: format!("ORG#{organization}"),
        sk,
    }
}

/// The key of a share, among all those of its organization.
fn share(organization: OrganizationId, id: ShareId) -> Key {
    Key {
        pk: format!("ORG#{organization}#LIST#SHARE"),
        sk: numbered("SHARE", id),
    }
}

/// The key of what has a partition of its own in an organization, called as it is.
fn apart(organization: OrganizationId, sk: String) -> Key {
    Key {
        pk: format!("ORG#{organization}#{sk}"),
        sk,
    }
}

/// The deeds in one of the partitions of an organization.
fn deeds(organization: OrganizationId, shard: u8) -> KeyPrefix {
    KeyPrefix(Key {
        pk: format!("ORG#{organization}#DEED#{shard}"),
        sk: "DEED#".to_owned(),
    })
}

/// What was refused in an organization, or where none is known.
fn refusals(organization: Option<OrganizationId>) -> KeyPrefix {
    let pk = match organization {
        Some(organization) => format!("ORG#{organization}#REFUSED"),
        None => "REFUSED".to_owned(),
    };
    KeyPrefix(Key {
        pk,
        sk: "REFUSED#".to_owned(),
    })
}

fn numbered(kind: &str, id: impl Id) -> String {
    format!("{kind}#{:016}", id.number())
}

fn api_key(id: ApiKeyId) -> String {
    format!("APIKEY#{id}")
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
    /// One of the few items of the organization itself, which no decision reads.
    fn key(&self, sk: String) -> Key {
        together(self.organization(), sk)
    }

    /// An item with a partition of its own.
    fn apart(&self, sk: String) -> Key {
        apart(self.organization(), sk)
    }

    /// An item in the partition of its owner.
    fn of(&self, owner: &str, sk: String) -> Key {
        Key {
            pk: format!("ORG#{}#{owner}", self.organization()),
            sk,
        }
    }

    /// The key of a directory item, by its kind and its ID.
    pub fn thing(&self, kind: &str, id: impl Identifier) -> Key {
        let sk = format!("{kind}#{}", id.key_text());
        match lists_of(kind) {
            Some(_) => self.apart(sk),
            None => self.of(&format!("LIST#{kind}"), sk),
        }
    }

    /// All items of one kind.
    pub fn things(&self, kind: &str) -> Things {
        let prefix = format!("{kind}#");
        let list = |list| List(format!("ORG#{}#LIST#{kind}#{list}", self.organization()));
        let stand = match lists_of(kind) {
            Some(lists) => Stand::Apart((0..lists).map(list).collect()),
            None => Stand::Together(self.together(kind)),
        };
        Things { prefix, stand }
    }

    /// All items of a kind that share one partition.
    fn together(&self, kind: &str) -> KeyPrefix {
        KeyPrefix(self.of(&format!("LIST#{kind}"), format!("{kind}#")))
    }

    /// The membership of an item in a group: one item for each member, so that they can be read
    /// in pages.
    pub fn membership(&self, group: &Key, member: &Key) -> Key {
        let KeyPrefix(mut key) = self.memberships(group);
        key.sk.push_str(&member.sk);
        key
    }

    /// All that is in a group.
    pub fn memberships(&self, group: &Key) -> KeyPrefix {
        KeyPrefix(self.of(&group.sk, format!("MEMBER#{}#", group.sk)))
    }

    /// The claim of a user to an e-mail address, which makes it unique.
    pub fn email_address(&self, address: &str) -> Key {
        let lower = address.to_lowercase();
        let same = lower.rsplit_once('@').and_then(|(name, domain)| {
            let domain = a_labels(domain)?;
            Some(format!("{name}@{domain}"))
        });
        self.apart(format!("EMAIL#{}", same.unwrap_or(lower)))
    }

    /// The claim of a user to a phone number, which makes it unique.
    pub fn phone_number(&self, number: &str) -> Key {
        self.apart(format!("PHONE#{number}"))
    }

    /// The organization itself.
    pub fn organization_key(&self) -> Key {
        self.key("ORG".to_owned())
    }

    /// A user.
    pub fn user(&self, id: UserId) -> Key {
        self.apart(user(id))
    }

    /// The users who may give roles, of whom one must remain.
    pub fn admins(&self) -> Key {
        self.key("ADMINS".to_owned())
    }

    /// A group of users.
    pub fn user_group(&self, id: UserGroupId) -> Key {
        self.thing(UserGroup::KEY, id)
    }

    /// A device.
    pub fn device(&self, id: DeviceId) -> Key {
        self.thing(Device::KEY, id)
    }

    /// A group of devices.
    pub fn device_group(&self, id: DeviceGroupId) -> Key {
        self.thing(DeviceGroup::KEY, id)
    }

    /// A space.
    pub fn space(&self, id: SpaceId) -> Key {
        self.thing(Space::KEY, id)
    }

    /// The key of an item of a space, in the space's partition. `sk` begins with its kind.
    pub fn of_space(&self, id: SpaceId, sk: String) -> Key {
        self.of(&space(id), sk)
    }

    /// A named schedule.
    pub fn schedule(&self, id: ScheduleId) -> Key {
        self.thing(Schedule::KEY, id)
    }

    /// An API key.
    pub fn api_key(&self, id: ApiKeyId) -> Key {
        self.key(api_key(id))
    }

    /// All API keys.
    pub fn api_keys(&self) -> KeyPrefix {
        KeyPrefix(self.key("APIKEY#".to_owned()))
    }

    /// The tokens of one family, issued to an API key.
    pub fn tokens(&self, client: ApiKeyId, family: FamilyId) -> Key {
        let KeyPrefix(mut key) = self.all_tokens(client);
        key.sk.push_str(&family.to_string());
        key
    }

    /// All tokens that were given out to an API key.
    pub fn all_tokens(&self, client: ApiKeyId) -> KeyPrefix {
        KeyPrefix(self.of(&format!("APIKEY#{client}"), format!("TOKENS#{client}#")))
    }

    /// A share.
    pub fn share(&self, id: ShareId) -> Key {
        share(self.organization(), id)
    }

    /// All shares.
    pub fn shares(&self) -> KeyPrefix {
        self.together("SHARE")
    }

    /// An access.
    pub fn access(&self, id: AccessId) -> Key {
        self.thing("ACCESS", id)
    }

    /// All accesses.
    pub fn accesses(&self) -> KeyPrefix {
        self.together("ACCESS")
    }

    /// All access templates.
    pub fn templates(&self) -> KeyPrefix {
        self.together(AccessTemplate::KEY)
    }

    /// The access code of a space.
    pub fn code(&self, space: SpaceId, code: &AccessCode) -> Key {
        let KeyPrefix(mut key) = self.codes(space);
        key.sk.push_str(code.as_str());
        key
    }

    /// All access codes of a space.
    pub fn codes(&self, space: SpaceId) -> KeyPrefix {
        KeyPrefix(self.of_space(space, format!("CODE#{space}#")))
    }

    /// All that is taken of a space by exclusive accesses.
    pub fn bookings(&self, space: SpaceId) -> KeyPrefix {
        KeyPrefix(self.of_space(space, format!("BOOKED#{space}#")))
    }

    /// The days of a space of which something is taken.
    pub fn days(&self, space: SpaceId) -> KeyPrefix {
        let KeyPrefix(mut key) = self.bookings(space);
        key.sk.push_str("DAY#");
        KeyPrefix(key)
    }

    /// The bookings of a space on one day.
    pub fn day(&self, space: SpaceId, day: NaiveDate) -> Key {
        let KeyPrefix(mut key) = self.days(space);
        key.sk.push_str(&day.to_string());
        key
    }

    /// The long bookings of a space, ordered by their end.
    pub fn longs(&self, space: SpaceId) -> KeyPrefix {
        let KeyPrefix(mut key) = self.bookings(space);
        key.sk.push_str("LONG#");
        KeyPrefix(key)
    }

    /// The long booking of one access at a space.
    pub fn long(&self, space: SpaceId, taken: &Taken) -> Key {
        let KeyPrefix(mut key) = self.longs(space);
        key.sk.push_str(&taken.own_place());
        key
    }

    /// The wrong codes that were typed at a space, as one controller has told: a user, with
    /// whichever credential.
    pub fn wrong_codes(&self, space: SpaceId, controller: UserId) -> Key {
        self.of_space(space, format!("WRONGCODES#{space}#{}", user(controller)))
    }

    /// The last remaking of all access codes.
    pub fn reprogramming(&self) -> Key {
        self.key("REPROGRAMMING".to_owned())
    }

    /// Whom a grant is for: a user or a group of users.
    pub fn receiver(&self, receiver: Receiver) -> Key {
        match receiver {
            Receiver::User(id) => self.user(id),
            Receiver::UserGroup(id) => self.user_group(id),
        }
    }

    /// The source of a grant: a device, a device group or a space.
    pub fn source(&self, source: Source) -> Key {
        match source {
            Source::Device(id) => self.device(id),
            Source::DeviceGroup(id) => self.device_group(id),
            Source::Space(id) => self.space(id),
        }
    }

    /// The grant of a share, or of an access to one space.
    pub fn grant(&self, to: impl Into<Copied>, source: Source, id: GrantId) -> Key {
        let KeyPrefix(mut key) = self.grants(to, source);
        key.sk.push_str(&match id {
            GrantId::Share(id) => format!("{:016}", id.number()),
            GrantId::Access(id) => id.to_string(),
        });
        key
    }

    /// A grant for reading: the first of its copies.
    pub fn grant_key(&self, grant: &Grant) -> Key {
        self.grant(grant.receiver, grant.source, grant.id)
    }

    /// All copies of a grant. They are written together.
    pub fn grant_keys<'s>(&'s self, grant: &'s Grant) -> impl Iterator<Item = Key> + 's {
        Copied::all(grant.receiver).map(|to| self.grant(to, grant.source, grant.id))
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
    pub fn grants_to(&self, to: impl Into<Copied>) -> KeyPrefix {
        let Copied { receiver, copy } = to.into();
        let name = receiver_text(receiver);
        let sk = format!("GRANT#{name}#");
        KeyPrefix(match receiver {
            Receiver::User(_) => self.of(&name, sk),
            Receiver::UserGroup(_) => self.of(&format!("{name}#GRANTS#{copy}"), sk),
        })
    }

    /// The keyring of a user: the head of the grants to the user.
    pub fn keyring(&self, user: UserId) -> Key {
        self.grants_to(Receiver::User(user)).0
    }

    /// All grants to one receiver on one source.
    pub fn grants(&self, to: impl Into<Copied>, source: Source) -> KeyPrefix {
        let KeyPrefix(mut key) = self.grants_to(to);
        key.sk.push_str(&format!("{}#", source_text(source)));
        KeyPrefix(key)
    }

    /// How many shares of one source a user made for one receiver by right of another share.
    pub fn passed_on(&self, receiver: Receiver, source: Source, by: UserId) -> Key {
        let KeyPrefix(mut key) = self.all_passed_on(receiver);
        key.sk
            .push_str(&format!("{}#{}", source_text(source), user(by)));
        key
    }

    /// The same for one receiver, for all sources and makers.
    pub fn all_passed_on(&self, receiver: Receiver) -> KeyPrefix {
        let receiver = receiver_text(receiver);
        KeyPrefix(self.of(&receiver, format!("PASSEDON#{receiver}#")))
    }

    /// All grants on one source.
    pub fn grants_on(&self, source: Source) -> List {
        let on = source_text(source);
        List(format!("ORG#{}#ON#{on}", self.organization()))
    }

    /// The deeds in one of the partitions of the organization.
    pub fn deeds(&self, shard: u8) -> KeyPrefix {
        deeds(self.organization(), shard)
    }

    /// The refusals.
    pub fn refusals(&self) -> KeyPrefix {
        refusals(Some(self.organization()))
    }

    /// The audit of a door, in a partition for each device or space and each month, because it
    /// grows without end.
    pub fn audit(&self, entry: &AuditEntry) -> Key {
        let device = entry.device.map(Source::Device);
        let source = device.or(entry.space.map(Source::Space));
        let owner = source.map_or_else(|| "ORG".to_owned(), source_text);
        let month = entry.at.format("%Y-%m");
        self.of(&format!("{owner}#AUDIT#{month}"), entry.id.to_string())
    }

    /// The first answer to a request with an idempotency key.
    pub fn idempotency(&self, hash: &str) -> Key {
        self.apart(format!("IDEMPOTENCY#{hash}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn scope() -> OrganizationScope {
        OrganizationScope::of_change(7.try_into().unwrap())
    }

    #[test]
    fn what_stands_apart_is_in_one_of_the_lists_of_its_kind() {
        let scope = scope();
        let of = |things: Things| match things.stand {
            Stand::Apart(lists) => lists.into_iter().map(|List(list)| list).collect(),
            Stand::Together(_) => BTreeSet::new(),
        };
        let devices = (1..=40).map(|id: u64| scope.device(id.try_into().unwrap()));
        let listed: BTreeSet<_> = devices.filter_map(|key| key.listed_in()).collect();
        assert_eq!(
            listed,
            of(scope.things(Device::KEY)),
            "all of them, and no other"
        );
        assert_eq!(listed.len(), 2);
        let space = "0192a5b0-7c00-7000-8000-000000000003".parse().unwrap();
        let listed = scope.space(space).listed_in().unwrap();
        assert!(of(scope.things(Space::KEY)).contains(&listed), "{listed}");
        // Kinds that share one partition need no list.
        assert_eq!(scope.share(3.try_into().unwrap()).listed_in(), None);
        assert_eq!(scope.user_group(3.try_into().unwrap()).listed_in(), None);
    }

    /// A grant of share 3 to user 2.
    fn grant(source: Source) -> Grant {
        let grant = serde_json::json!({
            "share": 3, "source": source, "receiver": {"userId": 2}, "depth": 0,
            "timing": {"window": {"from": "2026-01-01T00:00:00Z"}, "rules": []},
            "permissions": {},
        });
        serde_json::from_value(grant).unwrap()
    }

    #[test]
    fn a_grant_is_in_the_list_of_its_source_and_a_keyring_in_none() {
        let scope = scope();
        let (user, device) = (2.try_into().unwrap(), 1.try_into().unwrap());
        let receiver = Receiver::User(user);
        for source in [
            Source::Device(device),
            Source::Space("0192a5b0-7c00-7000-8000-000000000003".parse().unwrap()),
        ] {
            let id = GrantId::Share(3.try_into().unwrap());
            let grant = scope.grant(receiver, source, id);
            let List(list) = scope.grants_on(source);
            assert_eq!(grant.listed_in(), Some(list));
        }
        let source = Source::Device(device);
        let group = Receiver::UserGroup(2.try_into().unwrap());
        let keys = |receiver| {
            let grant = Grant {
                receiver,
                ..grant(source)
            };
            scope.grant_keys(&grant).collect::<Vec<_>>()
        };
        assert_eq!(keys(receiver).len(), 1);
        let copies = keys(group);
        let partitions: BTreeSet<_> = copies.iter().map(|key| key.pk.clone()).collect();
        assert_eq!(partitions.len() as u64, COPIES, "each in its own");
        let listed: Vec<_> = copies.iter().filter_map(Key::listed_in).collect();
        let List(list) = scope.grants_on(source);
        assert_eq!(listed, [list], "the first alone");
        for number in 1..=40 {
            let copy = Copied::for_user(group, number.try_into().unwrap());
            let id = GrantId::Share(3.try_into().unwrap());
            assert!(copies.contains(&scope.grant(copy, source, id)), "{number}");
        }
        assert_eq!(scope.keyring(user).listed_in(), None);
        let code = "407192".parse().unwrap();
        let space = "0192a5b0-7c00-7000-8000-000000000003".parse().unwrap();
        assert_eq!(scope.code(space, &code).listed_in(), None);
        assert_eq!(scope.organization_key().listed_in(), None);
    }
}
