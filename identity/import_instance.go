package identity

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// instanceItem makes this instance the exported one: its id and secret key, and its
// signing keys in the place of those that are here.
func (im *importer) instanceItem(line *instanceLine) (importItem, error) {
	item := importItem{kind: "instance", id: line.ID}
	if !im.options.Keys {
		return item, refusef("keys are taken only when that is asked for (-keys)")
	}
	rec := line.storedInstance
	if rec.ID == "" || rec.Host == "" || !strings.HasPrefix(rec.SecretKey, "sk_") || len(line.SigningKeys) == 0 {
		return item, refusef("it is not complete")
	}
	for _, k := range line.SigningKeys {
		if _, err := parseSigningKey(SigningKey(k)); err != nil {
			return item, refusef("a signing key cannot be read")
		}
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		return item, err
	}
	item.put = func(tx Tx) (importOutcome, error) {
		if rec.ID == im.service.instance.id && !im.options.Replace {
			return recordKept, nil
		}
		return recordReplaced, errors.Join(tx.PutSetting(settingInstance, raw), replaceKeys(tx, line.SigningKeys))
	}
	return item, nil
}

// replaceKeys leaves the given signing keys and no others.
func replaceKeys(tx Tx, keys []keyLine) error {
	old, err := tx.SigningKeys()
	if err != nil {
		return err
	}
	for _, k := range old {
		if !slices.ContainsFunc(keys, func(l keyLine) bool { return l.Kid == k.Kid }) {
			err = errors.Join(err, tx.DeleteSigningKey(k.Kid))
		}
	}
	for _, k := range keys {
		err = errors.Join(err, tx.PutSigningKey(SigningKey(k)))
	}
	return err
}
