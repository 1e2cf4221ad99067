package cosign

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/label"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// RegisterInput describes a co-signer.
type RegisterInput struct {
	Name         string      `json:"name"`
	Provider     string      `json:"provider"`
	InboundKeys  []string    `json:"inbound_keys"` // PEM
	ResponseKey  string      `json:"response_key"`
	Workspaces   []tenant.ID `json:"workspaces"`
	Unreferenced string      `json:"unreferenced,omitempty"` // "reject" if not given

	// ConfigChanges is "reject", also if not given, or "ignore", which leaves changes to the provider's other approvers.
	ConfigChanges string `json:"config_changes,omitempty"`
}

// Register makes a co-signer known. It fails with the rules' faults, each naming the member. Whether the response key is
// there is not known here: only the function that answers may use it, and it answers 503 without the key.
func (s Service) Register(ctx context.Context, who caller.Caller, in RegisterInput) (View, error) {
	c, err := s.cosigner(in)
	if err != nil {
		return View{}, err
	}
	if err := s.bind(ctx, in.Workspaces); err != nil {
		return View{}, err
	}
	c.ID, c.CreatedAt, c.version.Number = s.Ledger.NewID(idPrefix), s.Ledger.Now(), 1
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "cosigner.register", Target: c.target(), After: c.fields(),
		Key: Key(c.ID), Item: c.item(), Else: errExists,
		Reply: c.view(),
	})
	return c.view(), err
}

func (s Service) cosigner(in RegisterInput) (Cosigner, error) {
	asked, known := providers[in.Provider]
	inbound, err := parseKeys(in.InboundKeys, asked)
	switch {
	case !label.Valid(in.Name):
		return Cosigner{}, ErrName
	case !known:
		return Cosigner{}, ErrProvider
	case err != nil:
		return Cosigner{}, err
	}
	c := Cosigner{Provider: in.Provider, Name: in.Name, Inbound: inbound, ResponseKey: in.ResponseKey, Workspaces: in.Workspaces,
		Unreferenced: cmp.Or(in.Unreferenced, reject), ConfigChanges: cmp.Or(in.ConfigChanges, reject)}
	return c, s.check(c)
}

// check holds a cosigner to the rules that are the same for a new one and a changed one, except those of keys and bindings.
func (s Service) check(c Cosigner) error {
	asked := providers[c.Provider]
	switch {
	case !label.Valid(c.Name):
		return ErrName
	case !s.ValidKey(c.ResponseKey):
		return ErrResponseKey
	case !asked.takes(c.ResponseKey):
		return ErrResponseHome
	case c.Unreferenced != reject:
		return ErrUnreferenced
	case c.ConfigChanges != reject && !(c.ConfigChanges == ignore && asked.ignores):
		return ErrConfig
	}
	return nil
}

func parseKeys(texts []string, asked terms) ([]PublicKey, error) {
	if len(texts) == 0 || len(texts) > maxInbound {
		return nil, ErrKeyCount
	}
	keys := make([]PublicKey, len(texts))
	for i, text := range texts {
		key, valid := parseKey(text)
		at := "/inbound_keys/" + strconv.Itoa(i)
		if !valid {
			return nil, ErrKey.At(at)
		}
		if !asked.fits(key) {
			return nil, asked.size.At(at)
		}
		if slices.ContainsFunc(keys[:i], func(other PublicKey) bool { return other.ID == key.ID }) {
			return nil, ErrKeyTwice.At(at)
		}
		keys[i] = key
	}
	return keys, nil
}

// bind makes sure that every workspace is there.
func (s Service) bind(ctx context.Context, workspaces []tenant.ID) error {
	if len(workspaces) == 0 || len(workspaces) > maxWorkspace {
		return ErrBindings
	}
	for i, workspace := range workspaces {
		at := "/workspaces/" + strconv.Itoa(i)
		if slices.Contains(workspaces[:i], workspace) {
			return ErrBindingTwice.At(at)
		}
		err := s.Workspaces(ctx, workspace)
		var f *fault.Fault
		if errors.As(err, &f) && f.Kind == fault.NotFound {
			return ErrBinding.At(at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
