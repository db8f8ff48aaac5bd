package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// epoch is the time from which records of the suite take their times.
var epoch = time.Date(2026, 11, 23, 12, 30, 15, 250e6, time.UTC)

// filled returns a record in which no field is zero and no two fields, nor those of
// another seed, hold the same value, nor its strings those of another type's, so that a
// store that drops or swaps one is found out, also when the record gains a field. Text
// is put around each string.
func filled[T any](seed int, text string) T {
	var record T
	v := reflect.ValueOf(&record).Elem()
	f := filler{n: seed * 1000, kind: v.Type().Name(), text: text}
	f.fill(v)
	return record
}

type filler struct {
	n    int
	kind string
	text string
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(epoch.Add(time.Duration(f.n) * time.Millisecond)))
		return
	case json.RawMessage:
		v.SetBytes(f.metadata())
		return
	case []byte:
		v.SetBytes(fmt.Appendf([]byte{0, 0xff, 0x80, '\''}, "%d", f.n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s%s%d%s", f.text, f.kind, f.n, f.text))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	default:
		panic("storetest: no filling for a field of type " + v.Type().String())
	}
}

// metadata is nested, spaced oddly and holds a number that a float would round:
// stores keep the bytes as they are.
func (f *filler) metadata() []byte {
	text, _ := json.Marshal(f.text)
	return fmt.Appendf(nil, `{ "b":{"list":[1,null,true,{"x":%s}], "n":9007199254740993},"a" : %d}`, text, f.n)
}

func aUser(seed int) store.User { return filled[store.User](seed, "") }

func aClient(seed int) store.Client { return filled[store.Client](seed, "") }

func aSession(seed int, u store.User, c store.Client) store.Session {
	s := filled[store.Session](seed, "")
	s.UserID, s.ClientID = u.ID, c.ID
	return s
}

func anOrganization(seed int) store.Organization { return filled[store.Organization](seed, "") }

func aMembership(seed int, o store.Organization, u store.User) store.Membership {
	m := filled[store.Membership](seed, "")
	m.OrgID, m.UserID = o.ID, u.ID
	return m
}

func anInvitation(seed int, o store.Organization) store.Invitation {
	i := filled[store.Invitation](seed, "")
	i.OrgID = o.ID
	return i
}

func aGrant(seed int, u store.User) store.Grant {
	g := filled[store.Grant](seed, "")
	g.UserID = u.ID
	return g
}

// idsOf names the records of a list, in order.
func idsOf[R any](records []R, id func(R) string) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = id(r)
	}
	return ids
}

func userID(u store.User) string { return u.ID }
