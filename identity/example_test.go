package identity_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
)

// An instance in one process, reached through HTTP messages that never leave it.
func Example() {
	ctx := context.Background()
	svc, err := identity.New(ctx, identity.Config{
		Store:        memstore.New(), // package sqlitestore keeps it in a file
		PublicOrigin: "https://app.example.com",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = svc.Close() }()

	client := &http.Client{Transport: svc.Transport()}
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, identity.BackendURL+"/v1/users/count", nil)
	req.Header.Set("Authorization", "Bearer "+svc.SecretKey().Reveal())
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))
	// Output: 200 OK application/json
}

// A secret key does not print; only Reveal shows it.
func ExampleSecret() {
	svc, err := identity.New(context.Background(), identity.Config{Store: memstore.New(), PublicOrigin: "https://app.example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = svc.Close() }()
	fmt.Println(svc.SecretKey(), len(svc.SecretKey().Reveal()))
	// Output: [redacted] 48
}

// The transport reaches the service's two APIs and nothing else. A client that is given
// the transport but not BackendURL asks somewhere else, and is told so.
func ExampleService_Transport_incorrect() {
	svc, err := identity.New(context.Background(), identity.Config{Store: memstore.New(), PublicOrigin: "https://app.example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = svc.Close() }()
	client := &http.Client{Transport: svc.Transport()}
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.clerk.com/v1/users/count", http.NoBody)
	res, err := client.Do(req)
	if err == nil {
		_ = res.Body.Close()
	}
	fmt.Println(err)
	// Output: Get "https://api.clerk.com/v1/users/count": identity: the in-memory transport has no host "api.clerk.com": the Backend API is at BackendURL, the Frontend API on the host of the publishable key
}
