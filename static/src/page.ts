// What the page says to scripts: props element, script tag, cookies, focus.
//
// A form or image named "cookie" or "querySelector" shadows that member of
// document, so members are read from the prototype, which markup cannot reach.

const member = (name: string) => Reflect.get(Document.prototype, name, document)

const script = (selector: string): HTMLScriptElement | undefined => {
	const found = member("querySelector").call(document, "script" + selector)
	return found instanceof HTMLScriptElement ? found : undefined
}

type Fields = Record<string, unknown>

/** Narrows to a plain object; anything else counts as one without fields. */
export const fields = (value: unknown): Fields =>
	typeof value == "object" && value ? (value as Fields) : {}

/** Narrows to a string that says something. */
export const text = (value: unknown): string | null => (typeof value == "string" && value ? value : null)

/** Runs what may be refused by the browser: cookies, storage, channels, locks. */
export const attempt = <T>(fn: () => T): T | undefined => {
	try {
		return fn()
	} catch {
		return undefined
	}
}

const props = attempt(() =>
	fields(JSON.parse(script('[type="application/json"][data-auth-props]')?.textContent ?? "")),
)

/** Auth state as the server rendered it, without fields if the page carries none. */
export const initial = fields(props?.["__clerk_ssr_state"])

const setting = (name: string, attribute: string) =>
	text(props?.[name]) ?? attempt(() => script(`[${attribute}]`)?.getAttribute(attribute))

/** Where people sign in and up, by what the protocol calls the two. */
export const pages = { sign_in: text(props?.["signInUrl"]), sign_up: text(props?.["signUpUrl"]) }

/** Where the Frontend API is, without "/v1". */
export const proxyUrl = (setting("proxyUrl", "data-proxy-url") || "/__clerk").replace(/\/$/, "")

const suffix = setting("cookieSuffix", "data-cookie-suffix")

const names = (base: string) => (suffix ? [base + "_" + suffix, base] : [base])

/** Values of a cookie, the name of this instance first (protocol reference 2.2). */
export const cookies = (base: string): string[] => {
	const pairs = (attempt(() => member("cookie") as string) ?? "").split("; ")
	return names(base).flatMap((name) =>
		pairs.filter((pair) => pair.startsWith(name + "=")).map((pair) => pair.slice(name.length + 1)),
	)
}

/** Writes both spellings of a cookie for a year; an empty value removes them (protocol reference 2.1). */
export const writeCookies = (base: string, value: string) => {
	for (const name of names(base)) {
		const line = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${value ? 31536000 : 0}`
		attempt(() => Reflect.set(Document.prototype, "cookie", line + (location.protocol == "https:" ? "; Secure" : ""), document))
	}
}

export const visible = (): boolean => member("visibilityState") == "visible"

export const focused = (): boolean => member("hasFocus").call(document)
