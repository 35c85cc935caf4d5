"""ServiceStack's published client for Python, asking this API as it asks the service that its
operations come from: with typed requests, and nothing changed but the base URL and the credential.

    client.py URL    (a system with the demo organization)
"""

import datetime as dt
import sys
import uuid
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import List, Optional

from dataclasses_json import LetterCase, Undefined, dataclass_json
from servicestack import (
    IDelete,
    IGet,
    IPost,
    IPut,
    IReturn,
    JsonServiceClient,
    ResponseStatus,
    WebServiceException,
)

ADMIN = "293891d1-9278-4468-b322-6887e5e39164"
MEMBER = "2f41dafc-e24e-47af-a80b-f644fba8b137"
API_KEY = ("demoKeyOfTheHome", "aSecretThatIsPublishedIsGoodForDemonstrat-0")
LOBBY = "0192a5b07c0070008000000000000001"
ORGANIZATION = "4c617463686b80018000000000000001"


# The typed requests, as the code generator writes them.


class AccessCodeInitializationStrategy(str, Enum):
    UNIQUE = "Unique"
    SHARED = "Shared"


class AccessTemplateScope(IntEnum):
    ALL = 0
    GUEST = 1
    STAFF = 2


def dto(cls):
    return dataclass_json(letter_case=LetterCase.CAMEL, undefined=Undefined.EXCLUDE)(dataclass(cls))


@dto
class BaseRequest:
    version: Optional[int] = None


@dto
class ThingBusinessUserAccessDto:
    thing_id: Optional[str] = None
    access_count: Optional[int] = None
    from_hour: Optional[dt.timedelta] = None
    to_hour: Optional[dt.timedelta] = None
    exclusive: Optional[bool] = None


@dto
class BaseEditBusinessUserAccess(BaseRequest):
    valid_from: Optional[dt.datetime] = None
    valid_to: Optional[dt.datetime] = None
    label: Optional[str] = None
    spaces: Optional[List[ThingBusinessUserAccessDto]] = None


@dto
class CreateBusinessUserAccessResponse:
    id: Optional[str] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/BusinessUserAccess", "POST")
@dto
class CreateBusinessUserAccess(
    BaseEditBusinessUserAccess, IReturn[CreateBusinessUserAccessResponse], IPost
):
    access_template_id: Optional[str] = None
    business_user_id: int = 0
    access_code_initialization_strategy: Optional[AccessCodeInitializationStrategy] = None
    permission: Optional[List[str]] = None


@dto
class UpdateBusinessUserAccessResponse:
    id: Optional[str] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/BusinessUserAccess", "PUT")
@dto
class UpdateBusinessUserAccess(
    BaseEditBusinessUserAccess, IReturn[UpdateBusinessUserAccessResponse], IPut
):
    business_user_access_id: Optional[str] = None


@dto
class DeleteBusinessUserAccessResponse:
    response_status: Optional[ResponseStatus] = None


# @Route("/BusinessUserAccess", "DELETE")
@dto
class DeleteBusinessUserAccess(BaseRequest, IReturn[DeleteBusinessUserAccessResponse], IDelete):
    business_user_access_id: Optional[str] = None


@dto
class ThingView:
    id: Optional[str] = None
    organization_id: Optional[str] = None
    name: Optional[str] = None
    order: int = 0


@dto
class OrganizationView:
    id: Optional[str] = None
    name: Optional[str] = None
    code: Optional[str] = None


@dto
class BusinessUserView:
    id: int = 0
    first_name: Optional[str] = None
    last_name: Optional[str] = None


@dto
class AccessTemplateBasicView:
    id: Optional[str] = None
    name: Optional[str] = None


@dto
class ThingBusinessUserAccessView:
    thing_id: Optional[str] = None
    thing: Optional[ThingView] = None
    access_code: Optional[str] = None
    access_count: Optional[int] = None
    from_hour: Optional[str] = None
    to_hour: Optional[str] = None
    exclusive: bool = False


@dto
class BusinessUserAccessView:
    id: Optional[str] = None
    valid_from: int = 0
    valid_to: Optional[int] = None
    label: Optional[str] = None
    permission: List[str] = field(default_factory=list)
    organization: Optional[OrganizationView] = None
    business_user: Optional[BusinessUserView] = None
    access_templates: List[AccessTemplateBasicView] = field(default_factory=list)
    thing_business_user_accesses: List[ThingBusinessUserAccessView] = field(default_factory=list)


@dto
class GetBusinessUserAccessesResponse:
    data: Optional[List[BusinessUserAccessView]] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/BusinessUserAccesses", "GET")
@dto
class GetBusinessUserAccesses(BaseRequest, IReturn[GetBusinessUserAccessesResponse], IGet):
    thing_id: Optional[str] = None
    load_only_active: Optional[bool] = None


@dto
class UpdateBusinessUserAccessByReprogrammingCodesResponse:
    id: Optional[str] = None
    state: Optional[int] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/BusinessUserAccesses/reprogramcodes", "PUT")
@dto
class UpdateBusinessUserAccessByReprogrammingCodes(
    BaseRequest, IReturn[UpdateBusinessUserAccessByReprogrammingCodesResponse], IPut
):
    organization_id: Optional[str] = None


@dto
class ThingAccessTemplateDto:
    thing_id: Optional[str] = None
    available_from: Optional[int] = None
    available_to: Optional[int] = None
    access_count: Optional[int] = None
    exclusive: Optional[bool] = None


@dto
class AccessTemplateView:
    id: Optional[str] = None
    organization_id: Optional[str] = None
    name: Optional[str] = None
    permission: Optional[List[str]] = None
    description: Optional[str] = None
    scope: Optional[AccessTemplateScope] = None
    access_code_initialization_strategy: int = 0


@dto
class AccessTemplateResponse:
    data: Optional[AccessTemplateView] = None
    response_status: Optional[ResponseStatus] = None


@dto
class BaseEditAccessTemplate(BaseRequest):
    name: Optional[str] = None
    description: Optional[str] = None
    things: Optional[List[ThingAccessTemplateDto]] = None
    scope: Optional[AccessTemplateScope] = None
    access_code_initialization_strategy: Optional[AccessCodeInitializationStrategy] = None


# @Route("/access/template", "POST")
@dto
class CreateAccessTemplate(BaseEditAccessTemplate, IReturn[AccessTemplateResponse], IPost):
    pass


# @Route("/access/template", "PUT")
@dto
class UpdateAccessTemplate(BaseEditAccessTemplate, IReturn[AccessTemplateResponse], IPut):
    access_template_id: Optional[str] = None


# @Route("/access/template", "DELETE")
@dto
class DeleteAccessTemplate(BaseRequest, IReturn[AccessTemplateResponse], IDelete):
    access_template_id: Optional[str] = None


@dto
class AccessTemplatesResponse:
    data: Optional[List[AccessTemplateView]] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/access/template", "GET")
@dto
class GetAccessTemplate(BaseRequest, IReturn[AccessTemplatesResponse], IGet):
    access_template_id: Optional[str] = None


# @Route("/access/templates", "GET")
@dto
class GetAccessTemplates(BaseRequest, IReturn[AccessTemplatesResponse], IGet):
    scope: Optional[AccessTemplateScope] = None


@dto
class ThingAccessTemplateView:
    thing_id: Optional[str] = None
    thing: Optional[ThingView] = None
    available_from: Optional[int] = None
    available_to: Optional[int] = None
    access_count: Optional[int] = None
    exclusive: bool = False


@dto
class ThingAccessTemplatesResponse:
    data: Optional[List[ThingAccessTemplateView]] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/access/template/things", "GET")
@dto
class GetThingAccessTemplates(BaseRequest, IReturn[ThingAccessTemplatesResponse], IGet):
    access_template_id: Optional[str] = None


@dto
class BusinessUserThingsBaseResponse:
    organization_id: Optional[str] = None
    things: Optional[List[ThingView]] = None


@dto
class BusinessUserThingsResponse:
    data: Optional[List[BusinessUserThingsBaseResponse]] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/things", "GET")
@dto
class GetBusinessUserThings(BaseRequest, IReturn[BusinessUserThingsResponse], IGet):
    organization_id: Optional[str] = None
    thing_id: Optional[str] = None


@dto
class BusinessUserProfileDataView:
    id: int = 0
    first_name: Optional[str] = None
    last_name: Optional[str] = None
    email: Optional[str] = None
    roles: Optional[List[str]] = None


@dto
class BusinessUserProfilesDataResponse:
    data: Optional[List[BusinessUserProfileDataView]] = None
    response_status: Optional[ResponseStatus] = None


# @Route("/users", "GET")
@dto
class GetBusinessUserProfilesData(BaseRequest, IReturn[BusinessUserProfilesDataResponse], IGet):
    pass


# What is checked.

THE_LOBBY = ThingView(LOBBY, ORGANIZATION, "Lobby", 0)

failures = []


def check(what, got, expected):
    if got != expected:
        failures.append(f"{what}: got {got!r}, expected {expected!r}")


def refused(what, ask, status, code, fields=()):
    """That `ask` fails, with a fault for each of `fields`, as the client reads it."""
    try:
        answer = ask()
    except WebServiceException as error:
        said = error.response_status
        check(f"{what}: status", error.status_code, status)
        check(f"{what}: code", said.error_code, code)
        check(f"{what}: has a message", bool(said.message), True)
        check(f"{what}: stack trace", said.stack_trace, None)
        check(f"{what}: fields", [fault.field_name for fault in said.errors or []], list(fields))
        for fault in said.errors or []:
            check(f"{what}: {fault.field_name}", bool(fault.error_code and fault.message), True)
        return
    failures.append(f"{what}: got {answer!r}, expected {status}")


def millis(at):
    return int(at.timestamp() * 1000)


FROM = dt.datetime(2027, 1, 31, 7, 30, tzinfo=dt.timezone.utc)
TO = dt.datetime(2027, 2, 28, 23, 59, 59, 123456, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def templates(client):
    """Makes a template, changes it, and gives its id."""
    things = [ThingAccessTemplateDto(thing_id=LOBBY, available_from=8, available_to=20)]
    made = client.post(
        CreateAccessTemplate(
            name='Crew, "night"',
            description="Öffnet: {alles}",
            things=things,
            scope=AccessTemplateScope.STAFF,
            access_code_initialization_strategy=AccessCodeInitializationStrategy.SHARED,
            version=1,
        )
    )
    id = made.data.id
    check("template: id", len(id), 32)
    [shown] = client.get(GetAccessTemplate(access_template_id=id)).data
    check("template as it was made", made.data, shown)
    check("template: organization", shown.organization_id, ORGANIZATION)
    check("template: name", shown.name, 'Crew, "night"')
    check("template: description", shown.description, "Öffnet: {alles}")
    check("template: scope", shown.scope, AccessTemplateScope.STAFF)
    check("template: strategy", shown.access_code_initialization_strategy, 1)
    # With dashes, as a UUID is written.
    dashed = str(uuid.UUID(id))
    by_uuid = client.get(GetAccessTemplate(access_template_id=dashed))
    check("template: by a UUID", by_uuid.data, [shown])
    things = client.get(GetThingAccessTemplates(access_template_id=id))
    thing = ThingAccessTemplateView(LOBBY, THE_LOBBY, 8, 20, None, False)
    check("things of the template", things.data, [thing])
    listed = client.get(GetAccessTemplates(scope=AccessTemplateScope.STAFF))
    check("templates of a scope", listed.data, [shown])
    changed = client.put(UpdateAccessTemplate(access_template_id=id, name="Crew"))
    check("template changed: id", changed.data.id, id)
    check("template changed: name", changed.data.name, "Crew")
    return id


def accesses(client, template):
    """Makes an access, changes it and deletes it."""

    def listed(id):
        found = client.get(GetBusinessUserAccesses(thing_id=LOBBY, load_only_active=False))
        return next((access for access in found.data if access.id == id), None)

    new = CreateBusinessUserAccess(
        access_template_id=template,
        business_user_id=2,
        access_code_initialization_strategy=AccessCodeInitializationStrategy.UNIQUE,
        permission=["Breakfast", 'Sauna, "late"'],
        valid_from=FROM,
        valid_to=TO,
        label='Room 7, "Süd": {1}',
        spaces=[
            ThingBusinessUserAccessDto(
                thing_id=LOBBY,
                access_count=3,
                from_hour=dt.timedelta(hours=8),
                to_hour=dt.timedelta(hours=17, minutes=30),
                exclusive=False,
            )
        ],
        version=1,
    )
    made = client.post(new)
    check("access: id", len(made.id), 32)
    check("access: no error", made.response_status, None)
    shown = listed(made.id)
    code = shown.thing_business_user_accesses[0].access_code
    check("access: code", (len(code), code.isdigit()), (6, True))
    space = ThingBusinessUserAccessView(
        LOBBY, THE_LOBBY, code, 3, "08:00:00", "17:30:00", False
    )
    expected = BusinessUserAccessView(
        id=made.id,
        valid_from=millis(FROM),
        valid_to=millis(TO),
        label=new.label,
        permission=new.permission,
        organization=OrganizationView(ORGANIZATION, "Demo House", "1"),
        business_user=BusinessUserView(2, "Max", "Member"),
        access_templates=[AccessTemplateBasicView(template, "Crew")],
        thing_business_user_accesses=[space],
    )
    check("access", shown, expected)
    active = client.get(GetBusinessUserAccesses(load_only_active=True))
    check("access: not yet valid", made.id in [access.id for access in active.data], False)

    changed = client.put(
        UpdateBusinessUserAccess(
            business_user_access_id=made.id,
            valid_from=dt.date(2027, 1, 31),
            label="Room 8",
            spaces=[ThingBusinessUserAccessDto(thing_id=LOBBY)],
        )
    )
    check("access changed: id", changed.id, made.id)
    shown = listed(made.id)
    check("access changed: label", shown.label, "Room 8")
    midnight = dt.datetime(2027, 1, 31, tzinfo=dt.timezone.utc)
    check("access changed: from", shown.valid_from, millis(midnight))
    check("access changed: no end", shown.valid_to, None)
    check("access changed: code stays", shown.thing_business_user_accesses[0].access_code, code)
    # By the verb of the request, at the predefined route without the base path.
    client.set_base_path("")
    gone = client.send(DeleteBusinessUserAccess(business_user_access_id=made.id))
    check("access deleted: no error", gone.response_status, None)
    client.set_base_path("api")
    check("access deleted", listed(made.id), None)
    return new, made.id


def main(url):
    client = JsonServiceClient(url)
    client.set_bearer_token(ADMIN)

    things = [BusinessUserThingsBaseResponse(ORGANIZATION, [THE_LOBBY])]
    check("things", client.get(GetBusinessUserThings()).data, things)
    dashed = GetBusinessUserThings(organization_id=str(uuid.UUID(ORGANIZATION)), thing_id=LOBBY)
    check("things of an organization", client.get(dashed).data, things)
    by_route = client.get_url("/things", BusinessUserThingsResponse)
    check("things by their route", by_route.data, things)
    by_key = JsonServiceClient(url).set_credentials(*API_KEY)
    check("things with an API key", by_key.get(GetBusinessUserThings()).data, things)
    by_key = JsonServiceClient(url).set_bearer_token(".".join(API_KEY))
    check("things with an API key as a token", by_key.get(GetBusinessUserThings()).data, things)
    users = client.get(GetBusinessUserProfilesData()).data
    roles = ["Admin", "TenantAdmin"]
    ada = BusinessUserProfileDataView(1, "Ada", "Admin", "ada@example.com", roles)
    check("users", users[0], ada)

    template = templates(client)
    new, gone = accesses(client, template)

    def creating(**changes):
        return lambda: client.post(CreateBusinessUserAccess(**{**vars(new), **changes}))

    refused(
        "an empty body",
        lambda: client.post(CreateBusinessUserAccess()),
        400,
        "NotEmpty",
        ["accessTemplateId", "businessUserId", "validFrom", "spaces"],
    )
    bad = [ThingBusinessUserAccessDto(thing_id="x", access_count=0)]
    refused(
        "a bad space",
        creating(spaces=bad),
        400,
        "Predicate",
        ["spaces[0].thingId", "spaces[0].accessCount"],
    )
    refused("an end before the start", creating(valid_to=FROM), 400, "Predicate", ["validTo"])
    # What Python does not know the offset of could be any hour.
    naive = FROM.replace(tzinfo=None)
    refused("a time without offset", creating(valid_from=naive), 400, "Predicate", ["validFrom"])
    unknown = creating(access_template_id=str(uuid.uuid4()))
    refused("an unknown template", unknown, 400, "NotFound", ["accessTemplateId"])
    refused(
        "an unknown access",
        lambda: client.delete(DeleteBusinessUserAccess(business_user_access_id=gone)),
        404,
        "NotFound",
    )
    client.set_bearer_token(MEMBER)
    refused("no right", creating(), 403, "Forbidden")
    refused("no right to read", lambda: client.get(GetAccessTemplates()), 403, "Forbidden")
    client.set_bearer_token(str(uuid.uuid4()))
    refused("a wrong token", creating(), 401, "Unauthorized")
    reading = lambda: client.get(GetBusinessUserThings())
    refused("a wrong token, reading", reading, 401, "Unauthorized")

    client.set_bearer_token(ADMIN)
    client.delete(DeleteAccessTemplate(access_template_id=template))
    refused(
        "a deleted template",
        lambda: client.get(GetAccessTemplate(access_template_id=template)),
        404,
        "NotFound",
    )
    remaking = client.put(UpdateBusinessUserAccessByReprogrammingCodes(organization_id=ORGANIZATION))
    check("codes: id", len(remaking.id), 32)
    check("codes: state", remaking.state, 0)

    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
