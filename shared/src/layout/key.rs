//! The keys of the one table, and of its index. `docs/architecture.md` has the picture.
//!
//! The partition key of every item of a tenant begins with `ORG#<number>#`, followed by the
//! item's owner. What decisions and entries read is therefore spread over as many partitions as
//! there are users, doors and spaces. The sort key alone says what an item is.
//!
//! Numbers are written with sixteen digits, so that DynamoDB's order of strings is the
//! order of numbers, which for ids is the order of age.

use chrono::NaiveDate;

use crate::access::AccessTemplate;
use crate::access::exclusive::Taken;
use crate::access_code::AccessCode;
use crate::audit::AuditEntry;
use crate::calendar_link::{CalendarLink, CalendarLinkHash};
use crate::caller::OrganizationScope;
use crate::credential::{Credential, CredentialHash};
use crate::directory::{Device, DeviceGroup, Resource, Schedule, Space, UserGroup};
use crate::grant::{Grant, GrantId, Receiver, Source};
use crate::id::{
    AccessId, ApiKeyId, AuditId, DeviceGroupId, DeviceId, FamilyId, Id, Identifier, OrganizationId,
    ScheduleId, ShareId, SpaceId, UserGroupId, UserId,
};
use crate::invitation::InvitationHash;
use crate::linking::CodeHash;
use crate::table::key::{Key, KeyPrefix, List, Stand, Things, lists_of};
use crate::web_key::WebKeyHash;
use crate::wire::json::a_labels;

/// The number of copies of a grant to a user group. One transaction writes all of them. A
/// decision reads the copy of its user, so the members of one group can ask sixteen times as
/// often as one partition can be read.
pub const COPIES: u64 = 16;

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

/// Keys of what belongs to no tenant.
impl Key {
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

    /// The key of an authorization code: of no tenant, since the app that has it says nothing
    /// else.
    pub fn authorization_code(hash: &CodeHash) -> Self {
        Self {
            pk: format!("OAUTHCODE#{}", hash.as_str()),
            sk: "OAUTHCODE".to_owned(),
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
    pub fn deed(organization: OrganizationId, shard: u8, id: AuditId) -> Self {
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

    /// That this ID was given to a user who was deleted.
    pub fn retired(&self, id: UserId) -> Key {
        let user = user(id);
        self.of(&user, format!("RETIRED#{user}"))
    }

    /// The claim of a user to an ID at VIVIOT, which makes it unique.
    pub fn viviot_id(&self, id: &str) -> Key {
        self.apart(format!("VIVIOT#{id}"))
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

    /// An app that users may link.
    pub fn oauth_client(&self, id: ApiKeyId) -> Key {
        let KeyPrefix(mut key) = self.oauth_clients();
        key.sk.push_str(&id.to_string());
        key
    }

    /// All apps that users may link.
    pub fn oauth_clients(&self) -> KeyPrefix {
        KeyPrefix(self.key("OAUTHCLIENT#".to_owned()))
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
        let KeyPrefix(mut key) = self.audits_of(&owner, entry.at.date_naive());
        key.sk = entry.id.to_string();
        key
    }

    /// The audit of a device or a space in a month.
    pub fn audits(&self, source: Source, month: NaiveDate) -> KeyPrefix {
        self.audits_of(&source_text(source), month)
    }

    fn audits_of(&self, owner: &str, month: NaiveDate) -> KeyPrefix {
        let month = month.format("%Y-%m");
        KeyPrefix(self.of(&format!("{owner}#AUDIT#{month}"), String::new()))
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
