// The Lambda Runtime API as a loop. AWS's own client for it (aws-lambda-ric) compiles C++ when
// it is installed; this does the same and starts sooner.
import http from "node:http";

import { handle } from "./handler.mjs";

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${path}` };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const { headers, body } = await call("GET", "invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    await call("POST", `invocation/${id}/response`, JSON.stringify(await handle(JSON.parse(body))));
  } catch (error) {
    const failure = { errorType: error.name, errorMessage: error.message };
    await call("POST", `invocation/${id}/error`, JSON.stringify(failure));
  }
}
