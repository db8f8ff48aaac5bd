package identity

// touchClient gives the browser its cookies again by a navigation, in which they live as
// long as they say: GET /client/touch (protocol reference 8.7). Some browsers cut those
// that scripts asked for to a week. It changes nothing in the store.
func touchClient(c *call) (any, error) {
	target, err := c.handshakeTarget()
	if err != nil {
		return nil, err
	}
	var b *browser
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		b, err = c.browser(tx)
		return err
	})
	if err != nil || b == nil {
		return redirect{target.String()}, err
	}
	return redirect{target.String()}, c.setCookies(b, c.ref.secret)
}
