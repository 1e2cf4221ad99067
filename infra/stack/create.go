package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Clients reach the endpoint.
type Clients struct {
	DynamoDB *dynamodb.Client
	KMS      *kms.Client
	SQS      *sqs.Client
}

// Resources say what the program is to be given for each logical id.
type Resources struct {
	Tables map[string]string // the table's name
	Queues map[string]string // the queue's URL
	Keys   map[string]string // the key's ARN
}

// Create makes what is missing of a stack, for the embedded AWS and development accounts; a deployment is made by
// CloudFormation. What exists already is left as it is, if it is what the stack says, and is refused otherwise. A
// Create that was cut short, or runs beside another one, is made good by the next.
//
// It makes what a program can observe: keys of tables and indexes, expiry, streams, times of queues, dead letters, kinds
// of keys. Backups, encryption at rest, deletion protection, rotation and who may do what are left to CloudFormation.
func Create(ctx context.Context, to Clients, s Stack) (Resources, error) {
	made := Resources{Tables: map[string]string{}, Queues: map[string]string{}, Keys: map[string]string{}}
	for _, k := range s.Keys {
		arn, err := ensureKey(ctx, to.KMS, k)
		if err != nil {
			return Resources{}, err
		}
		made.Keys[k.LogicalID] = arn
	}
	for _, t := range s.Tables {
		if err := ensureTable(ctx, to.DynamoDB, t); err != nil {
			return Resources{}, err
		}
		made.Tables[t.LogicalID] = t.Name
	}
	if err := ensureQueues(ctx, to.SQS, s.Queues, made.Queues); err != nil {
		return Resources{}, err
	}
	return made, nil
}
