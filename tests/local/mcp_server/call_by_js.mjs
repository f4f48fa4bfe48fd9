// Calls one tool by the official TypeScript SDK, which checks structured content by the output schemas that it has listed.
// node call_by_js.mjs SDK URL TOKEN NAME ARGUMENTS: SDK is the folder of its modules. Prints the answer as JSON.
import { pathToFileURL } from "node:url";

const [sdk, url, token, name, given] = process.argv.slice(2);
const load = (module) => import(pathToFileURL(`${sdk}/${module}`).href);
const { Client } = await load("client/index.js");
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");

const client = new Client({ name: "tests", version: "1" });
const headers = { Authorization: `Bearer ${token}` };
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
await client.listTools();
console.log(JSON.stringify(await client.callTool({ name, arguments: JSON.parse(given) })));
await client.close();
