// Shows the stores in pages that mark elements for it:
//
//	[data-auth-text="userId"]     text is that field of useAuth(), as String() writes it
//	[data-user-text="firstName"]  text is that field of useUser() or its user, "" if there is none
//	[data-auth-when="signed-in"]  hidden unless useAuth() is "loading", "signed-in" or "signed-out"
//	[data-user-when="signed-in"]  the same for useUser()
//	button[data-auth-action="getToken"], "signOut"
//	[data-auth-output="getToken"] claims of the token, or why there is none
//
// The server renders all of them in the state the page starts with, so the first
// run changes nothing.

import { useAuth, useUser } from "authctx"

// A form named "querySelectorAll" shadows that member of document, not of its prototype.
const find = (selector: string): NodeListOf<Element> => Document.prototype.querySelectorAll.call(document, selector)

const each = (attribute: string, fn: (element: HTMLElement, value: string) => void) => {
	for (const element of find(`[${attribute}]`))
		if (element instanceof HTMLElement) fn(element, element.getAttribute(attribute) ?? "")
}

const write = (element: HTMLElement, text: string) => {
	if (element.textContent !== text) element.textContent = text
}

/** Text from people without the characters that would end a <bdi> around it. */
const contained = (text: string) => text.replace(/[\u2066-\u2069]/g, "")

const show = (attribute: string, state: { isLoaded: boolean; isSignedIn: boolean | undefined }) => {
	const now = state.isLoaded ? (state.isSignedIn ? "signed-in" : "signed-out") : "loading"
	each(attribute, (element, when) => {
		if (element.hidden !== (when !== now)) element.hidden = when !== now
	})
}

const field = (from: object | null | undefined, name: string): unknown =>
	from && Object.hasOwn(from, name) ? Reflect.get(from, name) : undefined

const auth = useAuth()

auth.subscribe((state) => {
	each("data-auth-text", (element, name) => write(element, String(field(state, name))))
	show("data-auth-when", state)
})

// Only a page that asks for the person makes the person be loaded.
if (find("[data-user-text],[data-user-when]").length)
	useUser().subscribe((state) => {
		each("data-user-text", (element, name) =>
			write(element, contained(String((name in state ? field(state, name) : field(state.user, name)) ?? ""))),
		)
		show("data-user-when", state)
	})

const output = (action: string, text: string) =>
	each("data-auth-output", (element, name) => {
		if (name === action) write(element, text)
	})

/** The payload only: a token on a screen is a token in a screenshot. */
const claims = (token: string) => {
	const base64 = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")
	const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
	return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2)
}

const actions: Record<string, () => Promise<void>> = {
	async getToken() {
		const token = await auth.getToken()
		output("getToken", token ? claims(token) : "null")
	},
	signOut: () => auth.signOut(),
}

addEventListener("click", ({ target }) => {
	const button = target instanceof Element ? target.closest("button[data-auth-action]") : null
	const name = button?.getAttribute("data-auth-action") ?? ""
	if (!(button instanceof HTMLButtonElement) || !Object.hasOwn(actions, name)) return
	button.disabled = true
	actions[name]!()
		.catch((error: unknown) => output(name, error instanceof Error ? error.message : "failed"))
		.finally(() => (button.disabled = false))
})
