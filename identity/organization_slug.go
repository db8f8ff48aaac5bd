package identity

import (
	"errors"
	"regexp"
	"strings"

	"github.com/usherauth/usher/wire"
)

const (
	maxSlug      = 128 // octets
	slugFromName = 64  // octets that a slug takes from a name
	slugTail     = 6   // random characters that tell it from one that is taken
)

// Slugs stand in addresses. They have no underscore, so that none is taken for an id.
var slugFormat = regexp.MustCompile(`^[a-z0-9-]*[a-z0-9][a-z0-9-]*$`)

func checkSlug(slug string) error {
	if len(slug) > maxSlug || !slugFormat.MatchString(slug) {
		return invalid("slug", wire.CodeParamFormatInvalid, "The slug can contain only lower-case letters, digits and dashes, at most "+decimal(maxSlug)+" of them.")
	}
	return nil
}

// slugOf makes a slug of a name's letters and digits; "" when it has none that a slug can
// contain.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if b.Len() >= slugFromName {
			break
		}
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// freeSlug makes a slug of a name. Where that is taken it gets a random tail: a number would
// tell how many there are.
func freeSlug(tx Tx, name string) (string, error) {
	slug := slugOf(name)
	for slug != "" {
		_, err := tx.OrganizationBySlug(slug)
		if errors.Is(err, ErrNotFound) {
			return slug, nil
		}
		if err != nil {
			return "", err
		}
		slug = slugOf(name) + "-" + lowerText(slugTail)
	}
	return "organization-" + lowerText(2*slugTail), nil
}
