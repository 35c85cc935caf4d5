//! A deed as it stands in the table.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ActingUser;
use super::refusal::Attempt;
use crate::directory::{Device, DeviceGroup, Resource, Space};
use crate::grant::{GrantId, Source};
use crate::id::{AccessId, ApiKeyId, AuditId, FamilyId, Id, Identifier, ShareId};
use crate::linking::ClientId;
use crate::warrant::Warrant;
use crate::wire::json::name_of;

/// The item of a deed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeedItem {
    /// Its id, whose order is that of time.
    pub id: AuditId,
    /// Who did it.
    pub actor: Actor,
    /// The name of the operation.
    pub operation: String,
    /// What it was done to.
    pub subject: Subject,
    /// Of what gives a right: on which device, group of devices or space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Subject>,
    /// What of it was otherwise before, as JSON; all of a thing that is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What of it is otherwise since, as JSON; all of a thing that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Of what was refused: why, by the code of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of what was refused: how often, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Of what was refused: the first times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// When it is forgotten; never, when left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    pub expires_at: Option<DateTime<Utc>>,
}

impl DeedItem {
    /// Whether a user did it, or tried to.
    pub(super) fn is_by(&self, user: u64) -> bool {
        let tried = self.attempts.iter().filter_map(|attempt| attempt.user_id);
        self.actor.id == Some(user) || tried.into_iter().any(|id| id == user)
    }
}

/// Who did something, and by what right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeedActor, description = "Who did it, and by what right.")]
pub struct Actor {
    /// A user, a service account, or the system.
    pub kind: ActorKind,
    /// The ID of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples(1))]
    pub id: Option<u64>,
    /// The id of the credential, which is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples("vT3mYq0cJx8ZkA1u"))]
    pub credential: Option<String>,
    /// By what right: a role, a share, an access, a secret that was presented, the caller's own
    /// affairs, or the system's. Left out of what was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Subject>,
}

impl Actor {
    pub(super) fn of(user: Option<&ActingUser>, by: &Warrant) -> Self {
        Self {
            by: Some(by.into()),
            ..Self::refused(user)
        }
    }

    /// Somebody who was refused.
    pub(super) fn refused(user: Option<&ActingUser>) -> Self {
        let kind = match user {
            None => ActorKind::System,
            Some(user) if user.is_service => ActorKind::ServiceAccount,
            Some(_) => ActorKind::User,
        };
        Self {
            kind,
            id: user.map(|user| user.id.number()),
            credential: user.map(|user| user.credential.clone()),
            by: None,
        }
    }
}

/// What acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "What acts.", examples("user"))]
pub enum ActorKind {
    /// A person.
    User,
    /// A user that is a program.
    ServiceAccount,
    /// Latchkey itself, or whoever invokes its functions in the AWS account.
    System,
}

/// What something was done to, or by right of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DeedSubject, description = "A thing, by its kind and its id.")]
pub struct Subject {
    /// What it is.
    #[schema(examples("share"))]
    pub kind: String,
    /// Its id: a number or a text.
    pub id: SubjectId,
}

/// The id of a thing: a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(description = "The id of a thing: a number or a text.", examples(3))]
pub enum SubjectId {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Subject {
    fn number(kind: &str, id: impl Id) -> Self {
        Self {
            kind: kind.to_owned(),
            id: SubjectId::Number(id.number()),
        }
    }

    /// What is named by a text.
    pub fn text(kind: &str, id: impl fmt::Display) -> Self {
        Self {
            kind: kind.to_owned(),
            id: SubjectId::Text(id.to_string()),
        }
    }

    /// A thing of the directory.
    pub fn thing<R: Resource>(id: R::Id) -> Self {
        let kind = R::ID_FIELD.strip_suffix("Id").unwrap_or(R::ID_FIELD);
        // A number is shown without the zeros that it has in keys.
        let shown = id.to_string();
        match shown.parse() {
            Ok(number) if id.key_text().len() == 16 => Self {
                kind: kind.to_owned(),
                id: SubjectId::Number(number),
            },
            _ => Self::text(kind, shown),
        }
    }

    /// Whether others give a right on it: a device, a group of devices, a space.
    pub(super) fn is_source(&self) -> bool {
        [Device::ID_FIELD, DeviceGroup::ID_FIELD, Space::ID_FIELD]
            .iter()
            .any(|field| field.strip_suffix("Id") == Some(&self.kind))
    }

    /// The source that it is, if it is one.
    pub fn source(&self) -> Option<Source> {
        let id = self.id.to_string();
        match (&*self.kind, &self.id) {
            ("device", SubjectId::Number(id)) => (*id).try_into().ok().map(Source::Device),
            ("deviceGroup", SubjectId::Number(id)) => {
                (*id).try_into().ok().map(Source::DeviceGroup)
            }
            ("space", _) => id.parse().ok().map(Source::Space),
            _ => None,
        }
    }

    /// Reads what a caller asks about: a number, if it is one.
    pub fn read(kind: &str, id: &str) -> Self {
        let of_number = id.len() <= 16 && kind != "apiKey";
        if let Ok(uuid) = Uuid::try_parse(id) {
            return Self::text(kind, uuid.simple());
        }
        match id.parse() {
            Ok(number) if of_number => Self {
                kind: kind.to_owned(),
                id: SubjectId::Number(number),
            },
            _ => Self::text(kind, id),
        }
    }
}

impl From<ShareId> for Subject {
    fn from(id: ShareId) -> Self {
        Self::number("share", id)
    }
}

impl From<AccessId> for Subject {
    fn from(id: AccessId) -> Self {
        Self::text("access", id)
    }
}

impl From<ApiKeyId> for Subject {
    fn from(id: ApiKeyId) -> Self {
        Self::text("apiKey", id)
    }
}

impl From<FamilyId> for Subject {
    fn from(id: FamilyId) -> Self {
        Self::text("tokens", id)
    }
}

impl From<ClientId> for Subject {
    fn from(id: ClientId) -> Self {
        Self::text("oauthClient", id)
    }
}

impl From<GrantId> for Subject {
    fn from(id: GrantId) -> Self {
        match id {
            GrantId::Share(id) => id.into(),
            GrantId::Access(id) => id.into(),
        }
    }
}

impl From<Source> for Subject {
    fn from(source: Source) -> Self {
        match source {
            Source::Device(id) => Self::thing::<Device>(id),
            Source::DeviceGroup(id) => Self::thing::<DeviceGroup>(id),
            Source::Space(id) => Self::thing::<Space>(id),
        }
    }
}

impl From<&Warrant> for Subject {
    fn from(by: &Warrant) -> Self {
        let word = |kind: &str, word: &str| Self::text(kind, word);
        match by {
            Warrant::Role(by) => word("role", name_of(&by.held())),
            Warrant::Grant(id) => (*id).into(),
            Warrant::Secret => word("right", "secret"),
            Warrant::Own => word("right", "own"),
            Warrant::Further | Warrant::System => word("right", "system"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Schedule, User};

    #[test]
    fn a_thing_is_named_by_its_kind_and_its_id_as_the_api_shows_it() {
        let json = |subject: Subject| serde_json::to_value(subject).unwrap();
        let user = Subject::thing::<User>(2.try_into().unwrap());
        assert_eq!(
            json(user.clone()),
            serde_json::json!({"kind": "user", "id": 2})
        );
        assert_eq!(Subject::read("user", "2"), user);
        let schedule = Subject::thing::<Schedule>(1.try_into().unwrap());
        assert_eq!(schedule.kind, "schedule");
        let space = "0192a5b07c0070008000000000000003";
        let subject = Subject::thing::<Space>(space.parse().unwrap());
        assert_eq!(json(subject.clone())["id"], space);
        assert_eq!(Subject::read("space", space), subject);
        let dashed = "0192a5b0-7c00-7000-8000-000000000003";
        assert_eq!(Subject::read("space", dashed), subject);
    }
}
