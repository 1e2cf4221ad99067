package kms

import (
	"regexp"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// alias is a name for a key, as the journal holds it. Like a key it is replaced, never changed.
type alias struct {
	Name    string // with the prefix "alias/"
	KeyID   string
	Created int64 // Unix milliseconds
	Updated int64 // Unix milliseconds
}

// aliasName is the pattern of AliasName (AWS KMS API Reference, CreateAlias); names are 256 characters at most.
var aliasName = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`)

type aliasInput struct {
	AliasName   string
	TargetKeyId string
}

func (s *Service) createAlias(in aliasInput) (nothing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.aliasTarget(in)
	if err != nil {
		return nothing{}, err
	}
	if old, ok := s.aliases[in.AliasName]; ok {
		// The aliases of a deleted key are deleted with it.
		if target, ok := s.keys[old.KeyID]; ok && !target.gone(s.now()) {
			return nothing{}, protocol.Refuse("AlreadyExistsException", "An alias with the name %s already exists", s.arn(in.AliasName))
		}
	}
	now := s.now().UnixMilli()
	return nothing{}, s.commit(change{Alias: &alias{Name: in.AliasName, KeyID: k.ID, Created: now, Updated: now}})
}

func (s *Service) updateAlias(in aliasInput) (nothing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.aliasTarget(in)
	if err != nil {
		return nothing{}, err
	}
	current, err := s.resolve(in.AliasName)
	if err != nil {
		return nothing{}, err
	}
	// "The current and new KMS key must be the same type, and they must have the same key usage" (UpdateAlias). With
	// the usages that exist here, the same usage implies the same type.
	if current.Usage != k.Usage {
		return nothing{}, validation("Alias %s cannot be changed from a key of usage %s to one of usage %s", in.AliasName, current.Usage, k.Usage)
	}
	a := *s.aliases[in.AliasName]
	a.KeyID, a.Updated = k.ID, s.now().UnixMilli()
	return nothing{}, s.commit(change{Alias: &a})
}

// aliasTarget checks the name and returns the key it shall name. s.mu is held.
func (s *Service) aliasTarget(in aliasInput) (*key, error) {
	if !aliasName.MatchString(in.AliasName) || len(in.AliasName) > 256 {
		return nil, validation("Value '%s' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^alias/[a-zA-Z0-9/_-]+$", in.AliasName)
	}
	if strings.HasPrefix(in.AliasName, "alias/aws/") {
		return nil, protocol.Refuse("NotAuthorizedException", "the prefix alias/aws/ is reserved")
	}
	if strings.Contains(in.TargetKeyId, "alias/") {
		return nil, validation("Aliases must refer to keys. Not aliases")
	}
	k, err := s.resolveKey(in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if k.pending() {
		return nil, s.pendingError(k)
	}
	return k, nil
}

type listAliasesInput struct{ KeyId string }

type listAliasesOutput struct {
	Aliases   []aliasEntry
	Truncated bool
}

type aliasEntry struct {
	AliasArn        string
	AliasName       string
	CreationDate    float64
	LastUpdatedDate float64
	TargetKeyId     string
}

// listAliases answers all aliases at once, in the order of their names; AWS also lists its own, such as alias/aws/s3.
func (s *Service) listAliases(in listAliasesInput) (listAliasesOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := listAliasesOutput{Aliases: []aliasEntry{}}
	var only *key
	if in.KeyId != "" {
		k, err := s.resolveKey(in.KeyId)
		if err != nil {
			return out, err
		}
		only = k
	}
	for _, a := range s.aliases {
		k, ok := s.keys[a.KeyID]
		if !ok || k.gone(s.now()) || (only != nil && only.ID != k.ID) {
			continue
		}
		out.Aliases = append(out.Aliases, aliasEntry{s.arn(a.Name), a.Name, seconds(a.Created), seconds(a.Updated), a.KeyID})
	}
	slices.SortFunc(out.Aliases, func(a, b aliasEntry) int { return strings.Compare(a.AliasName, b.AliasName) })
	return out, nil
}
