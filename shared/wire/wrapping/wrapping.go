// Package wrapping opens what makes new master keys. It is apart from what unwraps them: who makes a key must not be able
// to see one.
package wrapping

import (
	"context"
	"errors"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/zenvault/zenvault/shared/aws/kms"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/wire"
)

// Wrapper makes master keys of this stack, wrapped by its wrapping key.
type Wrapper struct {
	keys   kms.Keys
	handle string
	stack  string
}

// Open opens it. It ends the process if the setting is missing.
func Open(w *wire.World) Wrapper {
	wrapper, err := OpenWrapper(w)
	if err != nil {
		wire.Fatal(err)
	}
	return wrapper
}

// OpenWrapper is Open for a process that serves more than one function.
func OpenWrapper(w *wire.World) (Wrapper, error) {
	if w.Env.MasterWrapKey == "" {
		return Wrapper{}, errors.New("the environment variable ZENVAULT_MASTER_WRAP_KEY is not set")
	}
	return Wrapper{kms.Keys{Client: sdk.NewFromConfig(w.Config)}, w.Env.MasterWrapKey, w.Env.Stack}, nil
}

// New has KMS make a key that leaves it in wrapped form alone.
func (w Wrapper) New(ctx context.Context) (id string, wrapped []byte, err error) {
	wrapped, err = w.keys.NewWrappedKey(ctx, w.handle, keyset.Context(w.stack))
	if err != nil {
		return "", nil, err
	}
	return keyset.WrappedID(wrapped), wrapped, nil
}
