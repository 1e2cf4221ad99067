// Package dynamodb is the part of Amazon DynamoDB that zenvault uses: on-demand tables with global secondary indexes,
// reads, conditional writes, queries and transactions, with DynamoDB's expressions, limits and consumed capacity.
// Everything else is refused.
//
// What differs from DynamoDB: every read sees every write before it, and transactions wait for one another, so that a
// TransactionConflict only comes from a fault hook. Items whose time to live has passed stay. There are no streams.
package dynamodb

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/zenvault/zenvault/infra/emulator/journal"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// account owns every emulated table.
const account = "000000000000"

// Options of Open. The zero value is an empty service in memory in us-east-1, by the real clock.
type Options struct {
	// Dir holds the journal; empty keeps everything in memory.
	Dir string
	// Region is the one named in ARNs.
	Region string
	// Clock dates tables and ends the life of client tokens; nil is the real one.
	Clock protocol.Clock
	// NoSync leaves it to the kernel when the journal reaches the disk; see journal.NoSync.
	NoSync bool
}

// Service is one region's DynamoDB. A write is in the journal before its answer; a read may see a write whose answer
// still waits for the disk.
type Service struct {
	region  string
	clock   protocol.Clock
	journal *journal.Journal // nil in memory

	// mu makes every call atomic: writers hold it over reading, deciding, writing the journal and applying, but not
	// over waiting for the disk, so that readers never do either.
	mu     sync.RWMutex
	tables map[string]*table
	tokens tokens
	closed bool
}

// Open returns a service with the state that its directory holds.
func Open(o Options) (*Service, error) {
	s := &Service{region: o.Region, clock: o.Clock, tables: map[string]*table{}}
	if s.region == "" {
		s.region = "us-east-1"
	}
	if s.clock == nil {
		s.clock = protocol.RealClock{}
	}
	if o.Dir == "" {
		return s, nil
	}
	var options []journal.Option
	if o.NoSync {
		options = append(options, journal.NoSync)
	}
	replayed := 0
	j, err := journal.Open(filepath.Join(o.Dir, "dynamodb.journal"), func(data []byte) error {
		replayed++
		return s.replay(data)
	}, options...)
	if err != nil {
		return nil, fmt.Errorf("open the dynamodb journal: %w", err)
	}
	s.journal = j
	if err := s.compact(replayed); err != nil {
		j.Close()
		return nil, err
	}
	return s, nil
}

// Target is the prefix of X-Amz-Target.
func (s *Service) Target() string { return "DynamoDB_20120810" }

// ContentType is that of DynamoDB's answers.
func (s *Service) ContentType() string { return "application/x-amz-json-1.0" }

// Close closes the journal; later calls are refused.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.journal == nil {
		return nil
	}
	return s.journal.Close()
}

// Call runs one operation. Nothing here waits on its context; its trace is filled.
func (s *Service) Call(ctx context.Context, name string, body []byte) (any, error) {
	run, ok := operations[name]
	if !ok {
		return nil, protocol.Unsupported("dynamodb operation " + name)
	}
	return run(s, protocol.TraceOf(ctx), body)
}

var operations = map[string]func(*Service, *protocol.Trace, []byte) (any, error){
	"BatchGetItem":       operation((*Service).batchGetItem),
	"CreateTable":        operation((*Service).createTable),
	"DeleteItem":         operation((*Service).deleteItem),
	"DeleteTable":        operation((*Service).deleteTable),
	"DescribeTable":      operation((*Service).describeTable),
	"DescribeTimeToLive": operation((*Service).describeTimeToLive),
	"GetItem":            operation((*Service).getItem),
	"ListTables":         operation((*Service).listTables),
	"PutItem":            operation((*Service).putItem),
	"Query":              operation((*Service).query),
	"Scan":               operation((*Service).scan),
	"TransactGetItems":   operation((*Service).transactGetItems),
	"TransactWriteItems": operation((*Service).transactWriteItems),
	"UpdateItem":         operation((*Service).updateItem),
	"UpdateTimeToLive":   operation((*Service).updateTimeToLive),
}

func operation[I, O any](run func(*Service, *protocol.Trace, I) (O, error)) func(*Service, *protocol.Trace, []byte) (any, error) {
	return func(s *Service, trace *protocol.Trace, body []byte) (any, error) {
		var in I
		if err := protocol.Decode(body, &in); err != nil {
			return nil, err
		}
		out, err := run(s, trace, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

var errClosed = &protocol.Error{Status: 503, Type: "ServiceUnavailable", Message: "the emulated service is closed"}

var errNoResource = protocol.Refuse("ResourceNotFoundException", "Requested resource not found")

// table finds a table; s.mu is held.
func (s *Service) table(name string) (*table, error) {
	if s.closed {
		return nil, errClosed
	}
	if t, ok := s.tables[name]; ok {
		return t, nil
	}
	return nil, errNoResource
}
