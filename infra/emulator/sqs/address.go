package sqs

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

var queueName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,80}$`)

func (s *Service) url(name string) string { return "http://" + s.host + "/" + account + "/" + name }

func (s *Service) arn(name string) string {
	return "arn:aws:sqs:" + s.region + ":" + account + ":" + name
}

// byURL finds a queue by the path of its URL. The host is not looked at: inside a container or behind a tunnel the
// same emulator has other names.
func (s *Service) byURL(address string) (*queue, error) {
	if address == "" {
		return nil, missing("QueueUrl")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, protocol.Refuse("InvalidAddress", "The address %s is not valid for this endpoint.", address)
	}
	owner, name, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok || owner == "" || name == "" {
		return nil, protocol.Refuse("InvalidAddress", "The address %s is not valid for this endpoint.", address)
	}
	q, ok := s.queues[name]
	if !ok || owner != account {
		return nil, errNoQueue
	}
	return q, nil
}

// byARN finds a queue of this region and account; nil when there is none.
func (s *Service) byARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, s.arn(""))
	if !ok {
		return nil
	}
	return s.queues[name]
}

var errNoQueue = protocol.Refuse("QueueDoesNotExist", "The specified queue does not exist.")

func missing(parameter string) error {
	return protocol.Refuse("MissingParameter", "The request must contain the parameter %s.", parameter)
}

func invalid(parameter string, value any, reason string) error {
	return protocol.Refuse("InvalidParameterValue", "Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

type queueURLInput struct{ QueueName string }

type queueURLOutput struct{ QueueUrl string }

func (s *Service) getQueueURL(in queueURLInput) (queueURLOutput, error) {
	if in.QueueName == "" {
		return queueURLOutput{}, missing("QueueName")
	}
	if _, ok := s.queues[in.QueueName]; !ok {
		return queueURLOutput{}, errNoQueue
	}
	return queueURLOutput{s.url(in.QueueName)}, nil
}

type listQueuesInput struct{ QueueNamePrefix string }

type listQueuesOutput struct {
	QueueUrls []string `json:",omitempty"`
}

// listQueues answers all matching queues at once, in the order of their names.
func (s *Service) listQueues(in listQueuesInput) (listQueuesOutput, error) {
	var out listQueuesOutput
	for name := range s.queues {
		if strings.HasPrefix(name, in.QueueNamePrefix) {
			out.QueueUrls = append(out.QueueUrls, s.url(name))
		}
	}
	slices.Sort(out.QueueUrls)
	return out, nil
}

// queryCodes are the codes of the older query protocol that AWS sends along in X-Amzn-Query-Error, and that the SDK
// then reports as ErrorCode (the awsQueryError traits of the SQS model).
var queryCodes = map[string]string{
	"BatchEntryIdsNotDistinct":     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":          "AWS.SimpleQueueService.BatchRequestTooLong",
	"EmptyBatchRequest":            "AWS.SimpleQueueService.EmptyBatchRequest",
	"InvalidBatchEntryId":          "AWS.SimpleQueueService.InvalidBatchEntryId",
	"MessageNotInflight":           "AWS.SimpleQueueService.MessageNotInflight",
	"PurgeQueueInProgress":         "AWS.SimpleQueueService.PurgeQueueInProgress",
	"QueueDoesNotExist":            "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":              "QueueAlreadyExists",
	"TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"UnsupportedOperation":         "AWS.SimpleQueueService.UnsupportedOperation",
}

// QueryError is the value of X-Amzn-Query-Error for an error that Call returned.
func (s *Service) QueryError(e *protocol.Error) string {
	code, ok := queryCodes[e.Type]
	if !ok {
		code = e.Type
	}
	if e.Status >= 500 {
		return code + ";Receiver"
	}
	return code + ";Sender"
}
