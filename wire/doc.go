// Package wire holds the names and JSON shapes of the protocol and nothing
// else: cookies, headers, query parameters, session claims, resources and the
// error envelope. Both sides of the wire, the relying party and the embedded
// service, speak in these types, so a spelling exists once.
//
// All values are plain data, safe to copy, with no behaviour beyond encoding and names.
// Timestamps of resources are milliseconds since the Unix epoch; claims and the
// __client_uat cookie are seconds (protocol reference, preamble).
package wire
