package stack

import "go.yaml.in/yaml/v3"

// queue reads a queue. Limits and defaults are those of the CreateQueue reference.
func (r *reader) queue(id string, n *yaml.Node) Queue {
	p := r.properties(n, "QueueName", "DelaySeconds", "VisibilityTimeout", "MessageRetentionPeriod",
		"ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "SqsManagedSseEnabled", "KmsMasterKeyId")
	q := Queue{
		LogicalID: id, Name: r.need(n, p, "QueueName"),
		Delay:      r.seconds(p["DelaySeconds"], 0, 0, 900),
		Visibility: r.seconds(p["VisibilityTimeout"], 30, 0, 43_200),
		Retention:  r.seconds(p["MessageRetentionPeriod"], 345_600, 60, 1_209_600),
		Wait:       r.seconds(p["ReceiveMessageWaitTimeSeconds"], 0, 0, 20),
		Redrive:    r.redrive(id, p["RedrivePolicy"]),
		Encryption: r.resource(p["KmsMasterKeyId"], "AWS::KMS::Key", "", "Arn"),
	}
	if managed := p["SqsManagedSseEnabled"]; managed != nil {
		if !r.flag(managed) || q.Encryption != "" {
			r.fail(managed, "a queue is encrypted by SQS or by a key: by one of them")
		}
		q.Encryption = "SQS"
	}
	return q
}

func (r *reader) redrive(id string, n *yaml.Node) Redrive {
	if n == nil {
		return Redrive{}
	}
	f := r.fields(n, "deadLetterTargetArn", "maxReceiveCount")
	d := Redrive{
		DeadLetters: r.resource(f["deadLetterTargetArn"], "AWS::SQS::Queue", "Arn"),
		MaxReceives: r.number(f["maxReceiveCount"], 0, 1, 1000),
	}
	if d.DeadLetters == "" || d.MaxReceives == 0 {
		r.fail(n, "needs a deadLetterTargetArn and a maxReceiveCount")
	}
	if d.DeadLetters == id {
		r.fail(n, "%s can't be its own dead letters", id)
	}
	return d
}
