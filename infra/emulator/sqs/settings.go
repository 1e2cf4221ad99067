package sqs

import (
	"fmt"
	"strconv"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// MaxMessage is the largest message, and the largest batch, in bytes (SQS quotas, 1 MiB since August 2025).
const MaxMessage = 1 << 20

// settings are the attributes of a queue that its behaviour depends on.
type settings struct {
	delay, visibility, retention, wait time.Duration

	maxSize int // bytes
	redrive *redrivePolicy
	allow   *redriveAllowPolicy
}

// numeric are the attributes that are numbers, with the limits and defaults of the CreateQueue reference.
var numeric = map[string]struct{ min, max, standard int }{
	"DelaySeconds":                  {0, 900, 0},
	"KmsDataKeyReusePeriodSeconds":  {60, 86400, 300},
	"MaximumMessageSize":            {1024, MaxMessage, MaxMessage},
	"MessageRetentionPeriod":        {60, 1209600, 345600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 43200, 30},
}

// checkAttribute refuses a value that the attribute cannot have, and an attribute that the emulator does not have.
func checkAttribute(name, value string) error {
	if limits, ok := numeric[name]; ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < limits.min || n > limits.max {
			return protocol.Refuse("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
		}
		return nil
	}
	switch name {
	case "KmsMasterKeyId": // kept and answered; nothing is encrypted
		return nil
	case "SqsManagedSseEnabled":
		if value != "true" && value != "false" {
			return protocol.Refuse("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
		}
		return nil
	case "RedrivePolicy":
		_, err := parseRedrivePolicy(value)
		return err
	case "RedriveAllowPolicy":
		_, err := parseRedriveAllowPolicy(value)
		return err
	case "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "Policy":
		return protocol.Unsupported("queue attribute " + name)
	}
	return protocol.Refuse("InvalidAttributeName", "Unknown Attribute %s.", name)
}

// checkAttributes refuses what is wrong in itself or together.
func checkAttributes(attributes map[string]string) error {
	for name, value := range attributes {
		if err := checkAttribute(name, value); err != nil {
			return err
		}
	}
	if attributes["KmsMasterKeyId"] != "" && attributes["SqsManagedSseEnabled"] == "true" {
		return protocol.Refuse("InvalidAttributeValue", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	return nil
}

// parseSettings reads checked attributes.
func parseSettings(attributes map[string]string) (settings, error) {
	if err := checkAttributes(attributes); err != nil {
		return settings{}, err
	}
	number := func(name string) int {
		if n, err := strconv.Atoi(attributes[name]); err == nil {
			return n
		}
		return numeric[name].standard
	}
	duration := func(name string) time.Duration { return time.Duration(number(name)) * time.Second }
	redrive, err := parseRedrivePolicy(attributes["RedrivePolicy"])
	if err != nil {
		return settings{}, err
	}
	allow, err := parseRedriveAllowPolicy(attributes["RedriveAllowPolicy"])
	if err != nil {
		return settings{}, err
	}
	return settings{delay: duration("DelaySeconds"), visibility: duration("VisibilityTimeout"), retention: duration("MessageRetentionPeriod"),
		wait: duration("ReceiveMessageWaitTimeSeconds"), maxSize: number("MaximumMessageSize"), redrive: redrive, allow: allow}, nil
}

// attributes are all that GetQueueAttributes answers for a queue.
func (s *Service) attributes(q *queue) map[string]string {
	visible, inFlight, delayed := q.counts(s.clock.Now())
	all := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
		"CreatedTimestamp":                      strconv.FormatInt(q.Created/1000, 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.Modified/1000, 10),
		"QueueArn":                              s.arn(q.Name),
		"SqsManagedSseEnabled":                  strconv.FormatBool(q.Attributes["KmsMasterKeyId"] == ""),
	}
	for name, limits := range numeric {
		if name != "KmsDataKeyReusePeriodSeconds" || q.Attributes["KmsMasterKeyId"] != "" {
			all[name] = strconv.Itoa(limits.standard)
		}
	}
	for name, value := range q.Attributes {
		all[name] = value
	}
	if q.settings.redrive != nil {
		all["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, q.settings.redrive.target, q.settings.redrive.maxReceives)
	}
	return all
}
