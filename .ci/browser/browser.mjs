// An app in a browser, served from another origin than the API: what its `fetch` may send and see.
//
//     node browser.mjs URL    (a system with the demo organization)

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const ADMIN = '293891d1-9278-4468-b322-6887e5e39164';
const [url] = process.argv.slice(2);

// In the page, which has `api` and `token`. An answer is what a script is shown of it.

async function ask(method, path, { headers = {}, body, auth = `Bearer ${token}` } = {}) {
    const response = await fetch(path.startsWith('http') ? path : api + path, {
        method,
        // What is asked about copies is asked here, not by the browser's own cache.
        cache: 'no-store',
        headers: { authorization: auth, 'content-type': 'application/json', ...headers },
        body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: text && JSON.parse(text),
    };
}

/** Every page of a list, one thing on each. */
async function pages(path) {
    const found = [];
    for (let next = `${path}?size=1`; next;) {
        const { status, headers, body } = await ask('GET', next);
        if (status !== 200 || body.length !== 1) throw new Error(`${next}: ${status}`);
        found.push(body[0].id);
        next = headers.link?.match(/^<([^>]+)>; rel="next"$/)?.[1];
    }
    return found;
}

// Around the page.

const app = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>An app</title>');
});
await new Promise((listening) => app.listen(0, '127.0.0.1', listening));

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
});
try {
    const page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    // Another port is another origin.
    await page.goto(`http://127.0.0.1:${app.address().port}/`);
    assert.notEqual(await page.evaluate(() => location.origin), new URL(url).origin);
    await page.addScriptTag({
        content: `const api = ${JSON.stringify(url)}, token = ${JSON.stringify(ADMIN)};\n${ask}\n${pages}`,
    });
    const asked = (method, path, options) =>
        page.evaluate(([method, path, options]) => ask(method, path, options), [method, path, options]);

    // It pages through a list by `Link`.
    const users = await page.evaluate(() => pages('/v2/users'));
    assert.ok(users.length >= 2, `${users}`);
    assert.equal(new Set(users).size, users.length);

    // It creates, and tries again with the same key.
    const share = {
        headers: { 'idempotency-key': 'from-a-browser', prefer: 'handling=strict', 'x-request-id': 'mine' },
        body: { organizationId: 1, source: { deviceId: 1 }, receiver: { userId: users[1] } },
    };
    const first = await asked('POST', '/v2/shares', share);
    assert.equal(first.status, 200, JSON.stringify(first.body));
    assert.equal(first.headers['idempotency-replayed'], undefined);
    assert.ok(first.headers['x-request-id']);
    const again = await asked('POST', '/v2/shares', share);
    assert.deepEqual([again.status, again.body], [200, first.body]);
    assert.equal(again.headers['idempotency-replayed'], 'true');

    // It updates what it has seen, and nothing else.
    const path = `/v2/shares/${first.body.shareId}`;
    const { headers: { etag } } = await asked('GET', path);
    assert.ok(etag);
    assert.equal((await asked('GET', path, { headers: { 'if-none-match': etag } })).status, 304);
    const change = { headers: { 'if-match': etag }, body: { endDate: '2099-12-31' } };
    const changed = await asked('PUT', path, change);
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.ok(changed.headers.etag);
    assert.equal((await asked('PUT', path, change)).status, 412);
    assert.equal((await asked('HEAD', path)).headers.etag !== etag, true);
    assert.equal((await asked('DELETE', path)).status < 300, true);

    // It sees why a request fails, and not a failure of its preflight.
    for (const [method, path, status] of [
        ['GET', '/v2/nothing', 404], ['PUT', '/nothing/at/all', 404], ['DELETE', '/', 404],
        ['GET', '/v2/users/999', 404],
    ]) {
        const answer = await asked(method, path);
        assert.equal(answer.status, status, `${method} ${path}`);
        assert.ok(answer.body.message && answer.headers['x-request-id'], `${method} ${path}`);
    }
    assert.equal((await asked('GET', '/v2/users', { auth: 'Bearer wrong' })).status, 401);
} finally {
    await browser.close();
    app.close();
}
