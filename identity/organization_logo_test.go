package identity_test

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// backendUpload sends a file to the Backend API.
func (a *app) backendUpload(method, target string, data []byte) answer {
	a.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "logo.png")
	if err == nil {
		_, err = part.Write(data)
	}
	if err != nil || form.Close() != nil {
		a.t.Fatal(err)
	}
	r := httptest.NewRequest(method, identity.BackendURL+target, &body)
	r.Header.Set("Authorization", "Bearer "+a.SecretKey().Reveal())
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	a.Backend().ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String()}
}

func TestOrganizationLogo(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob, eve := app.member("ada"), app.member("bob"), app.member("eve")
	org := ada.found("Acme")
	app.join(org.ID, bob.userID(), "org:member")
	path, data := "/v1/organizations/"+org.ID+"/logo", encodePNG(t, sample(600, 300))
	if org.HasImage || org.ImageURL == "" {
		t.Errorf("without a logo: %v %q", org.HasImage, org.ImageURL)
	}
	app.visitor().upload(path+"?_method=PUT", "file", data).want(t, 401, wire.CodeSignedOut)
	eve.upload(path+"?_method=PUT", "file", data).want(t, 404, wire.CodeOrganizationNotFound)
	bob.upload(path+"?_method=PUT", "file", data).want(t, 403, wire.CodeMissingPermission)
	ada.upload(path, "file", data).want(t, 405, wire.CodeMethodNotAllowed)
	ada.upload(path+"?_method=PUT", "file", []byte("<svg/>")).want(t, 400, wire.CodeRequestBodyInvalid)
	a := ada.upload(path+"?_method=PUT", "file", data)
	a.want(t, 200, "")
	got := decode[wire.Response[wire.Organization]](t, a.body)
	if o := got.Client.Sessions[0].User.OrganizationMemberships[0].Organization; !got.Response.HasImage || o.ImageURL != got.Response.ImageURL {
		t.Errorf("organization = %+v, in the membership %q", got.Response, o.ImageURL)
	}
	checkServed(t, app.visitor().get(apiPath(t, got.Response.ImageURL)), "image/png")

	app.backendUpload("PUT", "/v1/organizations/org_none/logo", data).want(t, 404, wire.CodeResourceNotFound)
	second := app.backendUpload("PUT", path, encodeJPEG(t, sample(9, 9)))
	second.want(t, 200, "")
	ada.get(apiPath(t, got.Response.ImageURL)).want(t, 404, wire.CodeResourceNotFound)
	logo := decode[wire.Organization](t, second.body).ImageURL
	checkServed(t, app.visitor().get(apiPath(t, logo)), "image/jpeg")
	bob.post(path+"?_method=DELETE").want(t, 403, wire.CodeMissingPermission)
	ada.post(path+"?_method=DELETE").want(t, 200, "")
	ada.post(path+"?_method=DELETE").want(t, 404, wire.CodeImageNotFound)
	app.backend("DELETE", path, "").want(t, 404, wire.CodeImageNotFound)

	// With the organization its logo goes.
	last := decode[wire.Organization](t, app.backendUpload("PUT", path, data).body).ImageURL
	app.backend("DELETE", "/v1/organizations/"+org.ID, "").want(t, 200, "")
	ada.get(apiPath(t, last)).want(t, 404, wire.CodeResourceNotFound)
}
