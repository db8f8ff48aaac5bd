// The person, from the Frontend API's spelling to the one of scripts.

import type { User } from "./public"
import { fields, text } from "./page"

const number = (value: unknown) => (typeof value == "number" ? value : 0)

/** The user of a session resource (protocol reference 8.5), with the fields and the order of the props element; nothing else gets through. */
export const userOf = (resource: unknown): User | undefined => {
	const raw = fields(resource)
	const id = text(raw["id"])
	if (!id) return undefined
	const firstName = text(raw["first_name"])
	const lastName = text(raw["last_name"])
	const primaryEmailAddressId = text(raw["primary_email_address_id"])
	const list = raw["email_addresses"]
	const emailAddresses = (Array.isArray(list) ? list : []).map((item) => ({
		id: text(fields(item)["id"]) ?? "",
		emailAddress: text(fields(item)["email_address"]) ?? "",
	}))
	return {
		id,
		firstName,
		lastName,
		fullName: [firstName, lastName].filter(Boolean).join(" ") || null,
		username: text(raw["username"]),
		imageUrl: text(raw["image_url"]) ?? "",
		hasImage: raw["has_image"] === true,
		primaryEmailAddressId,
		primaryEmailAddress: emailAddresses.find((item) => item.id == primaryEmailAddressId)?.emailAddress ?? null,
		emailAddresses,
		publicMetadata: fields(raw["public_metadata"]),
		lastSignInAt: number(raw["last_sign_in_at"]) || null,
		createdAt: number(raw["created_at"]),
		updatedAt: number(raw["updated_at"]),
	}
}
