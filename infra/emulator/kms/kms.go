// Package kms is the part of AWS KMS that zenvault uses: symmetric, signing and HMAC keys, their states, aliases and
// rotation, with the encryption context and the key bound to every ciphertext. Everything else is refused.
//
// It is a development emulator: key material lies in clear in the journal (or in memory), there is no authorization
// and ciphertexts have a format of their own, which AWS cannot open. Nothing of value may be kept under its keys.
package kms

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/journal"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// account owns every emulated key.
const account = "000000000000"

// Options of Open. The zero value is an empty service in memory in us-east-1, by the real clock.
type Options struct {
	// Dir holds the journal; empty keeps everything in memory.
	Dir string
	// Region is the one named in ARNs.
	Region string
	// Clock dates keys and ends the wait before a deletion; nil is the real one.
	Clock protocol.Clock
}

// Service is one region's KMS. What Call answered is in the journal before the answer.
type Service struct {
	region  string
	now     func() time.Time
	journal protocol.Journal // nil in memory

	mu      sync.RWMutex
	keys    map[string]*key   // by key id
	aliases map[string]*alias // by name, with the prefix "alias/"
	closed  bool
}

// Open returns a service with the state that its directory holds.
func Open(o Options) (*Service, error) {
	s := &Service{region: o.Region, now: time.Now, keys: map[string]*key{}, aliases: map[string]*alias{}}
	if s.region == "" {
		s.region = "us-east-1"
	}
	if o.Clock != nil {
		s.now = o.Clock.Now
	}
	if o.Dir == "" {
		return s, nil
	}
	j, err := journal.Open(filepath.Join(o.Dir, "kms.journal"), s.replay)
	if err != nil {
		return nil, fmt.Errorf("open the kms journal: %w", err)
	}
	s.journal = j
	return s, nil
}

// Target is the prefix of X-Amz-Target.
func (s *Service) Target() string { return "TrentService" }

// ContentType is that of KMS answers.
func (s *Service) ContentType() string { return "application/x-amz-json-1.1" }

// Close closes the journal; later calls are refused.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.journal == nil {
		s.closed = true
		return nil
	}
	s.closed = true
	return s.journal.Close()
}

// Call runs one operation. Its context is not used, since nothing here waits.
func (s *Service) Call(_ context.Context, name string, body []byte) (any, error) {
	run, ok := operations[name]
	if !ok {
		return nil, protocol.Unsupported("kms operation " + name)
	}
	return run(s, body)
}

var operations = map[string]func(*Service, []byte) (any, error){
	"CancelKeyDeletion":               operation((*Service).cancelKeyDeletion),
	"CreateAlias":                     operation((*Service).createAlias),
	"CreateKey":                       operation((*Service).createKey),
	"Decrypt":                         operation((*Service).decrypt),
	"DescribeKey":                     operation((*Service).describeKey),
	"DisableKey":                      operation((*Service).disableKey),
	"EnableKey":                       operation((*Service).enableKey),
	"Encrypt":                         operation((*Service).encrypt),
	"GenerateDataKey":                 operation((*Service).generateDataKey),
	"GenerateDataKeyWithoutPlaintext": operation((*Service).generateDataKeyWithoutPlaintext),
	"GenerateMac":                     operation((*Service).generateMac),
	"GetPublicKey":                    operation((*Service).getPublicKey),
	"ListAliases":                     operation((*Service).listAliases),
	"RotateKeyOnDemand":               operation((*Service).rotateKeyOnDemand),
	"ScheduleKeyDeletion":             operation((*Service).scheduleKeyDeletion),
	"Sign":                            operation((*Service).sign),
	"UpdateAlias":                     operation((*Service).updateAlias),
	"Verify":                          operation((*Service).verify),
	"VerifyMac":                       operation((*Service).verifyMac),
}

func operation[I, O any](run func(*Service, I) (O, error)) func(*Service, []byte) (any, error) {
	return func(s *Service, body []byte) (any, error) {
		var in I
		if err := protocol.Decode(body, &in); err != nil {
			return nil, err
		}
		out, err := run(s, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// nothing is the answer of operations that answer with an empty object.
type nothing struct{}

// change is one journal record: the new state of a key or of an alias.
type change struct {
	Key   *key   `json:",omitempty"`
	Alias *alias `json:",omitempty"`
}

// commit journals a change and then applies it, so that memory never holds what a restart would lose. s.mu is held.
func (s *Service) commit(c change) error {
	if s.closed {
		return &protocol.Error{Status: 503, Type: "KMSInternalException", Message: "the emulated service is closed"}
	}
	if s.journal != nil {
		record, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode a kms record: %w", err)
		}
		if err := s.journal.Append(record); err != nil {
			return fmt.Errorf("journal a kms record: %w", err)
		}
	}
	return s.apply(c)
}

func (s *Service) replay(record []byte) error {
	var c change
	if err := protocol.Decode(record, &c); err != nil {
		return fmt.Errorf("decode a kms record: %w", err)
	}
	return s.apply(c)
}

func (s *Service) apply(c change) error {
	if c.Key != nil {
		if err := c.Key.prepare(); err != nil {
			return err
		}
		s.keys[c.Key.ID] = c.Key
	}
	if c.Alias != nil {
		s.aliases[c.Alias.Name] = c.Alias
	}
	return nil
}
