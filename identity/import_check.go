package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// importIDs are what ids are made of: they stand in addresses, and in cookies and logs.
var importIDs = regexp.MustCompile(`^[a-z]+_[A-Za-z0-9_]{1,64}$`)

func checkImportID(what, id, prefix string) error {
	if !strings.HasPrefix(id, prefix) || !importIDs.MatchString(id) {
		return refusef("the id of its %s does not begin with %s, or has characters that ids do not have", what, prefix)
	}
	return nil
}

// checkBag checks metadata where it is.
func checkBag(name string, bag *json.RawMessage) error {
	if len(*bag) == 0 || string(*bag) == "null" {
		*bag = nil
		return nil
	}
	checked, err := checkMetadata(name, string(*bag))
	*bag = checked
	return err
}

func checkUsername(name string) error {
	if name != "" && !usernames.MatchString(name) {
		return refusef("username has more than the letters a to z, digits, and . _ -")
	}
	return nil
}

func checkLocale(tag string) error {
	if tag != "" && !locales.MatchString(tag) {
		return refusef("locale is no language tag")
	}
	return nil
}

func checkTimezone(name string) error {
	if name != "" && !isTimezone(name) {
		return refusef("timezone is no name of a time zone")
	}
	return nil
}

// refusal turns what a request would be answered into the refusal of a record.
func refusal(err error) error {
	var api *apiError
	if !errors.As(err, &api) {
		return err
	}
	e := api.errs[0]
	if e.Meta != nil && e.Meta.ParamName != "" && !strings.Contains(e.Message, e.Meta.ParamName) {
		return refusef("%s: %s", e.Meta.ParamName, e.Message)
	}
	return refusef("%s", e.Message)
}

// clip shortens what a notice repeats of the input.
func clip(s string) string {
	if len(s) <= 64 {
		return s
	}
	return s[:64] + "..."
}

const maxImportedImage = 4 << 20

// checkImage accepts a picture as this service stores them. What it says to be and what it
// is have to agree, as browsers show it on the app's own origin.
func checkImage(line *imageLine) (*Image, error) {
	if line == nil {
		return nil, nil
	}
	if err := checkImportID("image", line.ID, prefixImage); err != nil {
		return nil, err
	}
	magic := map[string]string{"image/png": "\x89PNG\r\n\x1a\n", "image/jpeg": "\xff\xd8\xff"}[line.ContentType]
	if magic == "" || !bytes.HasPrefix(line.Data, []byte(magic)) || len(line.Data) > maxImportedImage {
		return nil, refusef("its image is not a PNG or JPEG of at most %d MiB", maxImportedImage>>20)
	}
	img := Image(*line)
	return &img, nil
}

// placeImage stores an owner's picture in the place of the old one and writes its id to
// dst. It never takes the place of somebody else's.
func placeImage(tx Tx, img *Image, old string, dst *string) error {
	*dst = ""
	if img != nil {
		*dst = img.ID
		if _, err := tx.Image(img.ID); err == nil && img.ID != old {
			return refusef("its image %s belongs to another record", img.ID)
		} else if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := tx.PutImage(*img); err != nil {
			return err
		}
	}
	if old == "" || old == *dst {
		return nil
	}
	if err := tx.DeleteImage(old); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}
