package wire

// Image answers the upload of a picture. Name is always null here: what a file was called
// is not kept.
type Image struct {
	Object    string     `json:"object"` // "image"
	ID        string     `json:"id"`
	Name      NullString `json:"name"`
	PublicURL string     `json:"public_url"`
}
