// Asks the published SDK about a session token, and prints what it says as JSON.
import { createClerkClient, verifyToken } from "@clerk/backend"

const { CLERK_JWT_KEY: jwtKey, CLERK_SECRET_KEY: secretKey, CLERK_API_URL: apiUrl, CLERK_PUBLISHABLE_KEY: publishableKey, TOKEN: token, ORIGIN: origin } = process.env

const refusal = async (promise) => promise.then(() => "accepted", (error) => error.reason ?? String(error))
const parties = { authorizedParties: [origin] }
const forged = token.slice(0, -6) + "AAAAAA"

const clerk = createClerkClient({ secretKey, publishableKey, apiUrl })
const networkless = await verifyToken(token, { jwtKey, ...parties })
const byKeySet = await verifyToken(token, { secretKey, apiUrl, ...parties })
const request = new Request(origin + "/", { headers: { authorization: "Bearer " + token } })
const byRequest = (await clerk.authenticateRequest(request, { jwtKey, ...parties })).toAuth()
const user = await clerk.users.getUser(networkless.sub)

console.log(
	JSON.stringify({
		networkless: networkless.sub,
		byKeySet: byKeySet.sub,
		byRequest: byRequest?.userId,
		firstName: user.firstName,
		forged: await refusal(verifyToken(forged, { jwtKey, ...parties })),
		otherParty: await refusal(verifyToken(token, { jwtKey, authorizedParties: ["https://elsewhere.example"] })),
	}),
)
