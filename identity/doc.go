// Package identity is the embedded identity service: people, addresses, passwords,
// browsers, sessions and signing keys behind a [Store], spoken to over the protocol's
// Frontend API and Backend API.
//
// # What is kept
//
// A store holds users with their addresses, password hashes (argon2id) and metadata;
// clients, each one browser, with the SHA-256 of the secret in its cookie; sessions;
// sign-ins and sign-ups in progress, for an hour; hashes of codes that were sent by mail;
// pictures; organizations with memberships and invitations; an audit log that names people
// by id only, written in the transaction of what it tells; RSA signing keys; and settings:
// the instance (id, Frontend API host, secret key), the keys that seal cookies and, once
// somebody has set it, what the instance grants ([Access]). The store therefore holds secrets
// and belongs in files of mode 0600. Passwords, cookie secrets, codes, tickets and
// tokens are never kept, and never logged.
//
// # Cookies
//
// The Frontend API sets __client (HttpOnly, sealed, worthless once replaced) and
// __client_uat with its suffixed twin on every answer that changes the client. It sets
// __session and its twin only at the handshake; otherwise scripts or server-rendered
// forms write the token they were given. Beside a new secret in __client goes a refresh
// token (HttpOnly, sealed), with which a server renews the session without a redirect; it
// dies with that secret and with the session. All are SameSite=Lax, Path=/, without Domain, and
// Secure when the public origin is https. Signing in or up replaces the secret in
// __client; signing out of the last session makes it worthless before the answer is sent.
//
// # Lifetimes
//
// Session tokens live 60 seconds. Sessions end 7 days after sign-in, or when idle for as
// long as configured; both are judged from stored times. A revoked session can be used
// until its last token ends. What has ended is deleted a day later.
//
// # Limits
//
// One network may begin 5 sign-ins or sign-ups, try 3 passwords or codes in those begun, and
// ask for 5 codes or picture uploads, in 10 seconds. Every tenth consecutive wrong password rests the account, for a minute at
// first and never longer than an hour; after the hundredth every further one rests it for
// an hour. A try on a resting account is answered exactly as a wrong password and an
// unknown address are: same status, body and work, so that neither the existence of an
// account nor its state can be read off. Bodies are at most 64 kB (forms) and 256 kB (JSON).
// Passwords have 8 to 256 code points after normalization (RFC 8265 OpaqueString), are not
// among the 6,000 most common, and are not the person's own address; there are no other
// rules. Sign-up says when an address is taken, as the protocol does, unless
// [Config.HideAccounts] is set.
//
// A state-changing request that a page of another origin made is refused with 403. One
// with neither Sec-Fetch-Site nor Origin is let pass, as in [net/http.CrossOriginProtection]:
// browsers send at least one of them.
//
// # Mail
//
// With [Config.SendMail] people prove addresses, sign in, and replace forgotten passwords with
// codes of six digits: for ten minutes and five tries, sent again after 30 seconds, ten times
// an hour to one address at most. Who has no account gets the same answers. The first code
// that is entered for an account whose address nobody had proven makes it the owner's of the
// address alone: its password and sessions go. An address that was added to an account counts
// for nothing until it is proven.
//
// Adding, removing and choosing addresses, and deleting the account, need a factor verified
// within ten minutes ([Config.InsecureNoReverification]).
//
// # Organizations
//
// Who makes an organization administers it. Members act by the permissions of their roles;
// at least one of them can always manage it. The session's active organization, with its
// role, permissions, features and plans, is in the token, as it is at the moment the token
// is minted. To strangers no organization exists. Invitations wait 30 days, for a proven
// address or for one's own address with the ticket that was sent there. Joining by the
// domain of an address, and asking to join, are switched off.
//
// # Running
//
// [New] opens or creates the instance. Several services may share one store. To shut down
// a node, stop its listeners, wait for requests in flight, call [Service.Close], and close
// the store. In one process, reach the service through [Service.Transport].
package identity
