import type * as api from "./public"
import * as session from "./session"
import "./way_back"

export type * from "./public"

export const useAuth: typeof api.useAuth = () => session.auth
export const useUser: typeof api.useUser = () => session.person
export const signOut: typeof api.signOut = session.signOut
