import assert from "node:assert/strict"
import { test } from "node:test"
import { Origin, Service, open, props } from "./browser.mjs"

const signIn = "https://app.example.com/sign-in"
const pages = { signInUrl: "/sign-in", signUpUrl: "https://app.example.com/sign-up" }
const back = "http://localhost:3000/deep?x=1"
const words = (values) => "#/?" + new URLSearchParams(values)

for (const [name, href, want] of [
	["redirectToSignIn", signIn + words({ redirect_url: back }), signIn + "?redirect_url=" + encodeURIComponent(back)],
	["a fallback", signIn + words({ sign_in_fallback_redirect_url: back }), signIn + "?redirect_url=" + encodeURIComponent(back)],
	["the one asked for before the fallback", signIn + words({ sign_in_fallback_redirect_url: "/x", redirect_url: "/y" }), signIn + "?redirect_url=%2Fy"],
	["the one forced before all", signIn + words({ redirect_url: "/y", sign_in_force_redirect_url: "/z" }), signIn + "?redirect_url=%2Fz"],
	["beside other parameters", signIn + "?a=b" + words({ redirect_url: "/y" }), signIn + "?a=b&redirect_url=%2Fy"],
	["redirectToSignUp", "https://app.example.com/sign-up" + words({ redirect_url: "/y" }), "https://app.example.com/sign-up?redirect_url=%2Fy"],
	["the other page's", signIn + words({ sign_up_force_redirect_url: "/y" })],
	["the query decides", signIn + "?redirect_url=%2Fa" + words({ redirect_url: "/y" })],
	["nothing named", signIn + words({ email_address: "ada@example.com" })],
	["another fragment", signIn + "#redirect_url=/y"],
	["no fragment", signIn],
	["another page", "https://app.example.com/page" + words({ redirect_url: "/y" })],
	["another origin's page", "https://other.example/sign-up" + words({ redirect_url: "/y" })],
])
	test(`the way back in the fragment: ${name}`, () => {
		const origin = new Origin()
		const tab = open(origin, new Service(origin), { href, props: props(null, pages) })
		assert.deepEqual(tab.view.replaced, want ? [want] : [])
	})
