package sqs_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/sqs"
)

// Under concurrent senders and waiting receivers every message comes, and within its visibility to one receiver only.
func TestConcurrentDelivery(t *testing.T) {
	const senders, receivers, each = 4, 4, 50
	for name, dir := range map[string]string{"memory": "", "directory": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			s := open(t, sqs.Options{Dir: dir})
			url := create(t, s, "q", fields{"VisibilityTimeout": "43200"})
			var sending, receiving sync.WaitGroup
			for sender := range senders {
				sending.Go(func() {
					for i := range each {
						must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": fmt.Sprint(sender, "-", i)})
					}
				})
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var mu sync.Mutex
			seen := map[string]int{}
			for receiver := range receivers {
				receiving.Go(func() {
					for ctx.Err() == nil {
						a, err := callWith(ctx, s, "ReceiveMessage", fields{"QueueUrl": url, "MaxNumberOfMessages": 1 + receiver, "WaitTimeSeconds": 20})
						if err != nil {
							t.Errorf("ReceiveMessage: %v", err)
							return
						}
						mu.Lock()
						for _, m := range a.Messages {
							seen[m.Body]++
						}
						if len(seen) == senders*each {
							stop()
						}
						mu.Unlock()
					}
				})
			}
			sending.Wait()
			receiving.Wait()
			for body, n := range seen {
				if n != 1 {
					t.Errorf("message %s came %d times", body, n)
				}
			}
			if got, want := counts(t, s, url), fmt.Sprint("0 ", senders*each, " 0"); got != want {
				t.Errorf("got messages %s, want %s", got, want)
			}
		})
	}
}

// Deleting and showing again at the same time leaves each message either gone or there once.
func TestConcurrentDeletion(t *testing.T) {
	s := open(t, sqs.Options{})
	url := create(t, s, "q", nil)
	for i := range 100 {
		must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": fmt.Sprint(i)})
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	deleted := map[string]int{}
	for range 4 {
		wg.Go(func() {
			for {
				messages := receive(t, s, url)
				if len(messages) == 0 {
					return
				}
				for i, m := range messages {
					if i%2 == 1 {
						must(t, s, "ChangeMessageVisibility", fields{"QueueUrl": url, "ReceiptHandle": m.ReceiptHandle, "VisibilityTimeout": 0})
						continue
					}
					must(t, s, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": m.ReceiptHandle})
					mu.Lock()
					deleted[m.Body]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for body, n := range deleted {
		if n != 1 {
			t.Errorf("message %s was deleted %d times", body, n)
		}
	}
	if len(deleted) != 100 || counts(t, s, url) != "0 0 0" {
		t.Errorf("got %d deleted and messages %s, want 100 and none", len(deleted), counts(t, s, url))
	}
}
