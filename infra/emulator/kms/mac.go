package kms

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

const macAlgorithm = "HMAC_SHA_256"

type macInput struct {
	KeyId        string
	MacAlgorithm string
	Message      []byte
}

type macOutput struct {
	KeyId        string
	Mac          []byte
	MacAlgorithm string
}

func (s *Service) generateMac(in macInput) (macOutput, error) {
	k, mac, err := s.mac(in, "GenerateMac")
	if err != nil {
		return macOutput{}, err
	}
	return macOutput{s.keyARN(k.ID), mac, in.MacAlgorithm}, nil
}

type verifyMacInput struct {
	macInput
	Mac []byte
}

type verifyMacOutput struct {
	KeyId        string
	MacAlgorithm string
	MacValid     bool
}

func (s *Service) verifyMac(in verifyMacInput) (verifyMacOutput, error) {
	if err := checkLength("mac", len(in.Mac), maxSignature); err != nil {
		return verifyMacOutput{}, err
	}
	k, mac, err := s.mac(in.macInput, "VerifyMac")
	if err != nil {
		return verifyMacOutput{}, err
	}
	if !hmac.Equal(mac, in.Mac) {
		return verifyMacOutput{}, protocol.Refuse("KMSInvalidMacException", "")
	}
	return verifyMacOutput{s.keyARN(k.ID), in.MacAlgorithm, true}, nil
}

func (s *Service) mac(in macInput, operation string) (*key, []byte, error) {
	if err := checkLength("message", len(in.Message), maxMessage); err != nil {
		return nil, nil, err
	}
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, nil, err
	}
	if err := s.usable(k, macUsage, operation); err != nil {
		return nil, nil, err
	}
	if in.MacAlgorithm != macAlgorithm {
		return nil, nil, protocol.Refuse("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", in.MacAlgorithm, k.Spec)
	}
	h := hmac.New(sha256.New, k.Material[0])
	h.Write(in.Message)
	return k, h.Sum(nil), nil
}
