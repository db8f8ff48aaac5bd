package identity_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// digests of password by other software, and the published examples of the last three
// kinds with their own passwords.
var digests = []struct{ hasher, digest, password string }{
	{"argon2i", "$argon2i$v=19$m=1024,t=3,p=1$c29tZXNhbHQxMjM0NTY3OA$EeWKZL/fuA6+P7cFwSB0PjRmAun6njFAQaAF1f2798U", password},
	{"argon2id", "$argon2id$v=19$m=2048,t=2,p=2$c29tZXNhbHQxMjM0NTY3OA$T308gqU+dDIoNIMCamGcDTUuNMaqJghYFdFHyVYZS9k", password},
	{"bcrypt", "$2b$05$MXxNWLMYOAWzqm4gxxfCK.vR7Dzw4UJBL9IzD6LegBIxXBIrZq/US", password},
	{"bcrypt_sha256_django", "bcrypt_sha256$$2b$05$JJ/4pDSwzU6KZ5eAJWr77..Qhi0/KMUTPSJj8FKoPDIopo8B1iOeq", password},
	{"bcrypt_peppered", "$2b$05$W4EUQZ2aQEWO9e1kbpp65evm4KRGx1CCoxOQC6a.gcQ563El/wZ/a$pepper", password},
	{"md5", "9cc2ae8a1ba7a93da39b46fc1019c481", password},
	{"md5_salted", "NaCl$e1bc0bb1dc7906017e25f64330178c2f", password},
	{"md5_phpass", "$P$6abcdefgh19FaYcayAO9vi63il6xpX.", password},
	{"phpass", "$P$6abcdefghbHujEoLzRzAGlPkJFQiyg0", password},
	{"sha256", "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a", password},
	{"sha256_salted", "NaCl$c7124467796ef676c7899dc49bbe06dc4b13e11f3f3b89fb82b9a7dd384bd562", password},
	{"ldap_ssha", "{SSHA}46BnfOtjjVkV2IM1YrlQPStNxk5zYWx0c2FsdA==", password},
	{"pbkdf2_sha1", "pbkdf2_sha1$1000$mysalt$51bb816184b1aaddc6ede546bd8785a66b17bbfdff2fc234fa20cb74b68b73ba", password},
	{"pbkdf2_sha1", "pbkdf2_sha1$1000$deadbeef$acc088c304a89b7f125f3dd21aa63d4fdbfca52e$20", password},
	{"pbkdf2_sha256", "pbkdf2_sha256$1000$c2FsdHNhbHQ=$zzTVNkpdnDsQWZloN/zP8vUU74BCbHD/tDSXS4zXPSs=", password},
	{"pbkdf2_sha256_django", "pbkdf2_sha256$1000$saltsalt$zzTVNkpdnDsQWZloN/zP8vUU74BCbHD/tDSXS4zXPSs=", password},
	{"pbkdf2_sha512", "pbkdf2_sha512$1000$saltsalt$d4fa6749a5a34fb2668c9dbee9aaf132651ca225fb62c949fc022c4aeb3cfead273b0fd6cd8ad2dc635e9bb561482869f0b295e6a8cf65cd817cd581ba056939", password},
	{"pbkdf2_sha512_hex", "pbkdf2_sha512_hex$1000$73616c7473616c74$d4fa6749a5a34fb2668c9dbee9aaf132651ca225fb62c949fc022c4aeb3cfead273b0fd6cd8ad2dc635e9bb561482869f0b295e6a8cf65cd817cd581ba056939", password},
	{"scrypt_werkzeug", "scrypt:1024:8:1$saltsalt$2448aadf54e80d754b7a4a0f8826173bb78b80205e60a1d9d6e96061b10461c6bd2d33e792bde2db6990eff8be325c36b2cc23bc3773caf154a6a340574f1c27", password},
	{"scrypt_firebase", "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$" +
		"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14", "user1password"},
	{"phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"},
	{"bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
}

// I01: digests of other systems are verified, and replaced by our own the first time that
// the password is right.
func TestI01_ImportedHashesAreUpgradedAtSignIn(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for i, tt := range digests {
		t.Run(tt.hasher+strconv.Itoa(i), func(t *testing.T) {
			address := "user" + strconv.Itoa(i) + "@example.com"
			u := app.user(t, map[string]any{"email_address": []string{address}, "password_digest": tt.digest, "password_hasher": tt.hasher})
			if !u.PasswordEnabled {
				t.Error("password_enabled = false")
			}
			before := app.stored(t, u.ID).PasswordHash
			app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", tt.password+"x").want(t, 422, wire.CodePasswordOrIdentifier)
			if after := app.stored(t, u.ID).PasswordHash; after != before {
				t.Errorf("a wrong password changed the hash to %q", after)
			}
			app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", tt.password).want(t, 200, "")
			after := app.stored(t, u.ID).PasswordHash
			if match, outdated := identity.VerifyPassword(after, tt.password); !match || outdated || !strings.HasPrefix(after, "$argon2id$") {
				t.Errorf("hash after sign-in = %q: match %t, outdated %t", after, match, outdated)
			}
			app.visitor().post("/v1/client/sign_ins", "identifier", address, "password", tt.password).want(t, 200, "")
		})
	}
}

func TestDigestsThatAreRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, tt := range []struct{ name, hasher, digest, param string }{
		{"unknown hasher", "rot13", "cnffjbeq", "password_hasher"},
		{"hasher in other case", "BCRYPT", digests[2].digest, "password_hasher"},
		{"our own name for what is compromised", "!md5", digests[5].digest, "password_hasher"},
		{"a user pool that is elsewhere", "awscognito", "awscognito#pool#client#id", "password_hasher"},
		{"plain text", "bcrypt", "hunter22", "password_digest"},
		{"bcrypt cut short", "bcrypt", digests[2].digest[:50], "password_digest"},
		{"bcrypt that takes hours", "bcrypt", "$2b$31$MXxNWLMYOAWzqm4gxxfCK.vR7Dzw4UJBL9IzD6LegBIxXBIrZq/US", "password_digest"},
		{"bcrypt with the old mistake", "bcrypt", "$2x$05$MXxNWLMYOAWzqm4gxxfCK.vR7Dzw4UJBL9IzD6LegBIxXBIrZq/US", "password_digest"},
		{"bcrypt with more behind it", "bcrypt", digests[2].digest + "x", "password_digest"},
		{"peppered without pepper", "bcrypt_peppered", digests[2].digest + "$", "password_digest"},
		{"argon2id under the name argon2i", "argon2i", digests[1].digest, "password_digest"},
		{"argon2id that takes 4 GiB", "argon2id", "$argon2id$v=19$m=4194304,t=2,p=2$c29tZXNhbHQxMjM0NTY3OA$T308gqU+dDIoNIMCamGcDTUuNMaqJghYFdFHyVYZS9k", "password_digest"},
		{"md5 too short", "md5", "9cc2ae8a", "password_digest"},
		{"md5 that is no hex", "md5", strings.Repeat("z", 32), "password_digest"},
		{"sha256 with the length of md5", "sha256", digests[5].digest, "password_digest"},
		{"ssha without scheme", "ldap_ssha", "46BnfOtjjVkV2IM1YrlQPStNxk5zYWx0c2FsdA==", "password_digest"},
		{"ssha without salt", "ldap_ssha", "{SSHA}46BnfOtjjVkV2IM1YrlQPStNxk4=", "password_digest"},
		{"pbkdf2 without iterations", "pbkdf2_sha256_django", "pbkdf2_sha256$0$saltsalt$zzTVNkpdnDsQWZloN/zP8vUU74BCbHD/tDSXS4zXPSs=", "password_digest"},
		{"pbkdf2 with a billion of them", "pbkdf2_sha256_django", "pbkdf2_sha256$1000000000$saltsalt$zzTVNkpdnDsQWZloN/zP8vUU74BCbHD/tDSXS4zXPSs=", "password_digest"},
		{"pbkdf2 of another kind", "pbkdf2_sha1", digests[15].digest, "password_digest"},
		{"pbkdf2 with a hash of one octet", "pbkdf2_sha1", "pbkdf2_sha1$1000$mysalt$51", "password_digest"},
		{"pbkdf2 with a length that is not its", "pbkdf2_sha1", "pbkdf2_sha1$1000$deadbeef$acc088c304a89b7f125f3dd21aa63d4fdbfca52e$32", "password_digest"},
		{"phpass with rounds for a day", "phpass", "$P$TabcdefghbHujEoLzRzAGlPkJFQiyg0", "password_digest"},
		{"phpass cut short", "phpass", "$P$6abcdefghbHuj", "password_digest"},
		{"scrypt for 16 GiB", "scrypt_werkzeug", "scrypt:16777216:8:1$saltsalt$2448aadf54e80d754b7a4a0f8826173bb78b80205e60a1d9d6e96061b10461c6", "password_digest"},
		{"scrypt whose N is no power of two", "scrypt_werkzeug", "scrypt:1000:8:1$saltsalt$2448aadf54e80d754b7a4a0f8826173bb78b80205e60a1d9d6e96061b10461c6", "password_digest"},
		{"pbkdf2 where scrypt should be", "scrypt_werkzeug", "pbkdf2:sha256:600000$saltsalt$2448aadf54e80d754b7a4a0f8826173b", "password_digest"},
		{"firebase without its keys", "scrypt_firebase", "lSrfV15cpx95$42xEC+ixf3L2lw==", "password_digest"},
		{"too long", "md5_salted", strings.Repeat("s", 2000) + "$e1bc0bb1dc7906017e25f64330178c2f", "password_digest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := app.backend("POST", "/v1/users", encodeJSON(t, map[string]any{
				"email_address": []string{"ada@example.com"}, "password_digest": tt.digest, "password_hasher": tt.hasher,
			}))
			if a.StatusCode != 422 || a.param(t) != tt.param {
				t.Errorf("answer = %d %s, want 422 about %s", a.StatusCode, a.body, tt.param)
			}
			if strings.Contains(a.body, tt.digest) {
				t.Error("the answer quotes the digest")
			}
		})
	}
	if n := app.backend("GET", "/v1/users/count", ""); !strings.Contains(n.body, `"total_count":0`) {
		t.Errorf("users = %s, want none", n.body)
	}
}

// A digest comes with the name of its hasher, and not together with a password.
func TestPasswordAndDigestExcludeEachOther(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, tt := range []struct{ fields, param string }{
		{`"password_digest":"9cc2ae8a1ba7a93da39b46fc1019c481"`, "password_hasher"},
		{`"password_hasher":"md5","skip_password_requirement":true`, "password_digest"},
		{`"password_hasher":"md5","password_digest":"9cc2ae8a1ba7a93da39b46fc1019c481","password":"` + password + `"`, "password_digest"},
	} {
		a := app.backend("POST", "/v1/users", `{"email_address":["ada@example.com"],`+tt.fields+`}`)
		if a.StatusCode != 422 || a.param(t) != tt.param {
			t.Errorf("%s: answer = %d %s, want 422 about %s", tt.fields, a.StatusCode, a.body, tt.param)
		}
	}
}

// What is quick to verify takes no less time than what is not: a digest of MD5 is verified
// beside a hash of ours.
func TestI02_ImportedHashesCostAsMuchAsOurs(t *testing.T) {
	// The least of many turns, taken alternately, is free of what else the machine does.
	ours, md5 := time.Hour, time.Hour
	argon2id, other := identity.HashPassword(password), "md5:"+digests[5].digest
	for range 60 {
		ours = min(ours, timeOf(func() { identity.VerifyPassword(argon2id, "not the password at all") }))
		md5 = min(md5, timeOf(func() { identity.VerifyPassword(other, "not the password at all") }))
	}
	if float64(md5) < 0.7*float64(ours) {
		t.Errorf("verifying took %v for MD5, %v for argon2id", md5, ours)
	}
}
