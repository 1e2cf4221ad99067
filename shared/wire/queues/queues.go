// Package queues opens the stack's queues for functions that announce events, deliver them, or ask for letters.
package queues

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/shared/aws/queue"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/wire"
)

// Announcer tells the fan-out of committed events. It ends the process if the queue's setting is missing.
func Announcer(w *wire.World) queue.Announcer {
	a, err := OpenAnnouncer(w)
	if err != nil {
		wire.Fatal(err)
	}
	return a
}

// OpenAnnouncer is Announcer for a process that serves more than one function.
func OpenAnnouncer(w *wire.World) (queue.Announcer, error) {
	if w.Env.EventQueue == "" {
		return queue.Announcer{}, errors.New("the environment variable ZENVAULT_EVENT_QUEUE is not set")
	}
	return queue.Announcer{Sender: sender(w), Log: w.Log}, nil
}

// Sender reaches every queue of the stack. It ends the process if a queue's setting is missing.
func Sender(w *wire.World) queue.Sender {
	s, err := OpenSender(w)
	if err != nil {
		wire.Fatal(err)
	}
	return s
}

// OpenSender is Sender for a process that serves more than one function.
func OpenSender(w *wire.World) (queue.Sender, error) {
	if w.Env.EventQueue == "" || w.Env.DeliveryQueue == "" || w.Env.RetryQueue == "" || w.Env.MailQueue == "" {
		return queue.Sender{}, errors.New("one of the environment variables ZENVAULT_EVENT_QUEUE, ZENVAULT_DELIVERY_QUEUE, " +
			"ZENVAULT_RETRY_QUEUE, ZENVAULT_MAIL_QUEUE is not set")
	}
	return sender(w), nil
}

// Letters is how a domain asks for a letter. It ends the process if the queue's setting is missing.
func Letters(w *wire.World) mail.Postbox {
	p, err := OpenLetters(w)
	if err != nil {
		wire.Fatal(err)
	}
	return p
}

// OpenLetters is Letters for a process that serves more than one function.
func OpenLetters(w *wire.World) (mail.Postbox, error) {
	if w.Env.MailQueue == "" {
		return mail.Postbox{}, errors.New("the environment variable ZENVAULT_MAIL_QUEUE is not set")
	}
	return mail.Postbox{Queue: sender(w), Now: w.Now}, nil
}

// Transfers reaches the transfer queue. It ends the process if the queue's setting is missing.
func Transfers(w *wire.World) queue.Sender {
	s, err := OpenTransfers(w)
	if err != nil {
		wire.Fatal(err)
	}
	return s
}

// OpenTransfers is Transfers for a process that serves more than one function.
func OpenTransfers(w *wire.World) (queue.Sender, error) {
	if w.Env.TransferQueue == "" {
		return queue.Sender{}, errors.New("the environment variable ZENVAULT_TRANSFER_QUEUE is not set")
	}
	return sender(w), nil
}

func sender(w *wire.World) queue.Sender {
	return queue.Sender{Client: sqs.NewFromConfig(w.Config), URLs: map[edge.Queue]string{
		edge.EventQueue: w.Env.EventQueue, edge.DeliveryQueue: w.Env.DeliveryQueue, edge.RetryQueue: w.Env.RetryQueue,
		edge.MailQueue: w.Env.MailQueue, edge.TransferQueue: w.Env.TransferQueue,
	}}
}
