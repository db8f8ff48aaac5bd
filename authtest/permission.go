package authtest

import (
	"math/big"
	"slices"
	"strings"
)

// encodePermissions writes permissions as version 2 claims do: the features, a bit mask
// over the action names for each, and the names (protocol reference 3.3).
func encodePermissions(permissions []string) (features, masks, names string) {
	var feature, action []string
	bits := map[string]*big.Int{}
	for _, p := range permissions {
		f, a, _ := strings.Cut(strings.TrimPrefix(p, "org:"), ":")
		if !slices.Contains(action, a) {
			action = append(action, a)
		}
		if bits[f] == nil {
			feature, bits[f] = append(feature, f), new(big.Int)
		}
		bits[f].SetBit(bits[f], slices.Index(action, a), 1)
	}
	var fea, fpm []string
	for _, f := range feature {
		fea, fpm = append(fea, "o:"+f), append(fpm, bits[f].String())
	}
	return strings.Join(fea, ","), strings.Join(fpm, ","), strings.Join(action, ",")
}
