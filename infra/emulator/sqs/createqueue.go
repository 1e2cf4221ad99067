package sqs

import (
	"maps"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string
}

// createQueue answers the URL of the queue that is there already if it has every attribute that is asked for.
func (s *Service) createQueue(in createQueueInput) (queueURLOutput, error) {
	if err := checkName(in); err != nil {
		return queueURLOutput{}, err
	}
	wanted, err := s.merged(nil, in.QueueName, in.Attributes)
	if err != nil {
		return queueURLOutput{}, err
	}
	if q, ok := s.queues[in.QueueName]; ok {
		return queueURLOutput{s.url(q.Name)}, s.sameAttributes(q, wanted)
	}
	now := s.clock.Now().UnixMilli()
	state := queueState{Name: in.QueueName, Attributes: wanted, Created: now, Modified: now}
	return queueURLOutput{s.url(in.QueueName)}, s.commit(change{Queue: &state})
}

func checkName(in createQueueInput) error {
	switch {
	case in.QueueName == "":
		return missing("QueueName")
	case strings.HasSuffix(in.QueueName, ".fifo"):
		return protocol.Unsupported("FIFO queues")
	case !queueName.MatchString(in.QueueName):
		return protocol.Refuse("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

func (s *Service) sameAttributes(q *queue, wanted map[string]string) error {
	// Both sides in the form that is answered, so that defaults and the spelling of a policy do not count.
	asked := s.attributes(&queue{queueState: queueState{Name: q.Name, Attributes: wanted}, settings: mustSettings(wanted)})
	has := s.attributes(q)
	for name := range wanted {
		if has[name] != asked[name] {
			return protocol.Refuse("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

// mustSettings is for attributes that merged has returned.
func mustSettings(attributes map[string]string) settings {
	parsed, err := parseSettings(attributes)
	if err != nil {
		panic(err)
	}
	return parsed
}

type setAttributesInput struct {
	QueueUrl   string
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(in setAttributesInput) (nothing, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	if len(in.Attributes) == 0 {
		return nothing{}, missing("Attribute.Name")
	}
	wanted, err := s.merged(q.Attributes, q.Name, in.Attributes)
	if err != nil {
		return nothing{}, err
	}
	state := queueState{Name: q.Name, Attributes: wanted, Created: q.Created, Modified: s.clock.Now().UnixMilli()}
	return nothing{}, s.commit(change{Queue: &state})
}

// merged returns the attributes with the set ones over the old ones. An empty value removes a policy or a key.
func (s *Service) merged(old map[string]string, name string, set map[string]string) (map[string]string, error) {
	if err := checkAttributes(set); err != nil {
		return nil, err
	}
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	if set["KmsMasterKeyId"] != "" {
		delete(all, "SqsManagedSseEnabled")
	}
	if set["SqsManagedSseEnabled"] == "true" {
		delete(all, "KmsMasterKeyId")
	}
	for attribute, value := range set {
		if value == "" {
			delete(all, attribute)
			continue
		}
		all[attribute] = value
	}
	if err := s.checkTarget(name, set["RedrivePolicy"]); err != nil {
		return nil, err
	}
	return all, nil
}

type getAttributesInput struct {
	QueueUrl       string
	AttributeNames []string
}

type getAttributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(in getAttributesInput) (getAttributesOutput, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return getAttributesOutput{}, err
	}
	all, asked := s.attributes(q), map[string]string{}
	for _, name := range in.AttributeNames {
		if name == "All" {
			return getAttributesOutput{all}, nil
		}
		if value, ok := all[name]; ok {
			asked[name] = value
			continue
		}
		switch name {
		case "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "RedrivePolicy", "RedriveAllowPolicy": // not set
		default:
			return getAttributesOutput{}, checkAttribute(name, "")
		}
	}
	return getAttributesOutput{asked}, nil
}
