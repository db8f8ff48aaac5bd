// Clients of the instance name the way back in the fragment of a sign-in page, where no
// server sees it (redirectToSignIn of @clerk/clerk-js). This site's pages read the query,
// and the server decides whether to follow it.

import { attempt, pages } from "./page"

/** The page's address with the way back in its query, undefined where there is nothing to move. */
const moved = (here: URL): string | undefined => {
	const [kind] = Object.entries(pages).find(([, page]) => page && new URL(page, here).href == here.origin + here.pathname) ?? []
	if (!kind || !here.hash.startsWith("#/?") || here.searchParams.has("redirect_url")) return undefined
	const words = new URLSearchParams(here.hash.slice(3))
	const back = [kind + "_force_redirect_url", "redirect_url", kind + "_fallback_redirect_url"].map((name) => words.get(name)).find(Boolean)
	if (!back) return undefined
	here.searchParams.set("redirect_url", back)
	here.hash = ""
	return here.href
}

attempt(() => {
	const url = moved(new URL(location.href))
	if (url) location.replace(url)
})
