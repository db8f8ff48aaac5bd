package memstore

import "github.com/usherauth/usher/identity/store"

func (t *tx) SignIn(id string) (store.SignIn, error) { return get(t.signIns, id, same) }

func (t *tx) PutSignIn(a store.SignIn) error {
	if err := t.write(); err != nil {
		return err
	}
	stamp(&a.ExpireAt, &a.CreatedAt, &a.UpdatedAt)
	set(t, t.signIns, a.ID, a)
	return nil
}

func (t *tx) SignUp(id string) (store.SignUp, error) { return get(t.signUps, id, cloneSignUp) }

func (t *tx) PutSignUp(a store.SignUp) error {
	if err := t.write(); err != nil {
		return err
	}
	a = cloneSignUp(a)
	stamp(&a.VerifiedAt, &a.ExpireAt, &a.CreatedAt, &a.UpdatedAt)
	set(t, t.signUps, a.ID, a)
	return nil
}

func cloneSignUp(a store.SignUp) store.SignUp {
	a.UnsafeMetadata = cloneSlice(a.UnsafeMetadata)
	return a
}
