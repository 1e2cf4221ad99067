package cosign

import (
	"maps"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/fault"
)

// terms are what registration asks of one provider's cosigners.
type terms struct {
	bits  int          // of the co-signer's own keys; 0 is any size that keys may have
	size  *fault.Fault // says so
	files bool         // only a key in a file can answer it

	ignores bool // it can be told to ignore a change of configuration
}

// providers are all that cosigners can be registered for. What their messages look like is their codecs' business.
var providers = map[string]terms{
	"cobo":       {bits: 2048, size: fault.New(fault.Unprocessable, "inbound_key_size", "The callback key of a Cobo TSS Node is an RSA key of 2048 bits.")},
	"fireblocks": {ignores: true},
	"safeheron": {bits: 4096, files: true,
		size: fault.New(fault.Unprocessable, "inbound_key_size", "The key of a Safeheron API Co-Signer is an RSA key of 4096 bits.")},
}

// The rules' faults.
var (
	ErrProvider     = fault.New(fault.Unprocessable, "provider_unsupported", "The providers are: "+names()+".").At("/provider")
	ErrResponseHome = fault.New(fault.Unprocessable, "response_key_home", "This provider's signatures have a salt, and KMS draws another one each time: no answer could be given again. Name a key in the secrets directory.").At("/response_key")
)

func names() string { return `"` + strings.Join(slices.Sorted(maps.Keys(providers)), `", "`) + `"` }

// takes reports whether answers may be signed with the key that is referred to like that.
func (t terms) takes(reference string) bool { return !t.files || !strings.HasPrefix(reference, "kms:") }

// fits reports whether the co-signer can have this key.
func (t terms) fits(key PublicKey) bool { return t.bits == 0 || key.rsa.N.BitLen() == t.bits }
