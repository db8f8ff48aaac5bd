package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/usherauth/usher/internal/strictjson"
	"github.com/usherauth/usher/wire"
)

const (
	maxJSONBytes  = 256 << 10
	maxBodyDepth  = maxMetadataDepth + 8
	newestVersion = "2026-05-12"
)

// backendRoutes is the table of the Backend API (protocol reference 7), put together from
// its parts.
func backendRoutes() routes {
	return join(
		backendUserRoutes(), backendSessionRoutes(), backendOrganizationRoutes(), backendTokenRoutes(), backendInstanceRoutes(),
		backendAuditRoutes(),
	)
}

// newBackend answers the Backend API within limits.
func (s *Service) newBackend(l backendLimits) http.Handler {
	return s.newAPI((*call).prepareBackend, l.within(backendRoutes()))
}

// prepareBackend lets only the holder of the secret key further.
func (c *call) prepareBackend() error {
	header := c.r.Header.Get("Authorization")
	if header == "" {
		return refuse(http.StatusUnauthorized, wire.CodeAuthenticationInvalid, "The Authorization header is missing.")
	}
	scheme, key, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || key == "" {
		return refuse(http.StatusUnauthorized, wire.CodeAuthHeaderInvalid, "The Authorization header must be of the form Bearer <secret key>.")
	}
	if !c.instance.secret.Equal(key) {
		return refuse(http.StatusUnauthorized, wire.CodeSecretKeyInvalid, "The secret key is not valid for this instance.")
	}
	c.trusted = true
	return c.checkVersion()
}

// checkVersion accepts any dated version: the shapes this service sends have not changed
// between them, only that metadata moved to endpoints of its own. Two versions, or something that is no date, is an error (protocol
// reference 7.1).
func (c *call) checkVersion() error {
	header, query := c.r.Header.Get(wire.HeaderAPIVersion), c.query.Get(wire.ParamAPIVersion)
	version := header + query
	if version == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, version); err != nil || header != "" && query != "" {
		return refuse(http.StatusBadRequest, wire.CodeAPIVersionInvalid, "The API version is not valid.")
	}
	return nil
}

// version is the API version that the caller counts on. Without one it is the newest.
func (c *call) version() string {
	if v := c.r.Header.Get(wire.HeaderAPIVersion) + c.query.Get(wire.ParamAPIVersion); v != "" {
		return v
	}
	return newestVersion
}

// readJSON decodes the request's body into dst, which must name every member it accepts.
// An empty body leaves dst as it is.
func (c *call) readJSON(dst any) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxJSONBytes))
	if err != nil {
		return bodyError(err)
	}
	if len(body) == 0 {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, wire.CodeUnsupportedMediaType, "The body must be application/json.")
	}
	if err := strictjson.CheckNames(body, maxBodyDepth); err != nil {
		return malformed("The body " + err.Error() + ".")
	}
	if err := exactNames(body); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		return jsonError(err)
	}
	return nil
}

// exactNames refuses parameters that the decoder would take for others because it ignores
// case: NAME beside name is a second value of it. A body may be a list of objects.
func exactNames(body []byte) error {
	objects := make([]map[string]json.RawMessage, 1)
	if json.Unmarshal(body, &objects[0]) != nil && json.Unmarshal(body, &objects) != nil {
		return nil // the decoder says what is wrong
	}
	for _, object := range objects {
		for name := range object {
			if strings.ContainsFunc(name, func(r rune) bool { return r != '_' && !('a' <= r && r <= 'z') && !('0' <= r && r <= '9') }) {
				return unknownParam(name)
			}
		}
	}
	return nil
}

func unknownParam(name string) error {
	return invalid(name, wire.CodeParamUnknown, "This parameter is not known.")
}

func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		param := memberName(wrongType.Field)
		return invalid(param, wire.CodeParamFormatInvalid, param+" has the wrong type.")
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, _ := strconv.Unquote(field)
		return unknownParam(name)
	}
	return malformed("The body is not valid JSON.")
}

// memberName is the path of a member as JSON has it. The decoder names embedded structs in
// it too, by their Go names, which members never look like.
func memberName(field string) string {
	parts := slices.DeleteFunc(strings.Split(field, "."), func(part string) bool {
		return strings.ContainsFunc(part, unicode.IsUpper)
	})
	return strings.Join(parts, ".")
}

// page is limit and offset (protocol reference 7.2).
type page struct{ limit, offset int }

func (c *call) page() (page, error) {
	limit, err1 := c.number("limit", 10, 1, 500)
	offset, err2 := c.number("offset", 0, 0, 1<<31-1)
	return page{limit, offset}, errors.Join(err1, err2)
}

// paginated reports whether a list is wanted together with the number of all.
func (c *call) paginated() bool { return c.query.Get("paginated") == "true" }

// listed is the answer of a list that has two forms: bare, and as a page on demand
// (protocol reference 7.2).
func listed[T any](c *call, data []T, total int64) any {
	if c.paginated() {
		return wire.List[T]{Data: data, TotalCount: total}
	}
	return data
}

func (c *call) number(name string, def, least, most int) (int, error) {
	v := c.query.Get(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return 0, invalid(name, wire.CodeParamFormatInvalid, name+" must be a number from "+decimal(least)+" to "+decimal(most)+".")
	}
	return n, nil
}
