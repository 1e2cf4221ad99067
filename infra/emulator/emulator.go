// Package emulator is the part of AWS that zenvault uses, in one process: DynamoDB, KMS, SQS and SES behind one endpoint, in
// memory or durable in a directory. What it does not implement it refuses. It is for development and tests: it checks
// that a request is signed for its region, never by whom.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/emulator/kms"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
	"github.com/zenvault/zenvault/infra/emulator/ses"
	"github.com/zenvault/zenvault/infra/emulator/sqs"
)

// AccountID owns everything in the emulator.
const AccountID = "000000000000"

// Options of Start. The zero value is in memory, in us-east-1, on a free port of the loopback interface, by the real
// clock.
type Options struct {
	// Dir is made if absent and holds one journal for each service, and a folder of mails; empty keeps everything in memory.
	Dir string
	// Region is that of ARNs and the only one whose signatures are taken.
	Region string
	// Addr is host:port to listen on. Its host must be a loopback address.
	Addr string
	// Clock is what the services go by; nil is the real one.
	Clock protocol.Clock
	// NoSync lets DynamoDB answer before its journal is on the disk: a kill loses nothing, a loss of power may.
	NoSync bool
	// Mailed is told of each mail that was sent, once it is kept; nil is told nothing. The sender waits for it.
	Mailed func(Mail)
}

// Mail is one that was sent through SES.
type Mail = ses.Mail

// Emulator is a running one. Several in one process share nothing.
type Emulator struct {
	region   string
	listener net.Listener
	server   *http.Server
	services map[string]protocol.Service // by target
	faults   fault.Hooks
	calls    callLog
	ended    chan struct{} // closed when the server has ended
	close    func() error
}

// Start opens the services and listens. The caller must Close what it returns; a process that is killed instead loses
// nothing that was answered.
func Start(o Options) (*Emulator, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Clock == nil {
		o.Clock = protocol.RealClock{}
	}
	e := &Emulator{region: o.Region, services: map[string]protocol.Service{}, ended: make(chan struct{})}
	e.close = sync.OnceValue(e.end)
	listener, err := listen(o.Addr)
	if err != nil {
		return nil, err
	}
	e.listener = listener
	if err := e.openServices(o); err != nil {
		return nil, errors.Join(err, e.closeServices(), listener.Close())
	}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(e.ended)
		e.server.Serve(listener)
	}()
	return e, nil
}

func (e *Emulator) openServices(o Options) error {
	if err := open(e, dynamodb.Open, dynamodb.Options{Dir: o.Dir, Region: o.Region, Clock: o.Clock, NoSync: o.NoSync}); err != nil {
		return err
	}
	if err := open(e, kms.Open, kms.Options{Dir: o.Dir, Region: o.Region, Clock: o.Clock}); err != nil {
		return err
	}
	if err := open(e, ses.Open, ses.Options{Dir: o.Dir, Clock: o.Clock, Mailed: o.Mailed}); err != nil {
		return err
	}
	return open(e, sqs.Open, sqs.Options{Dir: o.Dir, Region: o.Region, Clock: o.Clock, Host: e.listener.Addr().String()})
}

func open[S protocol.Service, O any](e *Emulator, service func(O) (S, error), options O) error {
	s, err := service(options)
	if err != nil {
		return err
	}
	e.services[s.Target()] = s
	return nil
}

// listen keeps the emulator, which lets everyone in, off every network.
func listen(addr string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("start the emulator: %s is not a loopback address", addr)
	}
	return net.ListenTCP("tcp", resolved)
}

// URL is the endpoint of every service.
func (e *Emulator) URL() string { return "http://" + e.listener.Addr().String() }

// Faults are the hooks by which a test makes calls go wrong.
func (e *Emulator) Faults() *fault.Hooks { return &e.faults }

// DuplicateNext makes SQS deliver each of the next n messages of the queue twice; see sqs.Service.
func (e *Emulator) DuplicateNext(queue string, n int) error {
	return e.services["AmazonSQS"].(*sqs.Service).DuplicateNext(queue, n)
}

// Mails are all that were sent through SES, the oldest first.
func (e *Emulator) Mails() []Mail { return e.services["SESv2"].(*ses.Service).Mails() }

// Stored is every item of a DynamoDB table, without a call: for a test that compares what was there before with what is
// after. See dynamodb.Service.
func (e *Emulator) Stored(table string) ([]*attribute.Item, error) {
	return e.services["DynamoDB_20120810"].(*dynamodb.Service).Stored(table)
}

// Close ends the services, which ends waiting calls, then the server. Calling it again changes nothing.
func (e *Emulator) Close() error { return e.close() }

func (e *Emulator) end() error {
	err := e.closeServices()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if shutdownErr := e.server.Shutdown(ctx); shutdownErr != nil {
		// A call that does not end by itself, such as one that a fault delays, is cut.
		err = errors.Join(err, e.server.Close())
	}
	<-e.ended
	return err
}

func (e *Emulator) closeServices() (err error) {
	for _, s := range e.services {
		err = errors.Join(err, s.Close())
	}
	return err
}
