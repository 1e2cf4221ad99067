package sqs

import (
	"errors"
	"regexp"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxBatch is how many entries a batch may have (SQS quotas).
const maxBatch = 10

var entryID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,80}$`)

// batchID is the part that every batch entry has, in requests and in answers.
type batchID struct{ Id string }

func (b batchID) id() string { return b.Id }

type batchOutput[Entry any] struct {
	Failed     []failedEntry
	Successful []Entry
}

type failedEntry struct {
	Code        string
	Id          string
	Message     string
	SenderFault bool
}

func newBatchOutput[Entry any]() batchOutput[Entry] {
	return batchOutput[Entry]{Failed: []failedEntry{}, Successful: []Entry{}}
}

func (b *batchOutput[Entry]) fail(id string, err error) {
	refused := asRefusal(err)
	b.Failed = append(b.Failed, failedEntry{refused.Type, id, refused.Message, refused.Status < 500})
}

// checkBatch refuses what fails a batch as a whole.
func checkBatch[Entry interface{ id() string }](entries []Entry) error {
	if len(entries) == 0 {
		return protocol.Refuse("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(entries) > maxBatch {
		return protocol.Refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if !entryID.MatchString(e.id()) {
			return protocol.Refuse("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[e.id()] {
			return protocol.Refuse("BatchEntryIdsNotDistinct", "Id %s repeated.", e.id())
		}
		seen[e.id()] = true
	}
	return nil
}

// asRefusal is the AWS error in err, which every check returns.
func asRefusal(err error) *protocol.Error {
	var refused *protocol.Error
	if errors.As(err, &refused) {
		return refused
	}
	return &protocol.Error{Status: 500, Type: "InternalError", Message: err.Error()}
}
