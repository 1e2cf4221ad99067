package stack_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/stack"
)

// edits are single faults put into the repository's template: each is refused, at its own line, in words that say what.
var edits = []struct{ name, old, new, want string }{
	{"unknown table property", "BillingMode: PAY_PER_REQUEST", "TableClass: STANDARD", "TableClass is not understood"},
	{"provisioned table", "BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", `"PROVISIONED" is not understood here`},
	{"unknown projection", "ProjectionType: KEYS_ONLY", "ProjectionType: SOME", `"SOME" is not understood here`},
	{"include without attributes", "{ ProjectionType: KEYS_ONLY }", "{ ProjectionType: INCLUDE }", "NonKeyAttributes for INCLUDE only"},
	{"key that is not defined", "{ AttributeName: dir_sk, KeyType: RANGE }", "{ AttributeName: dir_ks, KeyType: RANGE }", `"dir_ks" among the AttributeDefinitions`},
	{"range first", "{ AttributeName: dir, KeyType: HASH }", "{ AttributeName: dir, KeyType: RANGE }", `"RANGE" is not understood here`},
	{"attribute type", "{ AttributeName: dir, AttributeType: S }", "{ AttributeName: dir, AttributeType: SS }", `"SS" is not understood here`},
	{"attribute defined twice", "{ AttributeName: dir, AttributeType: S }", "{ AttributeName: pk, AttributeType: S }", "the attribute pk is defined twice"},
	{"disabled TTL", "{ AttributeName: expires_at, Enabled: true }", "{ AttributeName: expires_at, Enabled: false }", "not enabled"},
	{"encryption by a queue", "SSEType: KMS, KMSMasterKeyId: !GetAtt DataKey.Arn", "SSEType: KMS, KMSMasterKeyId: !GetAtt EventQueue.Arn", "expected a reference to an AWS::KMS::Key"},
	{"name by condition", "TableName: !Sub ${AWS::StackName}-vault", "TableName: !If [SecretsMounted, a, b]", "Fn::If of other than a text is not understood"},
	{"name by resource", "TableName: !Sub ${AWS::StackName}-vault", "TableName: !Sub ${EventQueue}-vault", "Fn::Sub of the resource EventQueue"},
	{"unknown pseudo parameter", "TableName: !Sub ${AWS::StackName}-vault", "TableName: !Sub ${AWS::StackId}-vault", "AWS::StackId is no parameter"},
	{"one name twice", "TableName: !Sub ${AWS::StackName}-audit", "TableName: !Sub ${AWS::StackName}-vault", `another table with the name "zenvault-dev-vault"`},
	{"visibility", "VisibilityTimeout: 180", "VisibilityTimeout: 43201", "a number from 0 to 43200"},
	{"not a number", "VisibilityTimeout: 180", "VisibilityTimeout: 3m", "a number from 0 to 43200"},
	{"delay", "VisibilityTimeout: 180", "DelaySeconds: 901", "a number from 0 to 900"},
	{"FIFO", "VisibilityTimeout: 180", "FifoQueue: true", "FifoQueue is not understood"},
	{"redrive to a table", "!GetAtt EventDeadLetters.Arn", "!GetAtt VaultTable.Arn", "expected a reference to an AWS::SQS::Queue"},
	{"redrive to nothing", "!GetAtt EventDeadLetters.Arn", "!GetAtt Nothing.Arn", "needs a resource of the template"},
	{"redrive to itself", "!GetAtt EventDeadLetters.Arn", "!GetAtt EventQueue.Arn", "can't be its own dead letters"},
	{"never redriven", ", maxReceiveCount: 5", "", "needs a deadLetterTargetArn and a maxReceiveCount"},
	{"clear queue", "SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", "encrypted by SQS or by a key"},
	{"property twice", "VisibilityTimeout: 180", "SqsManagedSseEnabled: true", "SqsManagedSseEnabled stands here twice"},
	{"key spec", "KeySpec: ECC_NIST_P256", "KeySpec: ECC_NIST_P384", `"ECC_NIST_P384" is not understood here`},
	{"key usage", "KeyUsage: SIGN_VERIFY", "KeyUsage: KEY_AGREEMENT", `"KEY_AGREEMENT" is not understood here`},
	{"spec against usage", "KeyUsage: SIGN_VERIFY", "KeyUsage: ENCRYPT_DECRYPT", "KeySpec ECC_NIST_P256 for ENCRYPT_DECRYPT"},
	{"rotated signing key", "KeyUsage: SIGN_VERIFY", "EnableKeyRotation: true", "symmetric keys only"},
	{"two aliases", "TargetKeyId: !Ref TokenKey", "TargetKeyId: !Ref MasterWrapKey", "MasterWrapKey has two aliases"},
	{"reserved alias", "alias/${AWS::StackName}-token", "alias/aws/token", "reserved"},
	{"conditional resource", "    Type: AWS::SQS::Queue", "    Condition: SecretsMounted\n    Type: AWS::SQS::Queue", "Condition is not understood"},
	{"other resource of the services", "Type: AWS::KMS::Alias", "Type: AWS::KMS::ReplicaKey", "type AWS::KMS::ReplicaKey is not understood"},
	{"resource without type", "    Type: AWS::SNS::Topic\n", "", "a resource needs a Type"},
}

// A template that asks for what would be passed over is refused, naming the line of the fault.
func TestReadRefuses(t *testing.T) {
	source := string(template(t))
	for _, e := range edits {
		t.Run(e.name, func(t *testing.T) {
			at := strings.Index(source, e.old)
			if at < 0 {
				t.Fatalf("the template has no %q to be changed", e.old)
			}
			_, err := stack.Read([]byte(source[:at]+e.new+source[at+len(e.old):]), stack.Deployment{Name: "zenvault-dev"})
			if err == nil || !strings.Contains(err.Error(), e.want) {
				t.Fatalf("got error %v, want one with %q", err, e.want)
			}
		})
	}
}

// The line named is that of the fault itself.
func TestReadNamesTheLine(t *testing.T) {
	source := func(lines ...string) string {
		return "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n" + strings.Join(lines, "\n")
	}
	for _, c := range []struct{ name, source, want string }{
		{"property", source("    Properties:", "      QueueName: q", "      FifoQueue: true"), "line 6: FifoQueue is not understood"},
		{"value", source("    Properties:", "      QueueName: q", "      DelaySeconds: -1"), "line 6: expected a number from 0 to 900"},
		{"missing property", source("    Properties: {}"), "line 3: needs QueueName"},
		{"twice", source("    Type: AWS::SQS::Queue"), "line 4: Type stands here twice"},
		{"alias", source("    Properties: &p { QueueName: q }", "    Metadata: *p", "  R: *p"), "line 6: expected a mapping"},
		{"merge", source("    Properties: { <<: { QueueName: q } }"), "line 4: expected a name"},
		{"list for mapping", source("    Properties: [a]"), "line 4: expected a mapping"},
		{"null", source("    Properties: { QueueName: null }"), "line 4: expected a text, a number or a flag"},
		{"no resources", "Parameters: {}\n", "line 1: a template needs Resources"},
		{"two documents", "Resources: {}\n---\nResources: {}\n", "line 2: more than one YAML document"},
		{"key without alias", "Resources:\n  K:\n    Type: AWS::KMS::Key\n", "line 3: K needs an alias, by which it is found again"},
		{"empty", "", "line 1: not a YAML document: EOF"},
		{"parameter without default", "Parameters: {P: {Type: String}}\nResources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref P}}",
			"line 3: the parameter P has no default"},
		{"too large", strings.Repeat("#", 1<<20+1), "line 1: a template of 1048577 bytes, the limit is 1048576"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := stack.Read([]byte(c.source), stack.Deployment{Name: "dev"})
			if err == nil {
				t.Fatal("got no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// small has one resource of each kind: the repository's own template is too large for a fuzzer to work on.
const small = `Resources:
  K: {Type: AWS::KMS::Key}
  A: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/k, TargetKeyId: !Ref K}}
  D: {Type: AWS::SQS::Queue, Properties: {QueueName: d, KmsMasterKeyId: !Ref K}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, RedrivePolicy: {deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 3}}}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: t
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: p, AttributeType: S}]
      KeySchema: [{AttributeName: p, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      GlobalSecondaryIndexes:
        - {IndexName: i, KeySchema: [{AttributeName: p, KeyType: HASH}], Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [a]}}
`

// A stream is read with its view, and one with a view that there is not is refused.
func TestReadStream(t *testing.T) {
	s, err := stack.Read([]byte(small), stack.Deployment{})
	if err != nil || s.Tables[0].Stream != "NEW_IMAGE" {
		t.Errorf("got %+v, %v; want the stream NEW_IMAGE", s.Tables, err)
	}
	_, err = stack.Read([]byte(strings.Replace(small, "NEW_IMAGE", "NEW", 1)), stack.Deployment{})
	if want := `line 13: "NEW" is not understood here`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

// Whatever the bytes, reading ends in a stack whose every part is named and reachable, or in an error with a line.
func FuzzRead(f *testing.F) {
	f.Add([]byte(small))
	if _, err := stack.Read([]byte(small), stack.Deployment{}); err != nil {
		f.Fatalf("the seed is refused: %v", err)
	}
	for _, e := range edits {
		f.Add([]byte("Resources:\n  R: {Type: AWS::SQS::Queue, Properties: {" + e.new + "}}\n"))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		s, err := stack.Read(source, stack.Deployment{Name: "dev", Region: "eu-central-1"})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("the error names no line: %v", err)
			}
			return
		}
		queues := map[string]bool{}
		for _, q := range s.Queues {
			queues[q.LogicalID] = true
		}
		for _, q := range s.Queues {
			if q.Name == "" || q.Redrive.DeadLetters != "" && !queues[q.Redrive.DeadLetters] {
				t.Errorf("a queue without name, or with dead letters nowhere: %+v", q)
			}
		}
		for _, table := range s.Tables {
			if table.Name == "" || table.PrimaryKey.Partition.Type == "" {
				t.Errorf("a table without name or key: %+v", table)
			}
		}
		for _, k := range s.Keys {
			if k.Alias == "" || k.Spec == "" || k.Usage == "" {
				t.Errorf("a key without alias, spec or usage: %+v", k)
			}
		}
	})
}
