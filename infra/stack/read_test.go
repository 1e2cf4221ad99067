package stack_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/stack"
)

const day = 24 * time.Hour

// template is the repository's own.
func template(t *testing.T) []byte {
	t.Helper()
	source, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func read(t *testing.T) stack.Stack {
	t.Helper()
	s, err := stack.Read(template(t), stack.Deployment{Name: "zenvault-dev", Region: "eu-central-1"})
	if err != nil {
		t.Fatalf("reading template.yaml: %v", err)
	}
	return s
}

// The template describes exactly these tables.
func TestReadTables(t *testing.T) {
	text := func(name string) stack.Attribute { return stack.Attribute{Name: name, Type: "S"} }
	number := func(name string) stack.Attribute { return stack.Attribute{Name: name, Type: "N"} }
	want := []stack.Table{
		{
			LogicalID: "VaultTable", Name: "zenvault-dev-vault",
			PrimaryKey: stack.PrimaryKey{Partition: text("pk"), Sort: text("sk")},
			Indexes: []stack.Index{
				{Name: "directory", PrimaryKey: stack.PrimaryKey{Partition: text("dir"), Sort: text("dir_sk")}, Projection: "ALL"},
				{Name: "due", PrimaryKey: stack.PrimaryKey{Partition: text("due_shard"), Sort: number("due_at")}, Projection: "KEYS_ONLY"},
			},
			TimeToLive: "expires_at", KMSKey: "DataKey", PointInTimeRecovery: true, DeletionProtection: true,
		},
		{
			LogicalID: "AuditTable", Name: "zenvault-dev-audit",
			PrimaryKey: stack.PrimaryKey{Partition: text("pk"), Sort: text("sk")},
			Indexes: []stack.Index{
				{Name: "by_time", PrimaryKey: stack.PrimaryKey{Partition: text("time_shard"), Sort: text("id")}, Projection: "ALL"},
				{Name: "by_action", PrimaryKey: stack.PrimaryKey{Partition: text("action_shard"), Sort: text("id")}, Projection: "ALL"},
			},
			KMSKey: "DataKey", PointInTimeRecovery: true, DeletionProtection: true,
		},
		{
			LogicalID: "LimitsTable", Name: "zenvault-dev-limits",
			PrimaryKey: stack.PrimaryKey{Partition: text("pk")}, TimeToLive: "expires_at", KMSKey: "DataKey",
		},
	}
	if diff := cmp.Diff(want, read(t).Tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

// The template describes exactly these queues: hidden for six times the longest function, dead letters kept longer than
// the queue before them keeps anything.
func TestReadQueues(t *testing.T) {
	live := func(id, name, dead string, days time.Duration) stack.Queue {
		return stack.Queue{LogicalID: id, Name: name, Visibility: 180 * time.Second, Retention: days * day,
			Redrive: stack.Redrive{DeadLetters: dead, MaxReceives: 5}, Encryption: "SQS"}
	}
	dead := func(id, name string) stack.Queue {
		return stack.Queue{LogicalID: id, Name: name, Visibility: 30 * time.Second, Retention: 14 * day, Encryption: "SQS"}
	}
	want := []stack.Queue{
		live("EventQueue", "zenvault-dev-events", "EventDeadLetters", 4),
		live("DeliveryQueue", "zenvault-dev-deliveries", "DeliveryDeadLetters", 4),
		live("RetryQueue", "zenvault-dev-retries", "RetryDeadLetters", 4),
		live("MailQueue", "zenvault-dev-mail", "MailDeadLetters", 1),
		live("TransferQueue", "zenvault-dev-transfers", "TransferDeadLetters", 4),
		dead("EventDeadLetters", "zenvault-dev-events-dead"),
		dead("DeliveryDeadLetters", "zenvault-dev-deliveries-dead"),
		dead("RetryDeadLetters", "zenvault-dev-retries-dead"),
		dead("MailDeadLetters", "zenvault-dev-mail-dead"),
		dead("TransferDeadLetters", "zenvault-dev-transfers-dead"),
	}
	if diff := cmp.Diff(want, read(t).Queues); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
}

// The template describes exactly these keys, under the stack's name.
func TestReadKeys(t *testing.T) {
	want := []stack.Key{
		{LogicalID: "DataKey", Alias: "alias/zenvault-dev-data", Description: "zenvault, tables at rest",
			Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT", Rotation: true},
		{LogicalID: "MasterWrapKey", Alias: "alias/zenvault-dev-master-wrap", Description: "zenvault, wraps the master key",
			Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT", Rotation: true},
		{LogicalID: "TokenKey", Alias: "alias/zenvault-dev-token", Description: "zenvault, signs access tokens",
			Spec: "ECC_NIST_P256", Usage: "SIGN_VERIFY"},
	}
	s := read(t)
	if diff := cmp.Diff(want, s.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if s.Name != "zenvault-dev" {
		t.Errorf("name: got %q, want %q", s.Name, "zenvault-dev")
	}
}

// Every form that CloudFormation has for a reference reads the same.
func TestReadForms(t *testing.T) {
	for _, c := range []struct{ name, queue string }{
		{"short", "QueueName: !Sub '${AWS::StackName}-${Part}', RedrivePolicy: {deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 3}"},
		{"long", "QueueName: {'Fn::Sub': '${AWS::StackName}-${Part}'}, RedrivePolicy: {deadLetterTargetArn: {'Fn::GetAtt': [D, Arn]}, maxReceiveCount: '3'}"},
		{"list", "QueueName: dev-x, RedrivePolicy: {deadLetterTargetArn: !GetAtt [D, Arn], maxReceiveCount: 3}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := "Parameters: {Part: {Type: String, Default: x}}\nResources:\n" +
				"  D: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref AWS::Region}}\n" +
				"  Q: {Type: AWS::SQS::Queue, Properties: {" + c.queue + "}}\n"
			got, err := stack.Read([]byte(source), stack.Deployment{Name: "dev", Region: "eu-central-1"})
			if err != nil {
				t.Fatal(err)
			}
			want := []stack.Queue{
				{LogicalID: "D", Name: "eu-central-1", Visibility: 30 * time.Second, Retention: 4 * day},
				{LogicalID: "Q", Name: "dev-x", Visibility: 30 * time.Second, Retention: 4 * day,
					Redrive: stack.Redrive{DeadLetters: "D", MaxReceives: 3}},
			}
			if diff := cmp.Diff(want, got.Queues); diff != "" {
				t.Errorf("queues (-want +got):\n%s", diff)
			}
		})
	}
}
