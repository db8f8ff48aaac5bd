package conformance

import (
	"math/rand/v2"
	"strings"

	"github.com/usherauth/usher/wire"
)

// machineAnswer is what the Backend API says of a machine token.
func machineAnswer(r *rand.Rand, kind wire.TokenType) answer {
	o := machineObject(r, kind)
	switch n := r.IntN(100); {
	case n < 50:
		return answer{Status: 200, Body: o.String()}
	case n < 62:
		flagAnswer(r, &o)
		return answer{Status: 200, Body: o.String()}
	case n < 75:
		oddMember(r, &o)
		return answer{Status: 200, Body: o.String()}
	case n < 85:
		return oddAnswer(r, o.String())
	}
	return machineRefusal(r)
}

// objectNames are what answers call themselves.
var objectNames = map[wire.TokenType]string{
	wire.TokenAPIKey: "api_key", wire.TokenM2M: "machine_to_machine_token", wire.TokenOAuth: "clerk_idp_oauth_access_token",
}

// machineObject is a token that nothing is wrong with, as the service describes it.
func machineObject(r *rand.Rand, kind wire.TokenType) object {
	o := object{{"object", quoted(objectNames[kind])}, {"id", quoted(pick(r, "id_1", "id_2"))}}
	claims := pick(r, "null", "null", "{}", `{"class":"gold"}`, `{"a":{"b":[1,2.5,"x"]},"sub":"mch_9"}`)
	switch kind {
	case wire.TokenAPIKey:
		o = append(o, member{"type", `"api_key"`}, member{"name", quoted(pick(r, "Build", "CI", ""))},
			member{"subject", quoted(pick(r, "user_1", "user_1", "org_1", "thing_1"))}, member{"claims", claims})
	case wire.TokenM2M:
		o = append(o, member{"subject", quoted(pick(r, "mch_1", "mch_2"))}, member{"claims", claims})
	default:
		o = append(o, member{"client_id", quoted(pick(r, "client_1", "client_2"))}, member{"type", `"oauth:access_token"`}, member{"subject", `"user_2"`})
		if !chance(r, 30) {
			o.set("aud", pick(r, `["api"]`, `["api"]`, `"api"`, `["other","api"]`, `["other"]`, `"other"`, "[]", "null", `""`, `["","api"]`, "5", `["api",1]`, `[["api"]]`))
		}
	}
	o.set("scopes", pick(r, "[]", `["read"]`, `["read","write"]`, `["mch_2"]`))
	o.set("revoked", "false")
	o.set("revocation_reason", "null")
	o.set("expired", "false")
	o.set("expiration", pick(r, "null", milliseconds(3600), milliseconds(60)))
	o.set("created_at", milliseconds(-60))
	o.set("updated_at", milliseconds(-60))
	return o
}

// milliseconds is a time that many seconds from [second].
func milliseconds(from int64) string { return number((second + from) * 1000) }

// flagAnswer says in one way or another that the token is no longer good, or nearly so.
func flagAnswer(r *rand.Rand, o *object) {
	switch r.IntN(4) {
	case 0:
		o.set("revoked", pick(r, "true", "true", `"yes"`, "1", "null", "0", `""`, "{}"))
	case 1:
		o.set("expired", pick(r, "true", "true", `"yes"`, "1", "null"))
	case 2:
		o.set("expiration", milliseconds(pick[int64](r, -3600, -31, -30, -6, -5, -4, -1, 0, 1)))
	case 3:
		o.set("deleted", pick(r, "true", "true", "1"))
	}
}

// oddMember makes one member of an answer something else.
func oddMember(r *rand.Rand, o *object) {
	name := pick(r, "object", "id", "id", "subject", "subject", "name", "scopes", "scopes", "claims", "client_id", "expiration", "expiration", "revoked")
	value := pick(r, "", "null", `""`, "5", "true", "[]", "[1]", "{}", `"a b"`, `["a",null]`, "1.5", "1e300", `"1800003600000"`, "-5", "1800003600000.0")
	switch r.IntN(6) {
	case 0: // twice
		*o = append(*o, member{name, pick(r, `"other"`, "true", "null")})
	case 1: // a name that only looks alike
		*o = append(*o, member{pick(r, "ID", "Subject", "Revoked", "Expired", "EXPIRATION", "new"), pick(r, `"other"`, "true", "1")})
	case 2:
		o.set("object", pick(r, "", `"token"`, `"machine"`, "null", "5"))
	default:
		o.set(name, value)
	}
}

// oddAnswer is a success that is no description of a token, or one of another kind.
func oddAnswer(r *rand.Rand, good string) answer {
	switch r.IntN(4) {
	case 0:
		return answer{Status: pick(r, 201, 202, 206), Body: good}
	case 1:
		return answer{Status: 200, Body: good, Type: pick(r, "application/json; charset=utf-8", "application/json;charset=utf-8", "text/html", "text/plain", "application/problem+json")}
	case 2:
		return answer{Status: 204}
	}
	return answer{Status: 200, Body: pick(r, "", "{}", "[]", "null", "5", `"x"`, "true", "not json", good[:len(good)-1], good+"x", " "+good+"\n", "["+good+"]",
		`{"data":[`+good+`]}`, `{"data":[`+good+`],"total_count":1}`, `{"m2m_tokens":[`+good+`],"total_count":1}`,
		`{"object":"api_key","id":"id_1","deleted":true}`, good[:len(good)-1]+`,"x":"`+strings.Repeat("y", 17<<10)+`"}`)}
}

// machineRefusal is an error of one of the endpoints, in the service's own words or in those
// of something in between.
func machineRefusal(r *rand.Rand) answer {
	if chance(r, 10) {
		return answer{Fail: true}
	}
	a := refusal(pick(r, 401, 401, 404, 404, 404, 400, 403, 422, 429, 500, 502, 503, 302), pick(r, "resource_not_found", "clerk_key_invalid", "token_invalid", ""))
	if chance(r, 30) {
		a.Body = pick(r, "", "not json", `{"errors":null}`, `{"errors":[]}`, `{"errors":{}}`, "null", "[]", "<html>")
	}
	if chance(r, 20) {
		a.Type = pick(r, "text/html", "application/json; charset=utf-8")
	}
	return a
}
