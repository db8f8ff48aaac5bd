// Vectors of protocol reference 11.3 and 11.4.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Origin, Service, open, props } from "./browser.mjs"

const has = (claims) => {
	const origin = new Origin()
	const tab = open(origin, new Service(origin), { props: props({ sub: "user_1", sid: "sess_1", iat: origin.time / 1000, ...claims }) })
	return tab.useAuth().get().has
}

const admin = {
	v: 2,
	o: { id: "org_1", rol: "admin", per: "read", fpm: "1" },
	fea: "o:a,o:f1,u:f2,ou:f3",
	pla: "o:pro,u:free",
	fva: [5, -1],
}

for (const [want, requirement] of [
	[true, { role: "admin" }],
	[true, { role: "org:org:admin" }],
	[true, { permission: "a:read" }],
	[true, { permission: "org:a:read" }],
	[true, { feature: "f1" }],
	[true, { feature: "organization:f1" }],
	[true, { feature: "f2" }],
	[true, { feature: "u:f2" }],
	[true, { feature: "f3" }],
	[true, { plan: "pro" }],
	[true, { plan: "user:free" }],
	[true, { reverification: "strict" }],
	[true, { reverification: "strict_mfa" }],
	[true, { reverification: { level: "second_factor", afterMinutes: 6 } }],
	[true, { role: "admin", reverification: "strict" }],
	[true, { role: "admin", permission: undefined }],
	[false, {}],
	[false, undefined],
	[false, null],
	[false, { role: undefined }],
	[false, { role: "member" }],
	[false, { role: "admin", permission: "a:write" }],
	[false, { feature: "user:f1" }],
	[false, { feature: "x:f1" }],
	[false, { feature: "constructor" }],
	[false, { plan: "org:free" }],
	[false, { plan: "" }],
	[false, { role: null }],
	[false, { role: ["admin"] }],
	[false, { reverification: { level: "second_factor", afterMinutes: 5 } }],
	[false, { reverification: { level: "first_factor", afterMinutes: 0 } }],
	[false, { reverification: { level: "third_factor", afterMinutes: 60 } }],
	[false, { reverification: "constructor" }],
	[false, { reverification: "unknown" }],
	[false, { reverification: null }],
	[false, { toString: "admin" }],
])
	test(`has(${JSON.stringify(requirement)}) is ${want}`, () => assert.equal(has(admin)(requirement), want))

for (const [ages, preset, want] of [
	[[5, 20], "strict", false],
	[[20, 5], "strict", true],
	[[20, 5], "strict_mfa", false],
	[[5, 5], "strict_mfa", true],
	[[-1, 3], "strict", true],
	[[-1, 3], "strict_mfa", false],
	[[-1, -1], "lax", false],
	[[-2, -1], "lax", false],
	[[59, -1], "moderate", true],
	[[60, -1], "moderate", false],
	[[1439, -1], "lax", true],
	[[1], "lax", false],
	[[1, 2, 3], "lax", false],
	[["1", -1], "lax", false],
	[[0.5, 1], "lax", false],
	[[0, 2 ** 31], "strict_mfa", false],
	[[[0], [0]], "lax", false],
	[null, "lax", false],
])
	test(`${preset} with ages ${JSON.stringify(ages)} is ${want}`, () =>
		assert.equal(has({ ...admin, fva: ages })({ reverification: preset }), want))

for (const [claims, requirement, want] of [
	[{ fea: "z:x,o:a,oz:b" }, { feature: "a" }, true],
	[{ fea: "z:x,o:a,oz:b" }, { feature: "x" }, false],
	[{ fea: "z:x,o:a,oz:b" }, { feature: "b" }, false],
	[{ fea: "O:a, u:b" }, { feature: "a" }, false],
	[{ fea: "O:a, u:b" }, { feature: "u:b" }, true],
	[{ fea: "a,o:b" }, { feature: "b" }, false],
	[{ fea: "o:b," }, { feature: "b" }, false],
	[{ fea: "o:,u:" }, { feature: "" }, false],
	[{ fea: "o:org" }, { feature: "org:" }, false],
	[{ fea: "o:a:b" }, { feature: "o:a:b" }, false],
	[{ fea: "o:a" }, { feature: "o:a:b" }, false],
	[{ fea: "org:a" }, { feature: "org:a" }, false],
	[{ pla: "x:pro, ou:free" }, { plan: "user:free" }, true],
	[{ pla: "u:pro," }, { plan: "pro" }, false],
	[{ v: 1, org_id: "org_1", org_permissions: ["org:a:read", "b:write"] }, { permission: "b:write" }, false],
	[{ fea: "o:,o:a", o: { ...admin.o, per: "r", fpm: "0,1" } }, { permission: "a:r" }, true],
	[{ fea: "z:x,o:a", o: { ...admin.o, per: "r", fpm: "1" } }, { permission: "a:r" }, true],
	[{ fea: "x,o:a", o: { ...admin.o, per: "r", fpm: "1" } }, { permission: "a:r" }, false],
])
	test(`${JSON.stringify(claims)}: has(${JSON.stringify(requirement)}) is ${want}`, () =>
		assert.equal(has({ ...admin, ...claims })(requirement), want))

const p70 = Array.from({ length: 71 }, (_, i) => "p" + i).join(",")

for (const [fea, per, fpm, granted, missing] of [
	["o:dashboard,o:teams", "manage,read", "3,2", ["dashboard:manage", "dashboard:read", "teams:read"], ["teams:manage"]],
	["o:dashboard,u:x,o:teams", "manage,read", "3,2", ["dashboard:manage", "teams:read"], ["x:read", "teams:manage"]],
	["ou:dashboard,u:x,uo:teams", "manage,read", "1,2", ["dashboard:manage", "teams:read"], ["dashboard:read", "x:manage"]],
	["o:a,o:b", "r", "x,1", ["b:r"], ["a:r"]],
	["o:a,o:b", "r", "1", ["a:r"], ["b:r"]],
	["o:a , o:b", "r , w", "1 , 2", ["a:r", "b:w"], ["a:w", "b:r"]],
	["o:a", p70, "1180591620717411303424", ["a:p70"], ["a:p69", "a:p6"]],
	["dashboard", "r", "1", [], ["dashboard:r", ":r"]],
	["o:a", "", "", [], ["a:", "a:r"]],
	[undefined, "r", "1", [], [":r"]],
])
	test(`permissions of fea ${fea}, fpm ${fpm}`, () => {
		const check = has({ v: 2, fea, o: { id: "org_1", rol: "admin", per, fpm } })
		for (const permission of granted) assert.equal(check({ permission }), true, permission)
		for (const permission of missing) assert.equal(check({ permission }), false, permission)
	})

test("claims of version 1 are read by their own names", () => {
	const check = has({ org_id: "org_1", org_role: "org:admin", org_permissions: ["org:a:read"], o: { id: "org_2", rol: "member" } })
	assert.equal(check({ role: "admin" }), true)
	assert.equal(check({ role: "member" }), false)
	assert.equal(check({ permission: "a:read" }), true)
})

test("an organisation without an id is none", () => {
	for (const org_id of [undefined, 5, [], ""]) {
		const origin = new Origin()
		const claims = { sub: "user_1", sid: "sess_1", iat: origin.time / 1000, org_id, org_slug: "acme", org_role: "org:admin" }
		const { orgId, orgSlug, orgRole } = open(origin, new Service(origin), { props: props(claims) }).useAuth().get()
		assert.deepEqual([orgId, orgSlug, orgRole], [null, null, null])
	}
})

test("without an organisation there is no role and no permission", () => {
	const check = has({ v: 2, fea: "o:a", o: { rol: "admin", per: "r", fpm: "1" } })
	assert.equal(check({ role: "admin" }), false)
	assert.equal(check({ permission: "a:r" }), false)
})
