// Prints what the published Backend API client sends for each of its methods: method and path, one
// line each. Nothing leaves the process: fetch is replaced.
const sent = new Set();
let asked = 0;
const id = "id_1";
const params = { limit: 1, offset: 0 };
for (const name of [
  "userId", "organizationId", "sessionId", "clientId", "invitationId", "domainId", "emailAddressId", "phoneNumberId", "token", "slug",
  "machineId", "templateId", "actorTokenId", "signUpAttemptId", "roleSetId", "permissionId", "roleId", "apiKeyId", "m2mTokenId",
  "passkeyIdentificationId", "web3WalletIdentificationId", "externalAccountId", "waitlistEntryId", "id", "idpId", "toMachineId",
  "oauthApplicationId", "enterpriseConnectionId", "samlConnectionId", "subscriptionItemId", "planId", "redirectUrlId", "secret",
  "roleSetKeyOrId", "organizationRoleId", "role", "template", "agentTaskId", "email",
]) params[name] = id;
params.to = { address: "ada@example.com" };

globalThis.fetch = async (url, init) => {
  const { pathname } = new URL(url);
  asked++;
  sent.add(`${init.method} ${pathname}`);
  return new Response(JSON.stringify({ id, object: "x", data: [], total_count: 0 }), { headers: { "Content-Type": "application/json" } });
};

// The client binds fetch when it is loaded.
const { createClerkClient } = await import("@clerk/backend");
const client = createClerkClient({
  secretKey: "sk_test_x",
  publishableKey: "pk_test_" + Buffer.from("x.clerk.accounts.dev$").toString("base64"),
  apiUrl: "http://localhost:1",
  telemetry: { disabled: true },
});

const silent = [];
for (const [name, api] of Object.entries(client)) {
  if (!api || typeof api !== "object") continue;
  for (let proto = Object.getPrototypeOf(api); proto && proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
    for (const method of Object.getOwnPropertyNames(proto)) {
      if (method === "constructor" || method === "requireId" || typeof api[method] !== "function") continue;
      asked = 0;
      for (const args of [[id, params, params], [params, params], [id, id, params], [id, id, id], [params, {}], [[params]], []]) {
        try {
          await api[method](...args);
        } catch {
          // an answer that is not of the expected kind, or a check of the arguments
        }
      }
      if (asked === 0) silent.push(`${name}.${method}`);
    }
  }
}
// What a call with the wrong kind of argument makes of a path is no method's.
const mistakes = ["PATCH /v1/organizations/memberships/metadata", "PATCH /v1/sign_ups"];
silent.splice(0, silent.length, ...silent.filter((name) => !name.startsWith("telemetry.")));
if (silent.length > 0) throw new Error(`these methods sent nothing: ${silent.join(", ")}`);
console.log([...sent].filter((line) => !mistakes.includes(line)).filter((line) => !/\[object|%5Bobject|undefined|,/.test(line)).sort().join("\n"));
