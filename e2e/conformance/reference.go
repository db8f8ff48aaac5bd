package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
)

// reference is a running process of the published SDK.
type reference struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startReference(node string) (*reference, error) {
	cmd := exec.Command(node, "reference.mjs") //nolint:gosec,noctx // the program found in the path; stopped by closing its input
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("conformance: start the reference: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("conformance: start the reference: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("conformance: start the reference: %w", err)
	}
	return &reference{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)}, nil
}

// stop ends the process by closing its input.
func (r *reference) stop() error {
	_ = r.in.Close()
	return r.cmd.Wait()
}

// ask answers the questions in order. Writing and reading overlap, so that no pipe fills up.
func (r *reference) ask(questions []*question) ([]*outcome, error) {
	written := make(chan error, 1)
	go func() {
		w := bufio.NewWriterSize(r.in, 1<<16)
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, q := range questions {
			if err := enc.Encode(q.wire()); err != nil {
				written <- err
				return
			}
		}
		written <- w.Flush()
	}()
	answers := make([]*outcome, 0, len(questions))
	for _, q := range questions {
		line, err := r.out.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("conformance: the reference ended: %w", err)
		}
		o, err := readReference(q, line)
		if err != nil {
			return nil, fmt.Errorf("conformance: case %d: %w: %s", q.n, err, line)
		}
		answers = append(answers, o)
	}
	return answers, <-written
}

// stated is an answer as the reference states it.
type stated struct {
	Threw   string
	Status  string
	Reason  string
	Headers [][2]string
	Auth    *statedAuth
	Calls   []any
	Has     []bool
	SignIn  string
	SignUp  string
}

type statedAuth struct {
	IsAuthenticated         bool
	TokenType               string // null where no kind was accepted
	UserID, SessionID       any
	SessionStatus           any
	OrgID, OrgRole, OrgSlug any
	OrgPermissions          any
	Actor                   any
	FactorVerificationAge   any
	SessionClaims           map[string]any
	ID, Subject, Name       any
	MachineID, ClientID     any
	Scopes, Claims          any
}

func readReference(q *question, line []byte) (*outcome, error) {
	var s stated
	if err := json.Unmarshal(line, &s); err != nil {
		return nil, err
	}
	o := &outcome{Threw: s.Threw, Status: s.Status, Reason: s.Reason, Has: s.Has}
	var lines []string
	for _, h := range s.Headers {
		switch strings.ToLower(h[0]) {
		case "x-clerk-auth-status":
			o.HeaderStatus = h[1]
		case "x-clerk-auth-reason":
			o.HeaderReason = h[1]
		case "location":
			o.Location = parseAddress(h[1], q.origin+q.target)
		case "cache-control":
			o.NoStore = strings.Contains(h[1], "no-store")
		case "set-cookie":
			lines = append(lines, h[1])
		}
	}
	o.Cookies = parseCookies(lines)
	o.SignIn, o.SignUp = parseAddress(s.SignIn, q.origin+q.target), parseAddress(s.SignUp, q.origin+q.target)
	for _, c := range s.Calls {
		o.Calls = append(o.Calls, canonical(c))
	}
	if s.Auth != nil {
		o.Auth, o.Machine = s.Auth.identity(), s.Auth.machine()
		if s.Auth.IsAuthenticated {
			o.TokenType = s.Auth.TokenType
		}
	}
	return o, nil
}

func (a *statedAuth) identity() identity {
	return identity{
		UserID: text(a.UserID), SessionID: text(a.SessionID), SessionStatus: text(a.SessionStatus),
		OrgID: text(a.OrgID), OrgRole: text(a.OrgRole), OrgSlug: text(a.OrgSlug), OrgPermissions: texts(a.OrgPermissions),
		Actor: actor(a.Actor), FactorAges: ages(a.FactorVerificationAge), Claims: a.SessionClaims,
	}
}

func (a *statedAuth) machine() machine {
	m := machine{
		ID: text(a.ID), Subject: text(a.Subject), Name: text(a.Name),
		MachineID: text(a.MachineID), ClientID: text(a.ClientID), Scopes: scopes(a.Scopes),
	}
	m.Claims, _ = a.Claims.(map[string]any)
	return m
}

// scopes is a list of strings, or one that stands for itself; anything else gives nothing.
func scopes(v any) []string {
	if one, ok := v.(string); ok {
		return []string{one}
	}
	if !isStrings(v) {
		return nil
	}
	return texts(v)
}

// text is a string, and "" for anything else: what is not a string has no place in our
// auth object.
func text(v any) string {
	s, _ := v.(string)
	return s
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, one := range list {
		out = append(out, text(one))
	}
	return out
}

// actor keeps the members that both sides name.
func actor(v any) map[string]string {
	o, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return map[string]string{"sub": text(o["sub"]), "iss": text(o["iss"]), "sid": text(o["sid"]), "type": text(o["type"])}
}

// ages keeps what the reference's own check of them accepts (protocol reference 5.2); it
// hands out anything, and refuses the rest when asked.
func ages(v any) []float64 {
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		return nil
	}
	var out []float64
	for _, one := range list {
		n, ok := one.(float64)
		if !ok || math.IsInf(n, 0) || n != -1 && n < 0 {
			return nil
		}
		out = append(out, n)
	}
	if out[0] == -1 && out[1] == -1 {
		return nil
	}
	return out
}
