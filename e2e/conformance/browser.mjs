// Opens pages in the model browser of the runtime's own tests, with the bundle that is
// shipped, and says what its stores begin with. Pages come in as one JSON list.
import { readFileSync } from "node:fs"
import { Origin, Service, open } from "../../static/test/browser.mjs"

const see = ({ Props, Checks }) => {
	const origin = new Origin()
	origin.time = 1_800_000_000_000
	const state = open(origin, new Service(origin), { json: Props }).useAuth().get()
	const { userId, sessionId, orgId, orgRole, orgSlug } = state
	const text = Object.fromEntries(Object.entries({ userId, sessionId, orgId, orgRole, orgSlug }).map(([name, id]) => [name, id ?? ""]))
	return { ...text, has: Checks.map((check) => state.has(check)) }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(see)))
