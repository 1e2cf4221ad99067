package secrets

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/aws/kms/providerkey"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/wire"
)

// aliasEvery is how often it is looked at which key an alias stands for.
const aliasEvery = time.Minute

var errTokenKey = errors.New("the key that signs access tokens answers no provider")

// service is the keys in KMS. It calls nothing before it is asked for one.
type service struct {
	world *wire.World
	kind  keyref.Kind

	mu   sync.Mutex
	held map[string]heldKey // by handle
}

type heldKey struct {
	providerkey.Key
	looked time.Time
}

func newService(w *wire.World, kind keyref.Kind) *service {
	return &service{world: w, kind: kind, held: map[string]heldKey{}}
}

// key finds a key. While KMS can't be asked where an alias leads, it leads where it did.
func (s *service) key(ctx context.Context, ref keyref.Ref) (signing.Key, error) {
	held, known := s.recall(ref.Name)
	if known && (keyref.IsKeyARN(ref.Name) || s.world.Now().Sub(held.looked) < aliasEvery) {
		return serviceKey{held.Key, s}, nil
	}
	found, err := providerkey.Service{Config: s.world.Config}.Find(ctx, ref.Name, s.kind)
	switch {
	case errors.Is(err, providerkey.ErrUnavailable) && known:
		return serviceKey{held.Key, s}, nil
	case errors.Is(err, providerkey.ErrGone):
		s.forget(held.ARN())
		return nil, errors.Join(signing.ErrRetired, err)
	case err != nil:
		return nil, err
	case slices.Contains(strings.Split(s.world.Env.TokenKey, ","), found.ARN()):
		return nil, errTokenKey
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[ref.Name] = heldKey{found, s.world.Now()}
	return serviceKey{found, s}, nil
}

func (s *service) recall(handle string) (heldKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, known := s.held[handle]
	return held, known
}

// forget lets every handle of a key be looked at again.
func (s *service) forget(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for handle, held := range s.held {
		if held.ARN() == arn {
			delete(s.held, handle)
		}
	}
}

// serviceKey is a key in KMS. If it fails for good, its handles are looked at again.
type serviceKey struct {
	providerkey.Key
	from *service
}

func (k serviceKey) Reference() string {
	return keyref.Ref{Home: keyref.KMS, Name: k.ARN()}.String()
}

func (k serviceKey) Sign(ctx context.Context, message []byte) ([]byte, error) {
	signature, err := k.Key.Sign(ctx, message)
	if err != nil && !errors.Is(err, providerkey.ErrUnavailable) {
		k.from.forget(k.ARN())
	}
	if errors.Is(err, providerkey.ErrGone) {
		err = errors.Join(signing.ErrRetired, err)
	}
	return signature, err
}
