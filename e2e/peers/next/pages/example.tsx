import { useUser } from "@clerk/nextjs"
import { buildClerkProps, clerkClient, getAuth } from "@clerk/nextjs/server"
import type { GetServerSideProps } from "next"

export const getServerSideProps: GetServerSideProps = async (ctx) => {
	const { userId } = getAuth(ctx.req)
	const client = await clerkClient()
	const user = userId ? await client.users.getUser(userId) : undefined
	return { props: { ...buildClerkProps(ctx.req, { user }) } }
}

export default function Page() {
	const { isLoaded, isSignedIn, user } = useUser()
	if (!isLoaded) {
		return <p>Loading...</p>
	}
	return <p>{isSignedIn ? `Hello ${user.firstName}!` : "Sign in to view this page"}</p>
}
