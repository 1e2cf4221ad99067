package rewrap

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Wrapper makes master keys of which only the wrapped form is ever seen; AWS KMS does.
type Wrapper interface {
	// New gives a wrapped key and the name of its wrapped form. A failed call has made nothing that lasts.
	New(ctx context.Context) (id string, wrapped []byte, err error)
}

// Generator makes new master keys.
type Generator struct {
	Ledger  *ledger.Ledger
	Wrapper Wrapper
}

// Generated is a new master key. It is of no use outside its stack, and none in it before it is deployed.
type Generated struct {
	ID      string `json:"id"`      // of the wrapped form, "wk_…": the key itself has nobody seen to name it
	Wrapped []byte `json:"wrapped"` // base64, for the stack's parameter MasterKey
}

// Generate makes a key. That it was made is in the trail before anybody has it. It fails with KMS's or the database's
// fault, and then nobody has it.
func (g Generator) Generate(ctx context.Context, who caller.Caller, _ struct{}) (Generated, error) {
	id, wrapped, err := g.Wrapper.New(ctx)
	if err != nil {
		return Generated{}, err
	}
	if err := g.Ledger.Observe(ctx, who, "key.generate", "masterkey/"+id); err != nil {
		return Generated{}, err
	}
	return Generated{id, wrapped}, nil
}
