package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// everySetting is the environment variables that the program reads.
func everySetting() []string {
	names := []string{
		"CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWT_KEY", "CLERK_API_URL", "CLERK_PROXY_URL",
		"CLERK_SIGN_IN_URL", "CLERK_SIGN_UP_URL", "USHER_DEV",
	}
	for _, s := range settings {
		names = append(names, s.env)
	}
	for _, t := range toggles {
		names = append(names, t.env)
	}
	return names
}

func TestD6_InvisibleCharactersInSettingsAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range everySetting() {
		for where, value := range map[string]string{
			"a carriage return at the end": "x\r", "a newline at the end": "x\n", "both": "x\r\n", "a blank at the end": "x ", "a blank in front": " x",
			"a NUL": "x\x00", "a tab": "x\t", "an escape": "\x1b[31mx", "a newline inside": "x\ny", "DEL": "x\x7f", "NEL": "x\u0085",
			"no-break space": "x\u00a0", "zero width space": "x\u200b", "a byte order mark": "\ufeffx", "only a blank": " ", "only a newline": "\n",
			"a line separator": "x\u2028",
		} {
			if name == "CLERK_JWT_KEY" && strings.ContainsAny(value, "\r\n\t ") {
				continue // has lines
			}
			_, err := parse(nil, map[string]string{name: value})
			if err == nil || !strings.Contains(err.Error(), name+" ") {
				t.Errorf("%s with %s: %v", name, where, err)
			}
			file := filepath.Join(dir, "setting")
			if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if where == "a carriage return at the end" || where == "only a newline" {
				continue // the line end of a file
			}
			if _, err = parse(nil, map[string]string{name + "_FILE": file}); err == nil || !strings.Contains(err.Error(), name+"_FILE") {
				t.Errorf("%s_FILE with %s: %v", name, where, err)
			}
		}
	}
	for _, s := range settings {
		if _, err := parse([]string{"-" + s.flag, "x\r"}, nil); err == nil || !strings.Contains(err.Error(), "-"+s.flag+" has the control character") {
			t.Errorf("-%s: %v", s.flag, err)
		}
	}
	if _, err := parse(nil, map[string]string{"CLERK_SECRET_KEY": liveSecret + "\n", "CLERK_PUBLISHABLE_KEY": livePublishable}); err == nil || strings.Contains(err.Error(), liveSecret) {
		t.Errorf("V02: the error repeats the secret: %v", err)
	}
}

func TestD6_SettingsFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, value string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, end := range []string{"", "\n", "\r\n"} {
		c, err := parse(nil, map[string]string{
			"CLERK_SECRET_KEY_FILE": write("secret", liveSecret+end), "CLERK_PUBLISHABLE_KEY_FILE": write("publishable", livePublishable+end),
			"CLERK_JWT_KEY_FILE": write("pem", pemOf(t, rsaKeys()[0])+end), "DATA_DIR_FILE": write("data", "/var/lib/app"+end),
			"PUBLIC_ORIGIN_FILE": write("origin", "https://app.example.com"+end), "TRUSTED_PROXIES_FILE": write("proxies", "10.0.0.0/8, fd00::1"+end),
			"MULTI_SESSION_FILE": write("multi", "1"+end),
		})
		if err != nil {
			t.Fatalf("%q: %v", end, err)
		}
		if c.secretKey != liveSecret || c.dataDir != "/var/lib/app" || c.origin != "https://app.example.com" || len(c.proxies) != 2 || !c.multiSession {
			t.Errorf("%q: %+v", end, *c)
		}
	}
	for want, env := range map[string]map[string]string{
		"DATA_DIR and DATA_DIR_FILE are both set": {"DATA_DIR": "x", "DATA_DIR_FILE": write("d", "x")},
		"no such file":                  {"CLERK_SECRET_KEY_FILE": filepath.Join(dir, "missing")},
		"is empty":                      {"CLERK_SECRET_KEY_FILE": write("empty", "\n")},
		"too large":                     {"CLERK_SECRET_KEY_FILE": write("large", strings.Repeat("x", maxSettingFile+1))},
		"DATA_DIR_FILE has the control": {"DATA_DIR_FILE": write("two", "x\n\n")},
		"is a directory":                {"DATA_DIR_FILE": dir},
	} {
		if _, err := parse(nil, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestD6_ANewInstanceIsLogged(t *testing.T) {
	t.Parallel()
	const line = `level=INFO msg="made a new instance: the data folder had none" folder=`
	s := startIn(t, filepath.Join(t.TempDir(), "data"))
	if got := s.log.String(); strings.Count(got, line+s.dir) != 1 {
		t.Errorf("log:\n%s", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if got := startIn(t, s.dir).log.String(); strings.Contains(got, line) {
		t.Errorf("the second start says so, too:\n%s", got)
	}
	var log, out bytes.Buffer
	m := NewMain(&out, &log)
	if err := m.Keys(t.Context(), []string{"-data", filepath.Join(t.TempDir(), "other")}, noEnv); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), line) || strings.Contains(out.String(), "made a new") {
		t.Errorf("keys: stderr %s, stdout %s", log.String(), out.String())
	}
	// The commands of operators make none, whatever a variable has at its end.
	m = NewMain(io.Discard, io.Discard)
	env := func(name string) string { return map[string]string{"DATA_DIR": s.dir + "\r"}[name] }
	if err := m.Operate(t.Context(), []string{"users", "list"}, env); err == nil || !strings.Contains(err.Error(), "DATA_DIR has the control character") {
		t.Errorf("users list: %v", err)
	}
	if _, err := os.Stat(s.dir + "\r"); err == nil {
		t.Error("a second instance was made")
	}
}
