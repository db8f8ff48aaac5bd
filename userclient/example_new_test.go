package userclient_test

import (
	"fmt"

	"github.com/usherauth/usher/userclient"
)

func ExampleNew() {
	_, err := userclient.New(userclient.Config{
		SecretKey: "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
		APIURL:    "http://api.example.com",
	})
	fmt.Println(err)
	// Output:
	// userclient: SecretKey is a publishable key: it begins with pk_, a secret key begins with sk_live_ or sk_test_
	// userclient: APIURL must be https: the secret key travels with every call; http is for loopback addresses
}
