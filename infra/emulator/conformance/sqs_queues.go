package conformance

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c sqsCases) queues(t *testing.T) {
	t.Run("CreateTwice", c.createTwice)
	t.Run("Attributes", c.queueAttributes)
	t.Run("InvalidAttributes", c.invalidAttributes)
	t.Run("RedrivePolicies", c.redrivePolicies)
	t.Run("Unknown", c.unknownQueue)
	t.Run("List", c.listsByPrefix)
	t.Run("Purge", c.purges)
}

// Creating a queue again answers its URL, unless an attribute differs.
func (c sqsCases) createTwice(t *testing.T) {
	name := sqsName()
	create := func(attributes map[string]string) (string, error) {
		out, err := c.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		if err != nil {
			return "", err
		}
		return *out.QueueUrl, nil
	}
	first, err := create(map[string]string{"DelaySeconds": "5"})
	if err != nil {
		t.Fatalf("CreateQueue: %v", err)
	}
	if !strings.HasSuffix(first, "/000000000000/"+name) {
		t.Errorf("got URL %s, want one that ends in /000000000000/%s", first, name)
	}
	for _, same := range []map[string]string{nil, {"DelaySeconds": "5"}, {"VisibilityTimeout": "30"}} {
		if again, err := create(same); err != nil || again != first {
			t.Errorf("creating it again with %v: got %q, %v, want %q", same, again, err, first)
		}
	}
	for _, other := range []map[string]string{{"DelaySeconds": "6"}, {"VisibilityTimeout": "31"}} {
		_, err := create(other)
		sqsCode(t, "another attribute", err, "QueueNameExists", "QueueAlreadyExists")
	}
	out, err := c.client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil || *out.QueueUrl != first {
		t.Errorf("GetQueueUrl: got %v, %v, want %s", out, err, first)
	}
	for _, bad := range []string{"with space", "dot.dot", strings.Repeat("x", 81)} {
		_, err := c.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &bad})
		sqsCode(t, bad, err, "InvalidParameterValue")
	}
}

// Defaults are those of the CreateQueue reference; SetQueueAttributes changes what it names and leaves the rest.
func (c sqsCases) queueAttributes(t *testing.T) {
	url := c.create(t, map[string]string{"DelaySeconds": "7"})
	set := map[string]string{"VisibilityTimeout": "60", "ReceiveMessageWaitTimeSeconds": "3"}
	if _, err := c.client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: set}); err != nil {
		t.Fatalf("SetQueueAttributes: %v", err)
	}
	got := c.attributes(t, url)
	for name, want := range map[string]string{
		"DelaySeconds": "7", "VisibilityTimeout": "60", "ReceiveMessageWaitTimeSeconds": "3", "MessageRetentionPeriod": "345600",
		"MaximumMessageSize": "1048576", "ApproximateNumberOfMessages": "0", "SqsManagedSseEnabled": "true",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if arn := got["QueueArn"]; !strings.HasPrefix(arn, "arn:aws:sqs:") || !strings.HasSuffix(arn, url[strings.LastIndex(url, "/")+1:]) {
		t.Errorf("got ARN %q for %s", arn, url)
	}
	some, err := c.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameDelaySeconds, types.QueueAttributeNameRedrivePolicy}})
	if err != nil || len(some.Attributes) != 1 || some.Attributes["DelaySeconds"] != "7" {
		t.Errorf("asked for one that is set and one that is not: got %v, %v", some, err)
	}
	_, err = c.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Nonsense"}})
	sqsCode(t, "an unknown attribute", err, "InvalidAttributeName")
}

func (c sqsCases) invalidAttributes(t *testing.T) {
	url := c.create(t, nil)
	for name, values := range map[string][]string{
		"DelaySeconds":                  {"-1", "901", "x"},
		"VisibilityTimeout":             {"-1", "43201"},
		"MessageRetentionPeriod":        {"59", "1209601"},
		"ReceiveMessageWaitTimeSeconds": {"-1", "21"},
		"MaximumMessageSize":            {"1023", "1048577"},
	} {
		for _, value := range values {
			attributes := map[string]string{name: value}
			_, err := c.client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: attributes})
			sqsCode(t, "set "+name+" "+value, err, "InvalidAttributeValue")
			_, err = c.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(sqsName()), Attributes: attributes})
			sqsCode(t, "create with "+name+" "+value, err, "InvalidAttributeValue")
		}
	}
	_, err := c.client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"Nonsense": "1"}})
	sqsCode(t, "an unknown attribute", err, "InvalidAttributeName")
}

// A redrive policy names an existing queue and 1 to 1000 receives, and an empty one removes it.
func (c sqsCases) redrivePolicies(t *testing.T) {
	url, dead := c.create(t, nil), c.create(t, nil)
	arn := c.attributes(t, dead)["QueueArn"]
	set := func(policy string) error {
		_, err := c.client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"RedrivePolicy": policy}})
		return err
	}
	for _, policy := range []string{
		`nonsense`, `{}`, `[]`, `{"deadLetterTargetArn":"` + arn + `"}`, `{"maxReceiveCount":1}`,
		`{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":0}`, `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":1001}`,
		`{"deadLetterTargetArn":"` + arn + `x","maxReceiveCount":1}`,
	} {
		sqsCode(t, policy, set(policy), "InvalidParameterValue", "InvalidAttributeValue")
	}
	if err := set(`{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":"4"}`); err != nil {
		t.Fatalf("set the policy: %v", err)
	}
	if got := c.attributes(t, url)["RedrivePolicy"]; !strings.Contains(got, arn) {
		t.Errorf("got policy %q, want one that names %s", got, arn)
	}
	if err := set(""); err != nil {
		t.Fatalf("remove the policy: %v", err)
	}
	if got, ok := c.attributes(t, url)["RedrivePolicy"]; ok {
		t.Errorf("got policy %q after its removal", got)
	}
}

// A queue that is not there is QueueDoesNotExist to every operation; the host of a queue's URL does not matter.
func (c sqsCases) unknownQueue(t *testing.T) {
	url := c.create(t, nil)
	elsewhere := "https://sqs.eu-central-1.example.com:1234" + url[strings.Index(url, "/000000000000/"):]
	c.send(t, elsewhere, "hello")
	c.one(t, url, "hello")
	gone := url + "x"
	_, err := c.client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(sqsName())})
	errs := map[string]error{"GetQueueUrl": err}
	foreign := strings.Replace(url, "/000000000000/", "/000000000001/", 1)
	_, errs["a queue of another account"] = c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &foreign})
	_, errs["SendMessage"] = c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &gone, MessageBody: aws.String("x")})
	_, errs["ReceiveMessage"] = c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &gone})
	_, errs["GetQueueAttributes"] = c.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &gone})
	_, errs["PurgeQueue"] = c.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &gone})
	for what, err := range errs {
		if typed := new(types.QueueDoesNotExist); !errors.As(err, &typed) {
			t.Errorf("%s: got %v, want QueueDoesNotExist", what, err)
		}
	}
}

func (c sqsCases) listsByPrefix(t *testing.T) {
	prefix := sqsName()
	for _, name := range []string{prefix + "-b", prefix + "-a"} {
		if _, err := c.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name}); err != nil {
			t.Fatalf("CreateQueue: %v", err)
		}
	}
	out, err := c.client.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &prefix})
	if err != nil || len(out.QueueUrls) != 2 {
		t.Errorf("ListQueues: got %v, %v, want 2 queues", out, err)
	}
	none, err := c.client.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String(sqsName())})
	if err != nil || len(none.QueueUrls) != 0 {
		t.Errorf("ListQueues: got %v, %v, want none", none, err)
	}
}

// A purge takes everything, what is in flight and what is delayed included, and is allowed once in 60 seconds.
func (c sqsCases) purges(t *testing.T) {
	url := c.create(t, nil)
	c.send(t, url, "a", "b")
	c.receive(t, url, 1)
	if _, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("c"), DelaySeconds: 900}); err != nil {
		t.Fatalf("SendMessage: %v", err)
	}
	c.counts(t, url, 1, 1, 1)
	if _, err := c.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
		t.Fatalf("PurgeQueue: %v", err)
	}
	c.counts(t, url, 0, 0, 0)
	_, err := c.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url})
	sqsCode(t, "a second purge", err, "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress")
}
