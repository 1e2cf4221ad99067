// Package ses is the part of Amazon SES (API v2) that zenvault uses: sending one plain text to one or more addresses.
// Nothing leaves the machine: a mail is kept, in memory or as a file that any mail program opens. Everything that is
// missing is refused.
package ses

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Operation is what calls are recorded as, and what fault rules name. (The API is REST: it has no X-Amz-Target.)
const Operation = "SESv2.SendEmail"

// Path is where the operation is posted to.
const Path = "/v2/email/outbound-emails"

// Options of Open. The zero value is an empty service in memory by the real clock.
type Options struct {
	// Dir gets a folder "mail" with a file for each mail; empty keeps them in memory.
	Dir string
	// Clock dates the mails; nil is the real one.
	Clock protocol.Clock
	// Mailed is told of each mail once it is kept; may be nil. The sender waits for it.
	Mailed func(Mail)
}

// Mail is one that was sent.
type Mail struct {
	ID      string
	At      time.Time // to the second
	From    string
	To      []string
	Subject string
	Text    string
	File    string // where it is kept; "" in memory
}

// Service is one region's SES. What Call has answered is kept.
type Service struct {
	dir    string // of the mails; "" in memory
	clock  protocol.Clock
	mailed func(Mail)

	mu     sync.Mutex
	mails  []Mail
	closed bool
}

// Open returns a service with the mails that its directory holds.
func Open(o Options) (*Service, error) {
	s := &Service{clock: o.Clock, mailed: o.Mailed}
	if s.clock == nil {
		s.clock = protocol.RealClock{}
	}
	if o.Dir == "" {
		return s, nil
	}
	s.dir = filepath.Join(o.Dir, "mail")
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the mail folder: %w", err)
	}
	var err error
	s.mails, err = load(s.dir)
	return s, err
}

// Target is the prefix of Operation.
func (s *Service) Target() string { return "SESv2" }

// ContentType is that of the answers.
func (s *Service) ContentType() string { return "application/json" }

// Close refuses later calls. What was kept stays.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Mails are all that were sent, the oldest first.
func (s *Service) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Call runs SendEmail, the only operation.
func (s *Service) Call(_ context.Context, name string, body []byte) (any, error) {
	if name != "SendEmail" {
		return nil, protocol.Unsupported("ses operation " + name)
	}
	var in sendInput
	if err := protocol.Decode(body, &in); err != nil {
		return nil, err
	}
	mail, err := in.mail()
	if err != nil {
		return nil, err
	}
	if mail, err = s.keep(mail); err != nil {
		return nil, err
	}
	if s.mailed != nil {
		s.mailed(mail)
	}
	return map[string]string{"MessageId": mail.ID}, nil
}

func (s *Service) keep(m Mail) (Mail, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return m, &protocol.Error{Status: 503, Type: "ServiceUnavailable", Message: "the emulated service is closed"}
	}
	m.At = s.clock.Now().UTC().Truncate(time.Second)
	m.ID = newID(m.At)
	if s.dir != "" {
		m.File = filepath.Join(s.dir, m.At.Format("20060102T150405Z")+"-"+fmt.Sprintf("%06d", len(s.mails)+1)+".eml")
		if err := write(m); err != nil {
			return m, errors.Join(errors.New("keeping a mail"), err)
		}
	}
	s.mails = append(s.mails, m)
	return m, nil
}
