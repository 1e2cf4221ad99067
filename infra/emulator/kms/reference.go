package kms

import (
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

func (s *Service) arn(resource string) string {
	return "arn:aws:kms:" + s.region + ":" + account + ":" + resource
}

func (s *Service) keyARN(id string) string { return s.arn("key/" + id) }

// find returns the key that a reference names: a key id, a key ARN, an alias name or an alias ARN.
func (s *Service) find(reference string) (*key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.resolve(reference)
}

// resolve is find with s.mu held.
func (s *Service) resolve(reference string) (*key, error) {
	resource, err := s.resource(reference)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(resource, "alias/") {
		return s.keyByID(strings.TrimPrefix(resource, "key/"))
	}
	if a, ok := s.aliases[resource]; ok {
		if k, ok := s.keys[a.KeyID]; ok && !k.gone(s.now()) {
			return k, nil
		}
	}
	return nil, protocol.Refuse("NotFoundException", "Alias %s is not found.", s.arn(resource))
}

// resolveKey is resolve for operations that manage keys: those take a key id or a key ARN, and no alias.
func (s *Service) resolveKey(reference string) (*key, error) {
	resource, err := s.resource(reference)
	switch {
	case err != nil:
		return nil, err
	case strings.HasPrefix(resource, "alias/") && resource != reference:
		return nil, protocol.Refuse("InvalidArnException", "%s is not a key ARN", reference)
	case strings.HasPrefix(resource, "alias/"):
		return nil, protocol.Refuse("NotFoundException", "Invalid keyId %s", reference)
	}
	return s.keyByID(strings.TrimPrefix(resource, "key/"))
}

// resource strips a reference to "key/<id>", "<id>" or "alias/<name>".
func (s *Service) resource(reference string) (string, error) {
	if reference == "" {
		return "", validation("1 validation error detected: Value at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	if !strings.HasPrefix(reference, "arn:") {
		if strings.HasPrefix(reference, "key/") {
			return "", protocol.Refuse("NotFoundException", "Invalid keyId %s", reference)
		}
		return reference, nil
	}
	resource, ok := strings.CutPrefix(reference, s.arn(""))
	if !ok {
		return "", protocol.Refuse("NotFoundException", "Invalid arn %s", reference)
	}
	if !strings.HasPrefix(resource, "key/") && !strings.HasPrefix(resource, "alias/") {
		return "", protocol.Refuse("InvalidArnException", "Invalid arn %s", reference)
	}
	return resource, nil
}

func (s *Service) keyByID(id string) (*key, error) {
	k, ok := s.keys[id]
	if !ok || k.gone(s.now()) {
		return nil, protocol.Refuse("NotFoundException", "Key '%s' does not exist", s.keyARN(id))
	}
	return k, nil
}
