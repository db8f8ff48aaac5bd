package token

import "strconv"

// maxDate is the last second of the year 9999. A later NumericDate is a mistake, such
// as milliseconds, or an attempt to overflow; it is refused.
const maxDate = 253402300799

// Date reads a number in the range of a NumericDate (RFC 7519 §2), which may have a fraction or an exponent.
// present is false when there is no such member; ok is false when there is one that is
// not a number in range. Numeric strings, null and booleans are not numbers.
func (o Object) Date(name string) (seconds float64, present, ok bool) {
	raw := o.Raw(name)
	if raw == "" {
		return 0, false, true
	}
	if raw[0] != '-' && !isDigit(raw[0]) {
		return 0, true, false
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || f > maxDate || f < -maxDate {
		return 0, true, false
	}
	return f, true, true
}
