import assert from "node:assert/strict"
import { test } from "node:test"
import { Origin, Service, open, props, settle } from "./browser.mjs"

// A tab with the copies of pages that libraries keep for the Back button.
const world = (refused = false) => {
	const origin = new Origin()
	const service = new Service(origin)
	const stored = new Map([["htmx-history-cache", "[pages]"], ["draft", "mine"]])
	const dropped = []
	const sessionStorage = {
		getItem: (name) => {
			if (refused) throw new Error("SecurityError")
			return stored.get(name) ?? null
		},
		setItem: (name, value) => stored.set(name, String(value)),
		removeItem: (name) => stored.delete(name),
	}
	const libraries = { Turbo: { cache: { clear: () => dropped.push("turbo") } }, up: { cache: { evict: () => dropped.push("unpoly") } } }
	const visit = () =>
		open(origin, service, {
			props: service.session ? props(service.claims(), {}, { id: service.session.user }) : props(null),
			globals: { sessionStorage, globalThis: libraries },
		})
	return { origin, service, stored, dropped, visit }
}

test("B11: signing out on a page drops the copies of pages, and nothing else", async () => {
	const { service, stored, dropped, visit } = world()
	service.signIn()
	const tab = visit()
	assert.equal(stored.get("htmx-history-cache"), "[pages]", "the first page that is seen drops nothing")
	await tab.signOut()
	await settle()
	assert.equal(stored.has("htmx-history-cache"), false)
	assert.equal(stored.get("draft"), "mine")
	assert.deepEqual(dropped, ["turbo", "unpoly"])
})

test("B11: signing out by a form, or elsewhere, drops them on the next page", () => {
	const { service, stored, visit } = world()
	service.signIn()
	visit()
	service.signOut()
	visit()
	assert.equal(stored.has("htmx-history-cache"), false)
})

test("B11: another person does not get the copies of the one before", () => {
	const { service, stored, visit } = world()
	service.signIn()
	visit()
	service.signIn("user_bob", "sess_2")
	visit()
	assert.equal(stored.has("htmx-history-cache"), false)
})

test("B11: renewal and the next page of the same session keep them", async () => {
	const { origin, service, stored, dropped, visit } = world()
	service.signIn()
	visit()
	await origin.advance(120e3)
	visit()
	assert.equal(stored.get("htmx-history-cache"), "[pages]")
	assert.deepEqual(dropped, [])
})

test("B11: a browser that refuses storage works as before", async () => {
	const { service, visit } = world(true)
	service.signIn()
	const tab = visit()
	await tab.signOut()
	assert.equal(tab.useAuth().get().isSignedIn, false)
})
