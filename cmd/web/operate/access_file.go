package operate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/internal/strictjson"
	"github.com/usherauth/usher/wire"
)

// maxAccessFile is some times what the largest set of rules takes.
const maxAccessFile = 4 << 20

const maxAccessDepth = 16

// readAccess reads the file of access import. Lists that it leaves out are those of before;
// so are the roles that cannot be deleted. The error has every mistake of form.
func readAccess(r io.Reader, before identity.Access) (identity.Access, error) {
	doc := before
	raw, err := io.ReadAll(io.LimitReader(r, maxAccessFile+1))
	if err != nil {
		return doc, err
	}
	if len(raw) > maxAccessFile {
		return doc, fmt.Errorf("the file has more than %d MiB: it is none that web access export wrote", maxAccessFile>>20)
	}
	var lists map[string]json.RawMessage
	if err := json.Unmarshal(raw, &lists); err != nil || lists == nil {
		return doc, at(raw, err)
	}
	if err := strictjson.Check(raw, maxAccessDepth); err != nil {
		return doc, fmt.Errorf("the file %w", err)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		list := lists[name]
		switch name {
		case "roles":
			doc.Roles, err = readEntries[identity.AccessRole](name, list)
		case "permissions":
			doc.Permissions, err = readEntries[identity.AccessItem](name, list)
		case "features":
			doc.Features, err = readEntries[identity.AccessItem](name, list)
		case "plans":
			doc.Plans, err = readEntries[identity.AccessPlan](name, list)
		default:
			err = fmt.Errorf("%q means nothing here: there are roles, permissions, features and plans", name)
		}
		errs = append(errs, err)
	}
	for _, role := range before.Roles {
		builtin := role.Key == wire.RoleAdmin || role.Key == wire.RoleMember
		if builtin && !slices.ContainsFunc(doc.Roles, func(r identity.AccessRole) bool { return r.Key == role.Key }) {
			doc.Roles = append(doc.Roles, role)
		}
	}
	return doc, errors.Join(errs...)
}

// at adds the line to an error of JSON's syntax.
func at(raw []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		read := raw[:min(int(syntax.Offset), len(raw))]
		return fmt.Errorf("line %d: this is no JSON: %w", 1+bytes.Count(read, []byte("\n")), err)
	}
	return errors.New("the file has no JSON object with roles, permissions, features and plans")
}

// readEntries reads one list, every entry for itself, so that each can say what is wrong.
func readEntries[T any](name string, list json.RawMessage) ([]T, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(list, &entries); err != nil || entries == nil {
		return nil, fmt.Errorf("%s is no list; [] is an empty one", name)
	}
	all, errs := []T{}, []error(nil)
	for i, entry := range entries {
		var v T
		d := json.NewDecoder(bytes.NewReader(entry))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			errs = append(errs, fmt.Errorf("%s, entry %d: %s", name, i+1, explainEntry(err)))
		}
		all = append(all, v)
	}
	return all, errors.Join(errs...)
}

func explainEntry(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		if wrong.Field == "" {
			return "is no object"
		}
		return fmt.Sprintf("%s cannot be a %s", wrong.Field, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
