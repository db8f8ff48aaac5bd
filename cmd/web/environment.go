package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSettingFile is far above any setting.
const maxSettingFile = 64 << 10

// environment reads settings. For each variable NAME there is NAME_FILE, which names a
// file that holds the value, as secrets of container platforms are files.
type environment struct {
	get  func(string) string
	errs []error // every mistake so far
}

// value is the setting name, from the variable or its file; "" when neither is set. A
// value with characters that nobody sees, such as the line end that a file of the wrong
// kind added, is a mistake: it would name another folder, host or key.
func (e *environment) value(name string) string { return e.read(name, visible) }

func (e *environment) read(name string, check func(string) error) string {
	v, path := e.get(name), e.get(name+"_FILE")
	if path != "" {
		name += "_FILE"
		if v != "" {
			e.errs = append(e.errs, fmt.Errorf("%s and %s are both set: unset one of them", strings.TrimSuffix(name, "_FILE"), name))
			return ""
		}
		var err error
		if v, err = readSetting(path); err != nil {
			e.errs = append(e.errs, fmt.Errorf("%s: %w", name, err))
			return ""
		}
	}
	if err := check(v); err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s %w", name, err))
		return ""
	}
	return v
}

// pem is the setting name, which may have several lines.
func (e *environment) pem(name string) string { return e.read(name, printable) }

// readSetting is a file without the one line end that editors and echo add.
func readSetting(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxSettingFile+1))
	switch {
	case err != nil:
		return "", err
	case len(raw) > maxSettingFile:
		return "", fmt.Errorf("%s is too large for a setting", path)
	}
	v := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if v == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return v, nil
}

// visible refuses control characters anywhere, and blanks and invisible characters at
// both ends. The value may be secret, so the error does not repeat it.
func visible(v string) error {
	for i, r := range v {
		if unicode.IsControl(r) {
			return fmt.Errorf("has the control character %q at position %d: remove it; files with Windows line ends and quoted line breaks are where such characters come from", r, i+1)
		}
	}
	first, _ := utf8.DecodeRuneInString(v)
	last, _ := utf8.DecodeLastRuneInString(v)
	for where, r := range map[string]rune{"begins": first, "ends": last} {
		if v != "" && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)) {
			return fmt.Errorf("%s with the invisible character %q: remove it", where, r)
		}
	}
	return nil
}

// printable refuses control characters other than those between lines.
func printable(v string) error {
	return visible(strings.Trim(strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(v), " "))
}
