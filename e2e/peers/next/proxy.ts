import { clerkMiddleware } from "@clerk/nextjs/server"

export default clerkMiddleware()

export const config = {
	matcher: ["/((?!_next|healthz|clerk-js/|[^?]*\\.(?:html?|css|js(?!on)|svg|ico)).*)", "/api/(.*)"],
}
