import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { test } from "node:test"
import { jwt } from "./browser.mjs"

const dist = new URL("../dist/", import.meta.url)
const bundle = readdirSync(dist).find((name) => /^demo-[0-9a-f]{12}\.js$/.test(name))
const source = readFileSync(new URL(bundle, dist), "utf8").replace(/^import\{([^}]*)\}from"authctx";/, (_, list) => {
	const pairs = list.split(",").map((item) => item.split(" as ").join(":"))
	return `const {${pairs.join(",")}}=authctx;`
})

class Element {
	writes = 0
	#text
	#hidden
	constructor(attributes, text = "", hidden = false) {
		Object.assign(this, { attributes, disabled: false })
		this.#text = text
		this.#hidden = hidden
	}
	getAttribute(name) {
		return this.attributes[name] ?? null
	}
	closest() {
		return "data-auth-action" in this.attributes ? this : null
	}
	get textContent() {
		return this.#text
	}
	set textContent(value) {
		this.writes++
		this.#text = value
	}
	get hidden() {
		return this.#hidden
	}
	set hidden(value) {
		this.writes++
		this.#hidden = value
	}
}
class HTMLElement extends Element {}
class HTMLButtonElement extends HTMLElement {}

const store = (value) => {
	const listeners = []
	return {
		get: () => value,
		subscribe: (fn) => (listeners.push(fn), fn(value)),
		set: (next) => ((value = next), listeners.forEach((fn) => fn(value))),
	}
}

const run = (elements, auth, person, calls = {}) => {
	class Document {
		querySelectorAll(selector) {
			const names = selector.split(",").map((part) => part.slice(1, -1))
			return elements.filter((element) => names.some((name) => name in element.attributes))
		}
	}
	const stores = { auth: { ...store(auth), ...calls }, person: store(person), asked: false }
	const authctx = { useAuth: () => stores.auth, useUser: () => ((stores.asked = true), stores.person) }
	const document = Object.defineProperty(new Document(), "querySelectorAll", { value: {} })
	const globals = { authctx, document, Document, Element, HTMLElement, HTMLButtonElement, addEventListener: (_, fn) => (stores.click = (target) => fn({ target })) }
	new Function(...Object.keys(globals), `"use strict";${source}`)(...Object.values(globals))
	return stores
}

const element = (name, value, text, hidden) => new HTMLElement({ [name]: value }, text, hidden)
const loading = { isLoaded: false, isSignedIn: undefined, userId: undefined, user: undefined }
const signedIn = { isLoaded: true, isSignedIn: true, userId: "user_ada", orgId: null, user: { firstName: "Ada", lastName: null } }
const signedOut = { isLoaded: true, isSignedIn: false, userId: null, user: null }

test("a page that is right already is not touched", () => {
	const elements = [
		element("data-auth-text", "userId", "user_ada"),
		element("data-auth-text", "isLoaded", "true"),
		element("data-auth-text", "orgId", "null"),
		element("data-auth-when", "loading", "", true),
		element("data-auth-when", "signed-in"),
		element("data-auth-when", "signed-out", "", true),
		element("data-user-text", "firstName", "Ada"),
		element("data-user-text", "lastName", ""),
		element("data-user-text", "isSignedIn", "true"),
		element("data-user-when", "signed-in"),
	]
	run(elements, signedIn, signedIn)
	assert.deepEqual(elements.map(({ writes }) => writes), elements.map(() => 0))
})

test("each state shows its own elements and texts", () => {
	const elements = ["loading", "signed-in", "signed-out"].map((when) => element("data-auth-when", when))
	const id = element("data-auth-text", "userId", "?")
	const name = element("data-user-text", "firstName", "?")
	const stores = run([...elements, id, name], loading, loading)
	const seen = () => [...elements.map(({ hidden }) => !hidden), id.textContent, name.textContent]
	assert.deepEqual(seen(), [true, false, false, "undefined", ""])
	stores.auth.set(signedIn)
	stores.person.set(signedIn)
	assert.deepEqual(seen(), [false, true, false, "user_ada", "Ada"])
	stores.auth.set(signedOut)
	stores.person.set(signedOut)
	assert.deepEqual(seen(), [false, false, true, "null", ""])
})

test("names that are no fields show nothing of the language", () => {
	const elements = [element("data-auth-text", "constructor"), element("data-user-text", "__proto__")]
	run(elements, signedIn, signedIn)
	assert.deepEqual(elements.map(({ textContent }) => textContent), ["undefined", ""])
})

test("the person is asked for only by pages that show one", () => {
	assert.equal(run([element("data-auth-text", "userId")], signedIn, loading).asked, false)
	assert.equal(run([element("data-user-when", "loading")], signedIn, loading).asked, true)
})

test("getToken shows the claims, never the token", async () => {
	const token = jwt({ sub: "user_ada", name: "Ä" })
	const output = element("data-auth-output", "getToken")
	const button = new HTMLButtonElement({ "data-auth-action": "getToken" })
	const stores = run([output, button], signedIn, signedIn, { getToken: async () => token })
	stores.click(button)
	assert.equal(button.disabled, true)
	await new Promise(setImmediate)
	assert.deepEqual(JSON.parse(output.textContent), { sub: "user_ada", name: "Ä" })
	assert.ok(!output.textContent.includes(token.split(".")[2]))
	assert.equal(button.disabled, false)
})

test("what fails is said, and clicks elsewhere do nothing", async () => {
	const output = element("data-auth-output", "getToken")
	const button = new HTMLButtonElement({ "data-auth-action": "getToken" })
	const stores = run([output], signedIn, signedIn, { getToken: () => Promise.reject(new Error("no answer")) })
	stores.click(null)
	stores.click(new HTMLElement({ "data-auth-action": "getToken" }))
	stores.click(new HTMLButtonElement({ "data-auth-action": "toString" }))
	assert.equal(output.textContent, "")
	stores.click(button)
	await new Promise(setImmediate)
	assert.equal(output.textContent, "no answer")
})
