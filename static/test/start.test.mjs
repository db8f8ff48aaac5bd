import assert from "node:assert/strict"
import { test } from "node:test"
import { Origin, Service, jwt, open, props, settle, suffix, watch } from "./browser.mjs"

const world = () => {
	const origin = new Origin()
	return { origin, service: new Service(origin) }
}

const user = { id: "user_ada", firstName: "Ada" }

test("a signed-in page knows who it is without a request", async () => {
	const { origin, service } = world()
	service.signIn("user_ada", "sess_1", { o: { id: "org_1", rol: "admin", slg: "acme" }, act: { sub: "user_root" } })
	const tab = open(origin, service, { props: props(service.claims(), {}, user) })
	const state = tab.useAuth().get()
	assert.equal(state.isLoaded, true)
	assert.equal(state.isSignedIn, true)
	assert.equal(state.userId, "user_ada")
	assert.equal(state.sessionId, "sess_1")
	assert.equal(state.orgId, "org_1")
	assert.equal(state.orgRole, "org:admin")
	assert.equal(state.orgSlug, "acme")
	assert.deepEqual(state.actor, { sub: "user_root" })
	assert.equal(state.sessionClaims.sub, "user_ada")
	assert.deepEqual(tab.useUser().get(), { isLoaded: true, isSignedIn: true, user })
	await settle()
	assert.equal(origin.requests.length, 0)
})

test("a signed-out page knows it without a request", async () => {
	const { origin, service } = world()
	const tab = open(origin, service, { props: props(null) })
	const { has, ...state } = tab.useAuth().get()
	const none = { userId: null, sessionId: null, sessionClaims: null, actor: null, orgId: null, orgRole: null, orgSlug: null }
	assert.deepEqual(state, { isLoaded: true, isSignedIn: false, ...none })
	assert.equal(has({ role: "admin" }), false)
	assert.deepEqual(tab.useUser().get(), { isLoaded: true, isSignedIn: false, user: null })
	assert.equal(await tab.useAuth().getToken(), null)
	await origin.advance(60_000)
	assert.equal(origin.requests.length, 0)
})

test("a page without props loads when somebody reads", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, { attributes: { "data-proxy-url": "/__clerk", "data-cookie-suffix": suffix } })
	await origin.advance(10_000)
	assert.equal(origin.requests.length, 0, "nobody has read yet")
	const auth = watch(tab.useAuth())
	const person = watch(tab.useUser())
	assert.equal(auth[0].isLoaded, false)
	assert.equal(auth[0].isSignedIn, undefined)
	assert.equal(auth[0].userId, undefined)
	assert.deepEqual(person[0], { isLoaded: false, isSignedIn: undefined, user: undefined })
	await settle()
	assert.equal(auth.at(-1).userId, "user_ada")
	assert.deepEqual(person.at(-1).user, {
		id: "user_ada",
		firstName: "Ada",
		lastName: "Lovelace",
		fullName: "Ada Lovelace",
		username: null,
		imageUrl: "",
		hasImage: false,
		primaryEmailAddressId: "idn_1",
		primaryEmailAddress: "ada@example.com",
		emailAddresses: [{ id: "idn_1", emailAddress: "ada@example.com" }],
		publicMetadata: { plan: "pro" },
		lastSignInAt: null,
		createdAt: 1000,
		updatedAt: 2000,
	})
	assert.equal(auth.length, 2)
	assert.equal(person.length, 2)
	assert.equal(origin.count(/^GET/), 1)
	assert.equal(origin.requests[0].url.searchParams.get("__clerk_api_version"), "2026-05-12")
})

for (const proxyUrl of ["/", "https://app.example.com/", "https://proxy.example.com/clerk/"])
	test(`a Frontend API at ${proxyUrl} is asked without another slash`, async () => {
		const { origin, service } = world()
		service.signIn()
		service.proxy = new URL(proxyUrl, "https://app.example.com").pathname.replace(/\/$/, "")
		const tab = open(origin, service, { props: props(null, { __clerk_ssr_state: undefined, proxyUrl }) })
		const auth = watch(tab.useAuth())
		await settle()
		assert.equal(auth.at(-1).userId, "user_ada")
		assert.equal(origin.requests[0].url.pathname, service.proxy + "/v1/client")
	})

test("a page without props learns that nobody is signed in", async () => {
	const { origin, service } = world()
	const tab = open(origin, service)
	const auth = watch(tab.useAuth())
	await settle()
	assert.equal(auth.at(-1).isSignedIn, false)
	assert.equal(origin.posted.length, 0)
})

test("props without a user leave useAuth loaded and load useUser", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, { props: props(service.claims()) })
	const auth = watch(tab.useAuth())
	assert.equal(auth[0].isSignedIn, true)
	await settle()
	assert.equal(origin.requests.length, 0, "useAuth alone asks for nothing")
	const person = watch(tab.useUser())
	assert.equal(person[0].isLoaded, false)
	await settle()
	assert.equal(person.at(-1).user.firstName, "Ada")
	assert.equal(origin.requests.length, 1)
	assert.equal(auth.length, 1, "nothing changed for useAuth")
})

test("props with somebody else's user do not show that user", () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, { props: props(service.claims(), {}, { id: "user_eve", firstName: "Eve" }) })
	assert.equal(tab.useUser().get().isLoaded, false)
})

for (const [name, json] of [
	["null", "null"],
	["broken JSON", '{"__clerk_ssr_state":'],
	["nothing", ""],
	["an array", "[1]"],
	["a string", '"x"'],
	["claims without a subject", JSON.stringify(props({ sid: "sess_1" }))],
	["claims with a numeric subject", JSON.stringify(props({ sub: 1, sid: "sess_1" }))],
	["an unknown state", '{"__clerk_ssr_state":{"isAuthenticated":"yes"}}'],
])
	test(`props of ${name} count as no props`, async () => {
		const { origin, service } = world()
		service.signIn()
		const tab = open(origin, service, { json, attributes: { "data-cookie-suffix": suffix } })
		assert.equal(tab.useAuth().get().isLoaded, false)
		await settle()
		assert.equal(tab.useAuth().get().userId, "user_ada")
	})

test("X07: __proto__ in props and metadata is inert", async () => {
	const { origin, service } = world()
	service.signIn()
	const hostile = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
	const claims = JSON.parse(`{"__proto__":{"sub":"user_eve","polluted":true},"sub":"user_ada","sid":"sess_1","meta":${hostile}}`)
	const json = JSON.stringify(props(service.claims())).replace(JSON.stringify(service.claims()), JSON.stringify(claims))
	assert.match(json, /"__proto__"/)
	const tab = open(origin, service, { json })
	assert.equal(tab.useAuth().get().userId, "user_ada")
	const page = open(origin, service, { json: '{"__proto__":{"__clerk_ssr_state":{"isAuthenticated":false}}}' })
	assert.equal(page.useAuth().get().isLoaded, false)
	assert.equal({}.polluted, undefined)
	assert.equal(Object.prototype.polluted, undefined)
})

test("X08: elements named like members of document change nothing", async () => {
	const { origin, service } = world()
	const token = service.signIn()
	const tab = open(origin, service, { props: props(service.claims(), {}, user), clobbered: true })
	assert.equal(tab.useAuth().get().userId, "user_ada")
	assert.equal(await tab.useAuth().getToken(), token)
	await origin.advance(45_000)
	assert.equal(origin.count(/tokens$/), 1, "and the token is renewed")
})

test("a browser that refuses cookies, channels, locks and signals still works", async () => {
	const { origin, service } = world()
	service.signIn()
	const without = ["cookies", "channels", "locks", "signals"]
	const tab = open(origin, service, { props: props(service.claims(), {}, user), without })
	assert.equal(tab.useAuth().get().userId, "user_ada")
	assert.match(await tab.useAuth().getToken(), /^\S+\.\S+\.\S+$/)
	await origin.advance(50_000)
	assert.equal(tab.useAuth().get().userId, "user_ada")
	await tab.signOut()
	assert.deepEqual(tab.view.assigned, ["https://app.example.com/"])
})

test("when the service cannot be reached, a page without props goes by the cookie", async () => {
	const { origin, service } = world()
	service.signIn()
	service.status.client = "network"
	const tab = open(origin, service, { attributes: { "data-cookie-suffix": suffix } })
	const auth = watch(tab.useAuth())
	await origin.advance(10_000)
	assert.equal(auth.at(-1).userId, "user_ada")
	assert.equal(tab.useUser().get().isLoaded, false)
	service.status.client = undefined
	await origin.advance(60_000)
	assert.equal(tab.useUser().get().user.firstName, "Ada")
})

test("without a cookie it stays unknown, and getToken says so instead of null", async () => {
	const { origin, service } = world()
	service.status.client = 503
	const tab = open(origin, service)
	const got = tab.useAuth().getToken().catch((error) => error.status)
	await origin.advance(30_000)
	assert.equal(await got, 0)
	assert.equal(tab.useAuth().get().isLoaded, false)
	assert.ok(origin.count(/^GET/) <= 8, "and the service is not flooded")
	service.status.client = undefined
	await origin.advance(60_000)
	assert.equal(tab.useAuth().get().isSignedIn, false)
})

test("a listener that throws does not silence the others, and stop means stop", async () => {
	const { origin, service } = world()
	const tab = open(origin, service)
	const auth = tab.useAuth()
	auth.subscribe(() => {
		throw new Error("listener")
	})
	const heard = []
	const stop = auth.subscribe((state) => heard.push(state.isLoaded))
	const same = []
	const fn = (state) => same.push(state.isLoaded)
	auth.subscribe(fn)
	auth.subscribe(fn)()
	stop()
	origin.timers = origin.timers.filter(({ fn }) => !/throw/.test(String(fn)))
	await settle()
	assert.deepEqual(heard, [false])
	assert.deepEqual(same, [false, false, true], "one of two equal listeners remains")
})

test("a listener removed by another one is not called any more", async () => {
	const { origin, service } = world()
	const auth = open(origin, service).useAuth()
	const heard = []
	let stop = () => {}
	auth.subscribe(({ isLoaded }) => isLoaded && stop())
	stop = auth.subscribe(({ isLoaded }) => heard.push(isLoaded))
	await settle()
	assert.deepEqual(heard, [false])
})

test("a session without a token gets one for its organisation", async () => {
	const { origin, service } = world()
	service.signIn()
	service.last = undefined
	const tab = open(origin, service, { attributes: { "data-cookie-suffix": suffix } })
	watch(tab.useAuth())
	await settle()
	assert.equal(tab.useAuth().get().userId, "user_ada")
	assert.equal(origin.requests.at(-1).body, "organization_id=org_9")
})

test("a user is never shown under another id", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, { props: props(service.claims(), {}, user), visible: true })
	const people = watch(tab.useUser())
	origin.set("__session", jwt({ ...service.claims(), iat: service.seconds() + 1, sub: "user_eve" }))
	service.status.client = 503
	await origin.advance(3_000)
	assert.equal(tab.useAuth().get().userId, "user_eve")
	assert.equal(people.at(-1).user, undefined)
})

test("the same token read again tells nothing new", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, { props: props(service.claims(), {}, user) })
	const auth = watch(tab.useAuth())
	const person = watch(tab.useUser())
	await origin.advance(120_000)
	assert.ok(origin.count(/tokens$/) >= 2)
	assert.equal(auth.length, 1)
	assert.equal(person.length, 1)
	assert.ok(tab.useAuth().get().sessionClaims.exp * 1000 > origin.time, "but the claims are those of the last token")
	assert.equal(tab.useAuth().get(), tab.useAuth().get())
})

test("a session with tasks left counts as signed out and keeps its cookies", async () => {
	const { origin, service } = world()
	service.signIn()
	const client = service.client.bind(service)
	service.client = () => {
		const answer = client()
		answer.sessions[0].status = "pending"
		return answer
	}
	const tab = open(origin, service, { attributes: { "data-cookie-suffix": suffix } })
	watch(tab.useAuth())
	await settle()
	assert.equal(tab.useAuth().get().isSignedIn, false)
	assert.ok(origin.jar.has("__session"))
})

test("a token that is no token is ignored", async () => {
	const { origin, service } = world()
	service.signIn()
	for (const value of ["", "a.b.c", "..", jwt(null), jwt({ sid: "sess_other" }), "%00"]) {
		origin.set("__session", value)
		origin.requests.length = 0
		const tab = open(origin, service, { props: props(service.claims(), {}, user) })
		assert.match(await tab.useAuth().getToken(), /\./)
		assert.equal(origin.count(/tokens$/), 1, value)
	}
})
