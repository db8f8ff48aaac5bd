// An app on the published Express SDK, as its documentation has it. Everything about the
// instance comes from the environment: the lines that the keys command prints,
// CLERK_PROXY_URL and CLERK_SIGN_IN_URL. Those of its own are HOST and PORT.
import { clerkClient, clerkMiddleware, getAuth } from "@clerk/express"
import express from "express"
import { escaped, lines, page } from "./page.mjs"

const { HOST = "127.0.0.1", PORT = "3000", CLERK_PROXY_URL: proxyUrl, CLERK_SIGN_IN_URL: signInUrl } = process.env
const origin = `http://${HOST}:${PORT}`

const app = express()
app.disable("x-powered-by")
app.get("/healthz", (_req, res) => res.type("text").send("ok\n"))
app.use(clerkMiddleware({ authorizedParties: [origin, new URL(proxyUrl).origin] }))

app.get("/welcome", async (req, res) => {
	const { isAuthenticated, userId } = getAuth(req)
	if (!isAuthenticated) {
		return res.send(page("Welcome", `<p>Sign in to view this page</p><a href="${escaped(signInTo("/welcome"))}">Sign in</a>`))
	}
	const user = await clerkClient.users.getUser(userId)
	res.send(page("Welcome", `<h1>Welcome, ${escaped(user.firstName)}!</h1>`))
})

app.get("/api/auth", async (req, res) => {
	const { isAuthenticated, userId, sessionId } = getAuth(req)
	if (!isAuthenticated) {
		return res.status(401).json({ error: "User not authenticated" })
	}
	const user = await clerkClient.users.getUser(userId)
	res.json({ userId, sessionId, user })
})

app.get("/dashboard", (req, res) => {
	const { isAuthenticated, userId } = getAuth(req)
	if (!isAuthenticated) {
		return res.redirect(signInTo("/dashboard"))
	}
	res.send(page("Dashboard", `<h1>Dashboard</h1><p>You are ${escaped(userId)}.</p>`))
})

// The page that the benchmark measures, with the name from the Backend API or, with
// ?name=token, from the session token.
app.get("/benchmark", async (req, res) => {
	const { isAuthenticated, userId, sessionClaims } = getAuth(req)
	if (!isAuthenticated) {
		return res.status(401).json({ error: "User not authenticated" })
	}
	const name = req.query.name === "token" ? sessionClaims.first_name : (await clerkClient.users.getUser(userId)).firstName
	res.send(page("Welcome", `<h1>Welcome, ${escaped(name)}!</h1>${lines}`))
})

// signInTo is the instance's sign-in page, which leads back to a path of this app.
function signInTo(path) {
	return `${signInUrl}?redirect_url=${encodeURIComponent(origin + path)}`
}

app.listen(Number(PORT), HOST, (error) => {
	if (error) throw error
	console.log(`listening on ${origin}`)
})
