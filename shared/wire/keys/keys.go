// Package keys opens the master keyring through AWS KMS, for functions that seal, open or authenticate with it.
package keys

import (
	"context"
	"errors"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"

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
	ring, err := keyset.Open(ctx, Service(w), strings.Split(w.Env.MasterKey, ","), w.Env.Stack)
	if err != nil {
		return nil, err
	}
	w.Log.Info("master keys", "ids", ring.IDs())
	return ring, nil
}

// Service is AWS KMS.
func Service(w *wire.World) kms.Keys { return kms.Keys{Client: sdk.NewFromConfig(w.Config)} }
