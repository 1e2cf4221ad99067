// Package keys opens the master keyring through AWS KMS, for functions that seal, open or authenticate with it.
package keys

import (
	"context"
	"errors"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/shared/aws/kms"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/wire"
)

// patience is how long a start waits for KMS: Lambda ends an initialisation after ten seconds.
const patience = 8 * time.Second

// Ring unwraps and checks the master keys. It ends the process, before it has served anything, if one is missing or not
// what it must be.
func Ring(w *wire.World) *keyset.Ring {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ring, err := OpenRing(ctx, w)
	if err != nil {
		wire.Fatal(err)
	}
	return ring
}

// OpenRing is Ring for a process that serves more than one function.
func OpenRing(ctx context.Context, w *wire.World) (*keyset.Ring, error) {
	if w.Env.MasterKey == "" {
		return nil, errors.New("the environment variable ZENVAULT_MASTER_KEY is not set")
	}
	ring, err := keyset.Open(ctx, unwrapper{Service(w)}, strings.Split(w.Env.MasterKey, ","), w.Env.Stack)
	if err != nil {
		return nil, err
	}
	w.Log.Info("master keys", "ids", ring.IDs())
	return ring, nil
}

// Service is AWS KMS.
func Service(w *wire.World) kms.Keys { return kms.Keys{Client: sdk.NewFromConfig(w.Config)} }

// errForeign is told instead of KMS's own words, which are no help and are a line of request ids.
var errForeign = errors.New("the ciphertext does not open: it is damaged, or was wrapped for another stack or purpose, or by another key")

// unwrapper tells a ciphertext that KMS refuses from a KMS that does not answer.
type unwrapper struct{ kms.Keys }

// Unwrap decrypts a wrapped key.
func (u unwrapper) Unwrap(ctx context.Context, ciphertext []byte, context map[string]string) ([]byte, error) {
	plain, err := u.Keys.Unwrap(ctx, ciphertext, context)
	var invalid *types.InvalidCiphertextException
	var incorrect *types.IncorrectKeyException
	if errors.As(err, &invalid) || errors.As(err, &incorrect) {
		return nil, errForeign
	}
	return plain, err
}
