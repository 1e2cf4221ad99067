package kms

import (
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxRotations is how often RotateKeyOnDemand is allowed for one key (AWS KMS quotas: 25 on-demand rotations).
const maxRotations = 25

type keyIDOutput struct{ KeyId string }

// replace commits what edit makes of a copy of the key, which is named by id or ARN.
func (s *Service) replace(reference string, edit func(*key) error) (*key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.resolveKey(reference)
	if err != nil {
		return nil, err
	}
	edited := *k
	if err := edit(&edited); err != nil {
		return nil, err
	}
	return &edited, s.commit(change{Key: &edited})
}

func (s *Service) enableKey(in keyReference) (nothing, error)  { return s.setDisabled(in.KeyId, false) }
func (s *Service) disableKey(in keyReference) (nothing, error) { return s.setDisabled(in.KeyId, true) }

func (s *Service) setDisabled(reference string, disabled bool) (nothing, error) {
	_, err := s.replace(reference, func(k *key) error {
		if k.pending() {
			return s.pendingError(k)
		}
		k.Disabled = disabled
		return nil
	})
	return nothing{}, err
}

type scheduleDeletionInput struct {
	KeyId               string
	PendingWindowInDays *int
}

type scheduleDeletionOutput struct {
	DeletionDate        float64
	KeyId               string
	KeyState            string
	PendingWindowInDays int
}

// scheduleKeyDeletion starts the wait, of 7 to 30 days; when it is over the key does not exist any more.
func (s *Service) scheduleKeyDeletion(in scheduleDeletionInput) (scheduleDeletionOutput, error) {
	days := 30
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < 7 || days > 30 {
		return scheduleDeletionOutput{}, validation("PendingWindowInDays must be between 7 and 30, got %d", days)
	}
	k, err := s.replace(in.KeyId, func(k *key) error {
		if k.pending() {
			return s.pendingError(k)
		}
		k.DeleteAt = s.now().Add(time.Duration(days) * 24 * time.Hour).UnixMilli()
		return nil
	})
	if err != nil {
		return scheduleDeletionOutput{}, err
	}
	return scheduleDeletionOutput{seconds(k.DeleteAt), s.keyARN(k.ID), k.state(), days}, nil
}

// cancelKeyDeletion leaves the key disabled, whatever it was before.
func (s *Service) cancelKeyDeletion(in keyReference) (keyIDOutput, error) {
	k, err := s.replace(in.KeyId, func(k *key) error {
		if !k.pending() {
			return protocol.Refuse("KMSInvalidStateException", "%s is not pending deletion.", s.keyARN(k.ID))
		}
		k.Disabled, k.DeleteAt = true, 0
		return nil
	})
	if err != nil {
		return keyIDOutput{}, err
	}
	return keyIDOutput{s.keyARN(k.ID)}, nil
}

// rotateKeyOnDemand adds material for what is sealed from now on. Unlike AWS, which rotates in the background, the
// answer means that it is done.
func (s *Service) rotateKeyOnDemand(in keyReference) (keyIDOutput, error) {
	material, err := randomMaterial()
	if err != nil {
		return keyIDOutput{}, err
	}
	k, err := s.replace(in.KeyId, func(k *key) error {
		if k.Spec != symmetricSpec {
			return protocol.Refuse("UnsupportedOperationException", "%s is not a symmetric encryption key.", s.keyARN(k.ID))
		}
		if err := s.usable(k, encryptDecrypt, "RotateKeyOnDemand"); err != nil {
			return err
		}
		if len(k.Material) > maxRotations {
			return protocol.Refuse("LimitExceededException", "%s has been rotated on demand %d times.", s.keyARN(k.ID), maxRotations)
		}
		// A fresh slice, because readers of the published key share the old one's array.
		k.Material = append(append(make([][]byte, 0, len(k.Material)+1), k.Material...), material)
		return nil
	})
	if err != nil {
		return keyIDOutput{}, err
	}
	return keyIDOutput{s.keyARN(k.ID)}, nil
}
