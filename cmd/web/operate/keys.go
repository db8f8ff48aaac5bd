package operate

import (
	"context"
	"net/http"
	"slices"

	"github.com/usherauth/usher/wire"
)

var keyCommands = []*command{
	{
		group: "keys", verb: "rotate", plain: true, help: "publish a new signing key, which signs as soon as everybody can know it", setup: rotateKeys,
		more: "\nNo request fails meanwhile: tokens of the earlier key stay valid until web keys retire.",
	},
	{group: "keys", verb: "rotate-cookies", plain: true, help: "seal browser cookies with a new key; the last two earlier ones still open", setup: rotateCookies},
	{
		group: "keys", verb: "retire", plain: true, help: "withdraw signing keys that were replaced and that no token depends on any more", setup: retireKeys,
	},
}

func rotateKeys(o *options) action {
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("keys rotate")
		if err != nil {
			return err
		}
		before, err := t.publishedKeys(ctx)
		if err != nil {
			return err
		}
		if err := service.RotateSigningKey(ctx); err != nil {
			return err
		}
		after, err := t.publishedKeys(ctx)
		if err != nil {
			return err
		}
		for _, kid := range after {
			if !slices.Contains(before, kid) {
				err = t.say("%s is published, and signs in 20 seconds", kid)
			}
		}
		t.note("Programs with CLERK_JWT_KEY know one key only: give them the new one then (web keys prints it), or leave it out, so that they fetch the key set.")
		return err
	}
}

func rotateCookies(o *options) action {
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("keys rotate-cookies")
		if err == nil {
			err = service.RotateCookieKeys(ctx)
		}
		if err != nil {
			return err
		}
		return t.say("browser cookies are sealed with a new key")
	}
}

func retireKeys(o *options) action {
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("keys retire")
		if err != nil {
			return err
		}
		before, err := t.publishedKeys(ctx)
		if err != nil {
			return err
		}
		if err := service.RetireSigningKeys(ctx, t.Now()); err != nil {
			return err
		}
		after, err := t.publishedKeys(ctx)
		if err != nil {
			return err
		}
		if len(after) == len(before) {
			return t.say("no key was retired: the newest one stays, and so does one that was replaced less than seven minutes ago")
		}
		for _, kid := range before {
			if !slices.Contains(after, kid) {
				if err := t.say("%s is retired", kid); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// publishedKeys are the ids in the key set, newest first.
func (t *task) publishedKeys(ctx context.Context) (kids []string, err error) {
	var set wire.JWKS
	err = t.api.call(ctx, http.MethodGet, "/jwks", nil, nil, &set)
	for _, k := range set.Keys {
		kids = append(kids, k.Kid)
	}
	return kids, err
}
