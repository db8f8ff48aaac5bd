import { clerkClient, getAuth } from "@clerk/nextjs/server"
import type { NextApiRequest, NextApiResponse } from "next"

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
	const { isAuthenticated, userId, sessionId } = getAuth(req)
	if (!isAuthenticated) {
		return res.status(401).json({ error: "User not authenticated" })
	}
	const client = await clerkClient()
	const user = await client.users.getUser(userId)
	return res.status(200).json({ userId, sessionId, user })
}
