// Requirements, decided as the server does (protocol reference 3.3, 5.2).

import type { Claims, Reverification, Requirement } from "./public"
import { attempt, fields, text } from "./page"

const list = (value: unknown) => (text(value) ?? "").split(",").map((part) => part.trim())

const organisation = (name: string) => "org:" + name.replace(/^(org:)+/, "")

/** Entries of a fea or pla claim that belong to one of the scopes "o" and "u"; none if one has no scope. */
const scoped = (claim: unknown, scopes: string) => {
	const entries = list(claim).map((entry) => /^(.*?):(.*)$/s.exec(entry))
	if (entries.includes(null)) return []
	return entries.flatMap((entry) => {
		const [, scope, id] = entry as unknown as [string, string, string]
		return /^(o|u|ou|uo)$/.test(scope) && [...scope].some((letter) => scopes.includes(letter)) ? [id] : []
	})
}

/** Organisation fields of either claim version; without an id there is no organisation. */
export const orgOf = (claims: Claims | null | undefined) => {
	const v2 = claims?.["v"] === 2
	const o = fields(v2 ? claims["o"] : claims)
	const role = text(o[v2 ? "rol" : "org_role"])
	const orgId = claims && text(o[v2 ? "id" : "org_id"])
	return {
		orgId,
		orgRole: orgId && (v2 && role ? "org:" + role : role),
		orgSlug: orgId && text(o[v2 ? "slg" : "org_slug"]),
	}
}

const permissions = (claims: Claims): unknown => {
	if (claims["v"] !== 2) return claims["org_permissions"]
	const o = fields(claims["o"])
	const names = list(o["per"])
	const masks = list(o["fpm"])
	return scoped(claims["fea"], "o").flatMap((feature, i) => {
		const mask = /^\d+$/.test(masks[i] ?? "") ? BigInt(masks[i]!) : 0n
		return names.flatMap((name, j) => ((mask >> BigInt(j)) & 1n ? [`org:${feature}:${name}`] : []))
	})
}

const owned = (claim: unknown, query: string) => {
	const [id, scope, more] = query.split(":").reverse()
	const letters = scope === undefined ? "ou" : /^(o|org|organization)$/.test(scope) ? "o" : /^(u|user)$/.test(scope) ? "u" : ""
	return !!id && more === undefined && scoped(claim, letters).includes(id)
}

const presets: Record<string, [string, number]> = {
	strict_mfa: ["multi_factor", 10],
	strict: ["second_factor", 10],
	moderate: ["second_factor", 60],
	lax: ["second_factor", 1440],
}

const verified = (ages: unknown, want: Reverification) => {
	const [level, after] = typeof want == "string" ? (presets[want] ?? []) : [want?.level, want?.afterMinutes]
	const known = Array.isArray(ages) && ages.length == 2 && ages.every((age) => (age | 0) === age && age >= -1) // whole minutes
	if (!known || !after || !/^(first|second|multi)_factor$/.test(level ?? "")) return false
	const [first, second] = ages as [number, number]
	const fresh = (age: number) => age >= 0 && after > age
	if (second < 0 || level == "first_factor") return fresh(first)
	return fresh(second) && (level == "second_factor" || fresh(first))
}

const decide = (claims: Claims, want: Requirement): boolean => {
	const { orgId, orgRole } = orgOf(claims)
	const checks: Record<string, (value: string) => boolean> = {
		role: (role) => !!orgId && !!orgRole && organisation(role) == organisation(orgRole),
		permission: (permission) => {
			const granted = permissions(claims)
			return !!orgId && Array.isArray(granted) && granted.includes(organisation(permission))
		},
		feature: (feature) => owned(claims["fea"], feature),
		plan: (plan) => owned(claims["pla"], plan),
	}
	const asked = Object.entries(fields(want)).filter(([, value]) => value !== undefined)
	return (
		asked.length > 0 &&
		asked.every(([name, value]) =>
			name == "reverification"
				? verified(claims["fva"], value as Reverification)
				: typeof value == "string" && Object.hasOwn(checks, name) && checks[name]!(value),
		)
	)
}

/** Whether the claims meet everything that is asked, and something is. Never throws. */
export const satisfies = (claims: Claims, want: Requirement) => attempt(() => decide(claims, want)) ?? false
