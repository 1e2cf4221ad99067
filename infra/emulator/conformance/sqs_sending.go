package conformance

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c sqsCases) sending(t *testing.T) {
	t.Run("RoundTrip", c.roundTrip)
	t.Run("AttributeSelection", c.attributeSelection)
	t.Run("Delay", c.delayLimits)
	t.Run("Size", c.sizeLimits)
	t.Run("Contents", c.contents)
	t.Run("InvalidMessageAttributes", c.invalidMessageAttributes)
}

var sqsSample = map[string]types.MessageAttributeValue{
	"event":   {DataType: aws.String("String"), StringValue: aws.String("transfer.completed")},
	"attempt": {DataType: aws.String("Number.int"), StringValue: aws.String("3")},
	"trace":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 254, 255}},
}

// sqsSampleDigest is the MD5 of sqsSample by the algorithm of the SQS Developer Guide, worked out by hand.
func sqsSampleDigest() string {
	sum := md5.Sum([]byte("\x00\x00\x00\x07attempt\x00\x00\x00\x0aNumber.int\x01\x00\x00\x00\x013" +
		"\x00\x00\x00\x05event\x00\x00\x00\x06String\x01\x00\x00\x00\x12transfer.completed" +
		"\x00\x00\x00\x05trace\x00\x00\x00\x06Binary\x02\x00\x00\x00\x04\x00\x01\xfe\xff"))
	return hex.EncodeToString(sum[:])
}

// Body and attributes arrive as they were sent, with the digests that AWS documents; the SDK checks that of the body.
func (c sqsCases) roundTrip(t *testing.T) {
	url, body := c.create(t, nil), "{\"héllo\":\t\"wörld 🚀\"}\r\n"
	sent, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageAttributes: sqsSample})
	if err != nil {
		t.Fatalf("SendMessage: %v", err)
	}
	if got, want := aws.ToString(sent.MD5OfMessageAttributes), sqsSampleDigest(); got != want {
		t.Errorf("got MD5OfMessageAttributes %q on sending, want %q", got, want)
	}
	m := c.one(t, url, body)
	if *m.MessageId != *sent.MessageId {
		t.Errorf("got MessageId %s, want %s", *m.MessageId, *sent.MessageId)
	}
	if got, want := aws.ToString(m.MD5OfMessageAttributes), sqsSampleDigest(); got != want {
		t.Errorf("got MD5OfMessageAttributes %q on receiving, want %q", got, want)
	}
	for name, want := range sqsSample {
		got := m.MessageAttributes[name]
		if *got.DataType != *want.DataType || aws.ToString(got.StringValue) != aws.ToString(want.StringValue) || string(got.BinaryValue) != string(want.BinaryValue) {
			t.Errorf("attribute %s: got %+v, want %+v", name, got, want)
		}
	}
	if m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["SentTimestamp"] == "" || m.Attributes["ApproximateFirstReceiveTimestamp"] == "" {
		t.Errorf("got system attributes %v", m.Attributes)
	}
}

// Message attributes come only when asked for, by name or all, and the digest is that of those that come.
func (c sqsCases) attributeSelection(t *testing.T) {
	for _, test := range []struct {
		asked []string
		want  string
	}{
		{nil, ""}, {[]string{"event"}, "event"}, {[]string{"a.b", "event"}, "a.b event"},
		{[]string{".*"}, "a.b event"}, {[]string{"All"}, "a.b event"}, {[]string{"nothing"}, ""},
	} {
		url := c.create(t, nil)
		value := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("x")}
		in := sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m"), MessageAttributes: map[string]types.MessageAttributeValue{"event": value, "a.b": value}}
		if _, err := c.client.SendMessage(t.Context(), &in); err != nil {
			t.Fatalf("SendMessage: %v", err)
		}
		out, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: test.asked})
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("ReceiveMessage: got %v, %v", out, err)
		}
		var got []string
		for _, name := range []string{"a.b", "event"} {
			if _, ok := out.Messages[0].MessageAttributes[name]; ok {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want || (test.want == "") != (out.Messages[0].MD5OfMessageAttributes == nil) {
			t.Errorf("asked for %v: got %v, want %s", test.asked, got, test.want)
		}
		if len(out.Messages[0].Attributes) != 0 {
			t.Errorf("got system attributes %v without asking", out.Messages[0].Attributes)
		}
	}
}

// A message may be delayed by 900 seconds and no more, and is not there before.
func (c sqsCases) delayLimits(t *testing.T) {
	url := c.create(t, nil)
	for _, seconds := range []int32{-1, 901} {
		_, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"), DelaySeconds: seconds})
		sqsCode(t, fmt.Sprint("delay ", seconds), err, "InvalidParameterValue")
	}
	if _, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x"), DelaySeconds: 900}); err != nil {
		t.Fatalf("delay 900: %v", err)
	}
	c.none(t, url, "before the delay is over")
	c.counts(t, url, 0, 0, 1)
}

// Body and attributes together may have 1 MiB, or what the queue allows.
func (c sqsCases) sizeLimits(t *testing.T) {
	small := c.create(t, map[string]string{"MaximumMessageSize": "1024"})
	attributes := map[string]types.MessageAttributeValue{"n": {DataType: aws.String("String"), StringValue: aws.String("12345")}}
	const attributeSize = 1 + 6 + 5
	for _, test := range []struct {
		url        string
		size       int
		attributes map[string]types.MessageAttributeValue
		ok         bool
	}{
		{c.create(t, nil), 1 << 20, nil, true}, {c.create(t, nil), 1<<20 + 1, nil, false},
		{small, 1024, nil, true}, {small, 1025, nil, false},
		{small, 1024 - attributeSize, attributes, true}, {small, 1025 - attributeSize, attributes, false},
	} {
		body := strings.Repeat("x", test.size)
		_, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &test.url, MessageBody: &body, MessageAttributes: test.attributes})
		if test.ok && err != nil {
			t.Errorf("%d bytes: %v", test.size, err)
		} else if !test.ok {
			sqsCode(t, fmt.Sprint(test.size, " bytes"), err, "InvalidParameterValue")
		}
	}
}

// A body is not empty and has only the characters of XML 1.0.
func (c sqsCases) contents(t *testing.T) {
	url := c.create(t, nil)
	_, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("")})
	sqsCode(t, "an empty body", err, "MissingParameter")
	for _, bad := range []string{"\x00", "a\x0bb", "\x1f", "\ufffe", "\uffff"} {
		_, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &bad})
		sqsCode(t, fmt.Sprintf("%q", bad), err, "InvalidMessageContents")
	}
	c.none(t, url, "after refusals")
}

func (c sqsCases) invalidMessageAttributes(t *testing.T) {
	url, text := c.create(t, nil), aws.String("String")
	eleven := map[string]types.MessageAttributeValue{}
	for i := range 11 {
		eleven[fmt.Sprint("n", i)] = types.MessageAttributeValue{DataType: text, StringValue: aws.String("x")}
	}
	for what, attributes := range map[string]map[string]types.MessageAttributeValue{
		"eleven":           eleven,
		"no value":         {"n": {DataType: text}},
		"empty value":      {"n": {DataType: text, StringValue: aws.String("")}},
		"unknown type":     {"n": {DataType: aws.String("Nonsense"), StringValue: aws.String("x")}},
		"wrong value":      {"n": {DataType: text, BinaryValue: []byte("x")}},
		"reserved name":    {"AWS.n": {DataType: text, StringValue: aws.String("x")}},
		"name with a dot":  {".n": {DataType: text, StringValue: aws.String("x")}},
		"name with spaces": {"n n": {DataType: text, StringValue: aws.String("x")}},
	} {
		_, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m"), MessageAttributes: attributes})
		sqsCode(t, what, err, "InvalidParameterValue")
	}
}
