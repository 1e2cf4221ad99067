package sqs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// redrivePolicy says where a message goes that has been received too often.
type redrivePolicy struct {
	target      string // ARN of the dead-letter queue
	maxReceives int
}

// parseRedrivePolicy reads the RedrivePolicy attribute; empty is none. maxReceiveCount, 1 to 1000, may be a number or a
// string, as on AWS.
func parseRedrivePolicy(text string) (*redrivePolicy, error) {
	if text == "" {
		return nil, nil
	}
	var p struct {
		DeadLetterTargetArn *string         `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.RawMessage `json:"maxReceiveCount"`
	}
	if err := decodePolicy(text, &p); err != nil {
		return nil, invalid("RedrivePolicy", text, "Redrive policy is not a valid JSON map.")
	}
	if p.DeadLetterTargetArn == nil || *p.DeadLetterTargetArn == "" {
		return nil, invalid("RedrivePolicy", text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	if len(p.MaxReceiveCount) == 0 {
		return nil, invalid("RedrivePolicy", text, "Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	}
	count := string(p.MaxReceiveCount)
	if unquoted := ""; json.Unmarshal(p.MaxReceiveCount, &unquoted) == nil {
		count = unquoted
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > 1000 {
		return nil, invalid("RedrivePolicy", text, "Invalid value for maxReceiveCount: "+count+", valid values are from 1 to 1000 both inclusive.")
	}
	return &redrivePolicy{*p.DeadLetterTargetArn, n}, nil
}

// redriveAllowPolicy says which queues may have this one as their dead-letter queue.
type redriveAllowPolicy struct {
	permission string // allowAll, denyAll or byQueue
	sources    []string
}

// parseRedriveAllowPolicy reads the RedriveAllowPolicy attribute; empty is none, which allows all.
func parseRedriveAllowPolicy(text string) (*redriveAllowPolicy, error) {
	if text == "" {
		return nil, nil
	}
	var p struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueArns   []string `json:"sourceQueueArns"`
	}
	if err := decodePolicy(text, &p); err != nil {
		return nil, invalid("RedriveAllowPolicy", text, "Redrive allow policy is not a valid JSON map.")
	}
	switch p.RedrivePermission {
	case "allowAll", "denyAll":
		if p.SourceQueueArns != nil {
			return nil, invalid("RedriveAllowPolicy", text, "sourceQueueArns can be set only with redrivePermission byQueue.")
		}
	case "byQueue":
		if len(p.SourceQueueArns) < 1 || len(p.SourceQueueArns) > 10 {
			return nil, invalid("RedriveAllowPolicy", text, "sourceQueueArns must name 1 to 10 queues.")
		}
	default:
		return nil, invalid("RedriveAllowPolicy", text, "redrivePermission must be allowAll, denyAll or byQueue.")
	}
	return &redriveAllowPolicy{p.RedrivePermission, p.SourceQueueArns}, nil
}

func decodePolicy(text string, policy any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(policy); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the policy")
	}
	return nil
}

func (p *redriveAllowPolicy) allows(source string) bool {
	switch {
	case p == nil || p.permission == "allowAll":
		return true
	case p.permission == "byQueue":
		return slices.Contains(p.sources, source)
	}
	return false
}

// checkTarget refuses a redrive policy whose dead-letter queue is not there or does not want the source.
func (s *Service) checkTarget(source, text string) error {
	policy, err := parseRedrivePolicy(text)
	if policy == nil {
		return err
	}
	target := s.byARN(policy.target)
	if target == nil {
		return invalid("RedrivePolicy", text, "Dead letter target does not exist.")
	}
	if !target.settings.allow.allows(s.arn(source)) {
		return invalid("RedrivePolicy", text, "Dead letter target does not allow this source queue.")
	}
	return nil
}

// exhausted reports where a due message goes instead of to a receiver; nil while it may still be received.
func (s *Service) exhausted(q *queue, m *message) *queue {
	if policy := q.settings.redrive; policy != nil && m.ReceivesHere >= policy.maxReceives {
		return s.byARN(policy.target)
	}
	return nil
}

// toDeadLetters adds the move of an exhausted message. It keeps its id, its age and its receive count, as on AWS.
func (s *Service) toDeadLetters(c *change, q, target *queue, m *message, now int64) {
	moved := *m
	moved.Origin = s.arn(q.Name)
	moved.receipt = receipt{Visible: now, Receives: m.Receives, FirstReceived: m.FirstReceived}
	c.Drop = append(c.Drop, reference{q.Name, m.Serial})
	c.Put = append(c.Put, placement{target.Name, &moved})
}
