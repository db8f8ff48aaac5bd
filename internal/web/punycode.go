package web

import (
	"strings"
)

// asciiHost spells a host as browsers send it: labels in other scripts as "xn--" and
// Punycode (RFC 3492). It lower-cases and maps nothing else, so it is good for a hint
// and for telling whether a host is spelled that way already.
func asciiHost(host string) string {
	labels := strings.Split(strings.ToLower(host), ".")
	for i, label := range labels {
		if strings.ContainsFunc(label, func(r rune) bool { return r >= 0x80 }) {
			labels[i] = "xn--" + punycode(label)
		}
	}
	return strings.Join(labels, ".")
}

// punycode encodes a label (RFC 3492 §6.3).
func punycode(label string) string {
	const base, tmin, tmax, skew, damp = 36, 1, 26, 38, 700
	digit := func(d int) byte { return "abcdefghijklmnopqrstuvwxyz0123456789"[d] }
	input := []rune(label)
	var out []byte
	for _, r := range input {
		if r < 0x80 {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias, first := rune(0x80), 0, 72, true
	for done := basic; done < len(input); n++ {
		next := rune(0x7fffffff)
		for _, r := range input {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range input {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tmin), tmax)
				if q < t {
					break
				}
				out = append(out, digit(t+(q-t)%(base-t)))
				q = (q - t) / (base - t)
			}
			out = append(out, digit(q))
			scale := 2
			if first {
				scale, first = damp, false
			}
			delta /= scale
			delta += delta / (done + 1)
			k := 0
			for ; delta > (base-tmin)*tmax/2; k += base {
				delta /= base - tmin
			}
			bias = k + (base-tmin+1)*delta/(delta+skew)
			delta, done = 0, done+1
		}
		delta++
	}
	return string(out)
}
