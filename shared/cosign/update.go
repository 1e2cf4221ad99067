package cosign

import (
	"context"
	"reflect"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// UpdateInput says what is to be otherwise about a cosigner. What is not given stays; a list that is given replaces the whole
// list. The provider stays in any case, since the callback path is made of it.
type UpdateInput struct {
	Cosigner      string       `path:"cosigner"`
	Version       *int64       `json:"version,omitempty"` // that was read: if it is not the present one, nothing is changed
	Name          *string      `json:"name,omitempty"`
	InboundKeys   *[]string    `json:"inbound_keys,omitempty"` // PEM
	ResponseKey   *string      `json:"response_key,omitempty"`
	Workspaces    *[]tenant.ID `json:"workspaces,omitempty"`
	Unreferenced  *string      `json:"unreferenced,omitempty"`
	ConfigChanges *string      `json:"config_changes,omitempty"`
}

// ErrMoved is told where a cosigner is not what it was when it was read.
var ErrMoved = fault.New(fault.Conflict, "cosigner_changed", "The cosigner was changed by someone else since it was read. Read it again.")

// Update changes a cosigner from its next request on: a Decider that has it in memory reads its version with every decision. A
// key that is taken away verifies nothing from then on, and decisions that were made are repeated as they were. A change to
// what it is already writes nothing and succeeds. It fails with the rules' faults, as Register does, with ErrNotFound and
// ErrMoved.
func (s Service) Update(ctx context.Context, who caller.Caller, in UpdateInput) (View, error) {
	c, err := find(ctx, s.Ledger, in.Cosigner)
	if err != nil {
		return View{}, err
	}
	if in.Version != nil && *in.Version != c.version.Number {
		return View{}, ErrMoved
	}
	changed, err := in.apply(c)
	if err != nil {
		return View{}, err
	}
	if err := s.check(changed); err != nil {
		return View{}, err
	}
	if in.Workspaces != nil {
		if err := s.bind(ctx, changed.Workspaces); err != nil {
			return View{}, err
		}
	}
	before, after := c.fields(), changed.fields()
	if reflect.DeepEqual(before, after) {
		return c.view(), nil
	}
	changed.version.Number++
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "cosigner.update", Severity: weight(before, after), Target: c.target(), Before: before, After: after,
		Key: Key(c.ID), Prior: c.version, Item: changed.item(), Else: ErrMoved,
		Reply: changed.view(),
	})
	return changed.view(), err
}

func (in UpdateInput) apply(c Cosigner) (Cosigner, error) {
	for text, given := range map[*string]*string{&c.Name: in.Name, &c.ResponseKey: in.ResponseKey, &c.Unreferenced: in.Unreferenced,
		&c.ConfigChanges: in.ConfigChanges} {
		if given != nil {
			*text = *given
		}
	}
	if in.Workspaces != nil {
		c.Workspaces = *in.Workspaces
	}
	if in.InboundKeys == nil {
		return c, nil
	}
	var err error
	c.Inbound, err = parseKeys(*in.InboundKeys, providers[c.Provider])
	return c, err
}

// weight is a warning for whatever changes who may ask, who answers, for whom, or what is answered: that is worth a look, also
// where nobody hears of it otherwise. A name is none of it.
func weight(before, after audit.Fields) audit.Severity {
	for name := range after {
		if name != "name" && !reflect.DeepEqual(before[name], after[name]) {
			return audit.Warning
		}
	}
	return ""
}
