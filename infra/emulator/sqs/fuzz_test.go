package sqs_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
	"github.com/zenvault/zenvault/infra/emulator/sqs"
)

// No text is a receipt handle but the one that was given out.
func FuzzReceiptHandle(f *testing.F) {
	s := open(f, sqs.Options{Clock: conformance.NewSteppedClock()})
	url, other := create(f, s, "q", fields{"VisibilityTimeout": "43200"}), create(f, s, "other", nil)
	for _, queue := range []string{url, other} {
		must(f, s, "SendMessage", fields{"QueueUrl": queue, "MessageBody": "m"})
	}
	given := receive(f, s, url)[0].ReceiptHandle
	f.Add(given)
	f.Add(receive(f, s, other)[0].ReceiptHandle)
	for _, text := range []string{"", "nonsense", given[:len(given)-4], given + "AAAA", given + "\n", given[:len(given)-1] + "/", "AQ==", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := call(t, s, "ChangeMessageVisibility", fields{"QueueUrl": url, "ReceiptHandle": text, "VisibilityTimeout": 43200})
		switch {
		case text == given:
			if err != nil {
				t.Errorf("the given handle: %v", err)
			}
		case text == "":
			wantRefusal(t, err, "MissingParameter")
		default:
			wantRefusal(t, err, "ReceiptHandleIsInvalid")
		}
	})
}

// A redrive policy is refused, or answered as what it means: this dead-letter queue and 1 to 1000 receives.
func FuzzRedrivePolicy(f *testing.F) {
	s := open(f, sqs.Options{})
	create(f, s, "dead", nil)
	url := create(f, s, "q", nil)
	for _, text := range []string{
		"", "{}", "null", "[]", `""`, `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1}`,
		`{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":"1000"}`, `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":"+7"}`,
		`{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1e2}`, `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1001}`,
		`{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1}}`, `{"deadLetterTargetArn":null,"maxReceiveCount":null}`,
		`{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1,"more":1}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := call(t, s, "SetQueueAttributes", fields{"QueueUrl": url, "Attributes": fields{"RedrivePolicy": text}})
		var refused *protocol.Error
		if errors.As(err, &refused) && refused.Type == "InvalidParameterValue" {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got, ok := must(t, s, "GetQueueAttributes", fields{"QueueUrl": url, "AttributeNames": []string{"RedrivePolicy"}}).Attributes["RedrivePolicy"]
		if ok == (text == "") {
			t.Fatalf("%q: got policy %q", text, got)
		}
		if !ok {
			return
		}
		var policy struct {
			DeadLetterTargetArn string `json:"deadLetterTargetArn"`
			MaxReceiveCount     int    `json:"maxReceiveCount"`
		}
		if err := json.Unmarshal([]byte(got), &policy); err != nil || policy.DeadLetterTargetArn != deadARN || policy.MaxReceiveCount < 1 || policy.MaxReceiveCount > 1000 {
			t.Errorf("%q: got policy %q, %v", text, got, err)
		}
	})
}
