// ServiceStack's published client for JavaScript and TypeScript, asking this API as it asks the
// service that its operations come from: with typed requests, and nothing changed but the base URL
// and the credential.
//
//     node client.mjs URL    (a system with the demo organization)

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { JsonApiClient, JsonServiceClient } from '@servicestack/client';

const ADMIN = '293891d1-9278-4468-b322-6887e5e39164';
const MEMBER = '2f41dafc-e24e-47af-a80b-f644fba8b137';
const API_KEY = ['demoKeyOfTheHome', 'aSecretThatIsPublishedIsGoodForDemonstrat-0'];
const LOBBY = '0192a5b07c0070008000000000000001';
const ORGANIZATION = '4c617463686b80018000000000000001';

// The typed requests, as the code generator writes them, without their types.

class Dto {
    constructor(init) { Object.assign(this, init); }
}

const AccessCodeInitializationStrategy = { Unique: 'Unique', Shared: 'Shared' };
const AccessTemplateScope = { All: 0, Guest: 1, Staff: 2 };

class ThingBusinessUserAccessDto extends Dto {}
class CreateBusinessUserAccessResponse extends Dto {}
class CreateBusinessUserAccess extends Dto {
    getTypeName() { return 'CreateBusinessUserAccess'; }
    getMethod() { return 'POST'; }
    createResponse() { return new CreateBusinessUserAccessResponse(); }
}

class UpdateBusinessUserAccessResponse extends Dto {}
class UpdateBusinessUserAccess extends Dto {
    getTypeName() { return 'UpdateBusinessUserAccess'; }
    getMethod() { return 'PUT'; }
    createResponse() { return new UpdateBusinessUserAccessResponse(); }
}

class DeleteBusinessUserAccess extends Dto {
    getTypeName() { return 'DeleteBusinessUserAccess'; }
    getMethod() { return 'DELETE'; }
    createResponse() {}
}

class GetBusinessUserAccessesResponse extends Dto {}
class GetBusinessUserAccesses extends Dto {
    getTypeName() { return 'GetBusinessUserAccesses'; }
    getMethod() { return 'GET'; }
    createResponse() { return new GetBusinessUserAccessesResponse(); }
}

class UpdateBusinessUserAccessByReprogrammingCodesResponse extends Dto {}
class UpdateBusinessUserAccessByReprogrammingCodes extends Dto {
    getTypeName() { return 'UpdateBusinessUserAccessByReprogrammingCodes'; }
    getMethod() { return 'PUT'; }
    createResponse() { return new UpdateBusinessUserAccessByReprogrammingCodesResponse(); }
}

class ThingAccessTemplateDto extends Dto {}
class AccessTemplateResponse extends Dto {}
class CreateAccessTemplate extends Dto {
    getTypeName() { return 'CreateAccessTemplate'; }
    getMethod() { return 'POST'; }
    createResponse() { return new AccessTemplateResponse(); }
}

class UpdateAccessTemplate extends Dto {
    getTypeName() { return 'UpdateAccessTemplate'; }
    getMethod() { return 'PUT'; }
    createResponse() { return new AccessTemplateResponse(); }
}

class DeleteAccessTemplate extends Dto {
    getTypeName() { return 'DeleteAccessTemplate'; }
    getMethod() { return 'DELETE'; }
    createResponse() {}
}

class GetAccessTemplate extends Dto {
    getTypeName() { return 'GetAccessTemplate'; }
    getMethod() { return 'GET'; }
    createResponse() { return new DataResponse(); }
}

class DataResponse extends Dto {}
class GetAccessTemplates extends Dto {
    getTypeName() { return 'GetAccessTemplates'; }
    getMethod() { return 'GET'; }
    createResponse() { return new DataResponse(); }
}

class GetThingAccessTemplates extends Dto {
    getTypeName() { return 'GetThingAccessTemplates'; }
    getMethod() { return 'GET'; }
    createResponse() { return new DataResponse(); }
}

class GetBusinessUserThings extends Dto {
    getTypeName() { return 'GetBusinessUserThings'; }
    getMethod() { return 'GET'; }
    createResponse() { return new DataResponse(); }
}

class GetBusinessUserProfilesData extends Dto {
    getTypeName() { return 'GetBusinessUserProfilesData'; }
    getMethod() { return 'GET'; }
    createResponse() { return new DataResponse(); }
}

// What is checked.

/** That `ask` fails, with a fault for each of `fields`, as the client reads it. */
async function refused(what, ask, errorCode, fields = []) {
    let status;
    const watching = client.exceptionFilter;
    client.exceptionFilter = (response) => { status = response?.status; };
    const error = await ask().then(
        (answer) => assert.fail(`${what}: got ${JSON.stringify(answer)}`),
        (error) => error.responseStatus ?? assert.fail(`${what}: ${error}`),
    );
    client.exceptionFilter = watching;
    assert.equal(error.errorCode, errorCode, what);
    assert.ok(error.message, what);
    assert.equal(error.stackTrace, undefined, what);
    assert.deepEqual((error.errors ?? []).map((fault) => fault.fieldName), fields, what);
    for (const fault of error.errors ?? []) assert.ok(fault.errorCode && fault.message, what);
    return status;
}

const [url] = process.argv.slice(2);
const client = new JsonServiceClient(url);
client.bearerToken = ADMIN;

const lobby = {
    id: LOBBY, organizationId: ORGANIZATION, name: 'Lobby', order: 0, type: 'SmartSpace',
    properties: {}, states: {}, taskLists: [], childThings: [],
};
const allThings = [{ organizationId: ORGANIZATION, things: [lobby] }];
assert.deepEqual((await client.get(new GetBusinessUserThings())).data, allThings);
const ofOrganization = new GetBusinessUserThings({ organizationId: ORGANIZATION, thingId: LOBBY });
assert.deepEqual((await client.get(ofOrganization)).data, allThings);
assert.deepEqual((await client.get('/things')).data, allThings);
const byKey = new JsonServiceClient(url);
byKey.setCredentials(...API_KEY);
assert.deepEqual((await byKey.get(new GetBusinessUserThings())).data, allThings);
byKey.bearerToken = API_KEY.join('.');
assert.deepEqual((await byKey.get(new GetBusinessUserThings())).data, allThings);
const users = (await client.get(new GetBusinessUserProfilesData({ version: 1 }))).data;
assert.deepEqual(users[0], {
    id: 1, activationStatus: 20, userName: 'ada@example.com', firstName: 'Ada', lastName: 'Admin',
    email: 'ada@example.com', emailConfirmed: false, phoneNumberConfirmed: false,
    roles: ['Admin', 'TenantAdmin'], organizationId: ORGANIZATION,
    businessOrganizations: [{
        id: ORGANIZATION, name: 'Demo House', code: '1', type: 20, subOrganizations: [],
        organizations: [],
    }],
});

// A template is made and changed.
const things = [new ThingAccessTemplateDto({
    thingId: LOBBY, availableFrom: 8, availableTo: 20, accessCount: null, exclusive: false,
})];
const template = (await client.post(new CreateAccessTemplate({
    name: 'Crew, "night"', description: 'Öffnet: {alles}', things, scope: AccessTemplateScope.Staff,
    accessCodeInitializationStrategy: AccessCodeInitializationStrategy.Shared, version: 1,
}))).data.id;
assert.match(template, /^[0-9a-f]{32}$/);
const get = new GetAccessTemplate({ accessTemplateId: template });
const [shown] = (await client.get(get)).data;
assert.deepEqual(shown, {
    id: template, organizationId: ORGANIZATION, name: 'Crew, "night"', permission: [],
    description: 'Öffnet: {alles}', scope: 2, accessCodeInitializationStrategy: 1,
});
const ofTemplate = new GetThingAccessTemplates({ accessTemplateId: template });
const [{ id: _, ...thing }] = (await client.get(ofTemplate)).data;
assert.deepEqual(thing, {
    thingId: LOBBY, thing: lobby, permission: [], availableFrom: 8, availableTo: 20,
    exclusive: false, childPermissionThingTemplates: [],
});
const staff = new GetAccessTemplates({ scope: AccessTemplateScope.Staff });
assert.deepEqual((await client.get(staff)).data, [shown]);
const renamed = new UpdateAccessTemplate({ accessTemplateId: template, name: 'Crew' });
assert.equal((await client.put(renamed)).data.name, 'Crew');
assert.equal((await client.get(get)).data[0].name, 'Crew');

// An access is made, changed and deleted.
async function listed(id) {
    const asked = new GetBusinessUserAccesses({ thingId: LOBBY, loadOnlyActive: false });
    return (await client.get(asked)).data.find((access) => access.id === id);
}

const [from, to] = [new Date('2027-01-31T07:30:00Z'), new Date('2027-02-28T22:59:59.123Z')];
const access = {
    accessTemplateId: template, businessUserId: 2,
    accessCodeInitializationStrategy: AccessCodeInitializationStrategy.Unique,
    permission: ['Breakfast', 'Sauna, "late"'], validFrom: from, validTo: to,
    label: 'Room 7, "Süd": {1}',
    spaces: [new ThingBusinessUserAccessDto({
        thingId: LOBBY, accessCount: 3, fromHour: 'PT8H', toHour: 'PT17H30M', exclusive: false,
    })],
    version: 1,
};
const made = (await client.post(new CreateBusinessUserAccess(access))).id;
assert.match(made, /^[0-9a-f]{32}$/);
const { dateCreated, dateModified, ...found } = await listed(made);
assert.equal(new Date(dateCreated).getTime(), dateModified);
const [{ id: space, accessCode }] = found.thingBusinessUserAccesses;
assert.match(accessCode, /^\d{6}$/);
assert.deepEqual(found, {
    id: made, organization: {
        id: ORGANIZATION, name: 'Demo House', code: '1', smartSpaces: [], services: [],
        reservationConfig: {}, featureConfig: [],
    },
    businessUser: {
        id: 2, firstName: 'Max', lastName: 'Member', email: 'max@example.com',
    },
    accessTemplates: [{ id: template, name: 'Crew' }],
    label: access.label, permission: access.permission, accessCodeInitializationStrategy: 0,
    validFrom: from.getTime(), validTo: to.getTime(), active: false,
    thingBusinessUserAccesses: [{
        id: space, thingId: LOBBY, thing: lobby, accessCode, accessCount: 3, fromHour: '08:00:00',
        toHour: '17:30:00', exclusive: false,
    }],
});
// What is null in a query is written without a value.
const active = new GetBusinessUserAccesses({ thingId: null, loadOnlyActive: true });
assert.ok((await client.get(active)).data.every((access) => access.active && access.id !== made));
await client.put(new UpdateBusinessUserAccess({
    businessUserAccessId: made, validFrom: '2027-01-31', validTo: null, label: 'Room 8',
    spaces: [new ThingBusinessUserAccessDto({ thingId: LOBBY })],
}));
const changed = await listed(made);
assert.equal(changed.label, 'Room 8');
assert.equal(changed.validFrom, Date.UTC(2027, 0, 31));
assert.equal(changed.validTo, undefined);
assert.equal(changed.thingBusinessUserAccesses[0].accessCode, accessCode);
// By the verb of the request, at the predefined route without the base path.
client.basePath = null;
await client.sendVoid(new DeleteBusinessUserAccess({ businessUserAccessId: made }));
client.basePath = 'api';
assert.equal(await listed(made), undefined);

// The other client of the package, for browsers: it says of a body only that it is a text.
const browser = JsonApiClient.create(url, (client) => { client.bearerToken = ADMIN; });
const answer = await browser.api(new CreateBusinessUserAccess(access));
assert.ok(answer.succeeded, JSON.stringify(answer.error));
const deleted = { businessUserAccessId: answer.response.id };
assert.ok((await browser.apiVoid(new DeleteBusinessUserAccess(deleted))).succeeded);
const failed = await browser.api(new CreateBusinessUserAccess({ ...access, validTo: from }));
assert.equal(failed.error.errorCode, 'Predicate');
assert.ok(failed.fieldErrorMessage('validTo'));

// What is refused.
const creating = (changes) => () =>
    client.post(new CreateBusinessUserAccess({ ...access, ...changes }));
await refused('an empty body', () => client.post(new CreateBusinessUserAccess()), 'NotEmpty', [
    'accessTemplateId', 'businessUserId', 'validFrom', 'spaces',
]);
const spaces = [new ThingBusinessUserAccessDto({ thingId: 'x', accessCount: 0 })];
await refused('a bad space', creating({ spaces }), 'Predicate', [
    'spaces[0].thingId', 'spaces[0].accessCount',
]);
await refused('an end before the start', creating({ validTo: from }), 'Predicate', ['validTo']);
const unknown = creating({ accessTemplateId: randomUUID() });
await refused('an unknown template', unknown, 'NotFound', ['accessTemplateId']);
const gone = () => client.delete(new DeleteBusinessUserAccess({ businessUserAccessId: made }));
assert.equal(await refused('an unknown access', gone, 'NotFound'), 404);
client.bearerToken = MEMBER;
assert.equal(await refused('no right', creating({}), 'Forbidden'), 403);
client.bearerToken = randomUUID();
assert.equal(await refused('a wrong token', creating({}), 'Unauthorized'), 401);

client.bearerToken = ADMIN;
await client.delete(new DeleteAccessTemplate({ accessTemplateId: template }));
const lost = () => client.get(new GetAccessTemplate({ accessTemplateId: template }));
assert.equal(await refused('a deleted template', lost, 'NotFound'), 404);
const remaking = new UpdateBusinessUserAccessByReprogrammingCodes({ organizationId: ORGANIZATION });
assert.match((await client.put(remaking)).id, /^[0-9a-f]{32}$/);
