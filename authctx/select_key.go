package authctx

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"log/slog"
	"net/http"
	"reflect"
)

// configKey tells configurations apart: two are the same when every field is. Values are
// hashed, so that the key holds no secret; what has an identity is compared by it.
type configKey struct {
	values    [sha256.Size]byte
	transport http.RoundTripper
	logger    *slog.Logger
}

// key puts the functions of base into cfg, since functions cannot be told apart, and
// returns the key of what comes out.
func (s *Selector) key(cfg *Config) (configKey, error) {
	if t := reflect.ValueOf(cfg.Transport); t.IsValid() && !t.Comparable() {
		return configKey{}, errors.New("authctx: choose configuration: Transport is not comparable: set a pointer")
	}
	h := sha256.New()
	fields, base := reflect.ValueOf(cfg).Elem(), reflect.ValueOf(&s.base).Elem()
	for i := range fields.NumField() {
		if field := fields.Field(i); field.Kind() == reflect.Func {
			field.Set(base.Field(i))
		} else {
			hashField(h, field)
		}
	}
	key := configKey{transport: cfg.Transport, logger: cfg.Logger}
	h.Sum(key.values[:0])
	return key, nil
}

// hashField writes values with their lengths, so that no two lists of fields look alike.
func hashField(h hash.Hash, v reflect.Value) {
	number := func(n int64) { _ = binary.Write(h, binary.LittleEndian, n) } // a hash takes everything
	switch v.Kind() {                                                       //nolint:exhaustive // the kinds of Config's fields, which a test goes through
	case reflect.String:
		number(int64(v.Len()))
		_, _ = h.Write([]byte(v.String()))
	case reflect.Slice:
		number(int64(v.Len()))
		for i := range v.Len() {
			hashField(h, v.Index(i))
		}
	case reflect.Bool:
		if v.Bool() {
			number(1)
		} else {
			number(0)
		}
	case reflect.Int, reflect.Int64:
		number(v.Int())
	}
}

// clipLists lets whoever gets a copy of cfg append to its lists.
func clipLists(cfg *Config) {
	fields := reflect.ValueOf(cfg).Elem()
	for i := range fields.NumField() {
		if list := fields.Field(i); list.Kind() == reflect.Slice {
			list.Set(list.Slice3(0, list.Len(), list.Len()))
		}
	}
}
