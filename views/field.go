package views

import (
	"maps"
	"slices"
)

// field is one labelled input of a form.
type field struct {
	form, name, label, kind string // form and name make the id
	autocomplete, inputMode string
	value, hint, err        string
	required                bool
	readOnly                bool // shown, for people and password managers, and not sent
	minLength               int
}

func (f field) id() string      { return f.form + "-" + f.name }
func (f field) hintID() string  { return f.id() + "-hint" }
func (f field) errorID() string { return f.id() + "-error" }
func (f field) secret() bool    { return f.kind == "password" }

// describedBy names the elements that explain the input: what is wrong comes first.
func (f field) describedBy() string {
	switch {
	case f.err != "" && f.hint != "":
		return f.errorID() + " " + f.hintID()
	case f.err != "":
		return f.errorID()
	case f.hint != "":
		return f.hintID()
	}
	return ""
}

// mistake is one entry of the summary above a form.
type mistake struct{ text, target string }

// mistakes lists what is wrong in the order of fields, each with its input to go to.
func mistakes(fields []field) []mistake {
	var list []mistake
	for _, f := range fields {
		if f.err != "" {
			list = append(list, mistake{f.label + ": " + f.err, f.id()})
		}
	}
	return list
}

// strays are the errors that belong to none of fields, in a stable order.
func strays(fields []field, errs map[string]string) []mistake {
	var list []mistake
	for _, name := range slices.Sorted(maps.Keys(errs)) {
		known := slices.ContainsFunc(fields, func(f field) bool { return f.name == name })
		if errs[name] != "" && !known {
			list = append(list, mistake{text: errs[name]})
		}
	}
	return list
}
