package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// ensureQueues makes the queues whose dead letters have a place already, until all are made.
func ensureQueues(ctx context.Context, client *sqs.Client, queues []Queue, urls map[string]string) error {
	for len(queues) > 0 {
		var later []Queue
		for _, q := range queues {
			if q.Redrive.DeadLetters != "" && urls[q.Redrive.DeadLetters] == "" {
				later = append(later, q)
				continue
			}
			url, err := ensureQueue(ctx, client, q, urls[q.Redrive.DeadLetters])
			if err != nil {
				return err
			}
			urls[q.LogicalID] = url
		}
		if len(later) == len(queues) {
			return fmt.Errorf("the dead letters of the queue %s come back to it", later[0].Name)
		}
		queues = later
	}
	return nil
}

// ensureQueue relies on CreateQueue: it answers the URL of a queue that has the attributes, and refuses one that has
// the name but other ones.
func ensureQueue(ctx context.Context, client *sqs.Client, q Queue, deadLetters string) (string, error) {
	attributes := map[string]string{
		string(types.QueueAttributeNameDelaySeconds):                  seconds(q.Delay),
		string(types.QueueAttributeNameVisibilityTimeout):             seconds(q.Visibility),
		string(types.QueueAttributeNameMessageRetentionPeriod):        seconds(q.Retention),
		string(types.QueueAttributeNameReceiveMessageWaitTimeSeconds): seconds(q.Wait),
	}
	if deadLetters != "" {
		policy, err := redrivePolicy(ctx, client, deadLetters, q.Redrive.MaxReceives)
		if err != nil {
			return "", err
		}
		attributes[string(types.QueueAttributeNameRedrivePolicy)] = policy
	}
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &q.Name, Attributes: attributes})
	if err != nil {
		return "", fmt.Errorf("creating the queue %s: %w", q.Name, err)
	}
	return *made.QueueUrl, nil
}

func redrivePolicy(ctx context.Context, client *sqs.Client, deadLetters string, receives int) (string, error) {
	const arn = types.QueueAttributeNameQueueArn
	got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &deadLetters, AttributeNames: []types.QueueAttributeName{arn}})
	if err != nil {
		return "", fmt.Errorf("asking for the ARN of %s: %w", deadLetters, err)
	}
	policy, err := json.Marshal(struct {
		Target   string `json:"deadLetterTargetArn"`
		Receives int    `json:"maxReceiveCount"`
	}{got.Attributes[string(arn)], receives})
	return string(policy), err
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
