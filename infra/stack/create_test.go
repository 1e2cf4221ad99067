package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/stack"
)

// clients are the real ones of the SDK, against an embedded AWS of this test's own.
func clients(t *testing.T) stack.Clients {
	t.Helper()
	return clientsThrough(t, http.DefaultClient)
}

func clientsThrough(t *testing.T, transport aws.HTTPClient) stack.Clients {
	t.Helper()
	config := aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(endpoint(t)), HTTPClient: transport,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		})}
	return stack.Clients{DynamoDB: dynamodb.NewFromConfig(config), KMS: kms.NewFromConfig(config), SQS: sqs.NewFromConfig(config)}
}

func create(t *testing.T, to stack.Clients, s stack.Stack) stack.Resources {
	t.Helper()
	made, err := stack.Create(t.Context(), to, s)
	if err != nil {
		t.Fatalf("creating: %v", err)
	}
	return made
}

// What Create makes of the repository's template is there, as described, under the names that it gives.
func TestCreate(t *testing.T) {
	to := clients(t)
	made := create(t, to, read(t))

	wantTables := map[string]string{"VaultTable": "zenvault-dev-vault", "AuditTable": "zenvault-dev-audit", "LimitsTable": "zenvault-dev-limits"}
	if diff := cmp.Diff(wantTables, made.Tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	vault, err := to.DynamoDB.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("zenvault-dev-vault")})
	if err != nil {
		t.Fatal(err)
	}
	projections := map[string]string{}
	for _, index := range vault.Table.GlobalSecondaryIndexes {
		projections[*index.IndexName] = string(index.Projection.ProjectionType)
	}
	if diff := cmp.Diff(map[string]string{"directory": "ALL", "due": "KEYS_ONLY"}, projections); diff != "" {
		t.Errorf("indexes of the vault (-want +got):\n%s", diff)
	}
	expiry, err := to.DynamoDB.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("zenvault-dev-vault")})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(expiry.TimeToLiveDescription.AttributeName); got != "expires_at" {
		t.Errorf("expiry of the vault: got %q, want expires_at", got)
	}
}

// Queues have the template's times, and their dead letters go where it says.
func TestCreateQueues(t *testing.T) {
	to := clients(t)
	made := create(t, to, read(t))
	got := attributes(t, to, made.Queues["RetryQueue"])
	for name, want := range map[string]string{"VisibilityTimeout": "180", "MessageRetentionPeriod": "345600", "DelaySeconds": "0"} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	var redrive struct {
		DeadLetterTargetArn string
		MaxReceiveCount     int
	}
	if err := json.Unmarshal([]byte(got["RedrivePolicy"]), &redrive); err != nil {
		t.Fatalf("redrive policy %q: %v", got["RedrivePolicy"], err)
	}
	if !strings.HasSuffix(redrive.DeadLetterTargetArn, ":zenvault-dev-retries-dead") || redrive.MaxReceiveCount != 5 {
		t.Errorf("redrive policy: got %+v, want zenvault-dev-retries-dead after 5", redrive)
	}
}

func attributes(t *testing.T, to stack.Clients, url string) map[string]string {
	t.Helper()
	out, err := to.SQS.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	if err != nil {
		t.Fatalf("attributes of %q: %v", url, err)
	}
	return out.Attributes
}

// Each key is of its kind, and its alias leads to it.
func TestCreateKeys(t *testing.T) {
	to := clients(t)
	made := create(t, to, read(t))
	for _, c := range []struct {
		id, alias string
		spec      kmstypes.KeySpec
		usage     kmstypes.KeyUsageType
	}{
		{"DataKey", "alias/zenvault-dev-data", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"},
		{"MasterWrapKey", "alias/zenvault-dev-master-wrap", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"},
		{"TokenKey", "alias/zenvault-dev-token", "ECC_NIST_P256", "SIGN_VERIFY"},
	} {
		out, err := to.KMS.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &c.alias})
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		if m := out.KeyMetadata; *m.Arn != made.Keys[c.id] || m.KeySpec != c.spec || m.KeyUsage != c.usage {
			t.Errorf("%s: got %s %s %s, want %s %s %s", c.id, *m.Arn, m.KeySpec, m.KeyUsage, made.Keys[c.id], c.spec, c.usage)
		}
	}
}

// recorder keeps the last body of each operation that the clients call.
type recorder struct {
	mu    sync.Mutex
	calls map[string]string
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.calls[operation] = string(body)
	r.mu.Unlock()
	return http.DefaultClient.Do(request)
}

// A second Create changes nothing and asks for no change (CreateQueue makes no second queue), and what was stored in
// between is still there.
func TestCreateTwice(t *testing.T) {
	calls := &recorder{calls: map[string]string{}}
	to := clientsThrough(t, calls)
	first := create(t, to, read(t))
	item := map[string]dynamodbtypes.AttributeValue{
		"pk": &dynamodbtypes.AttributeValueMemberS{Value: "a"}, "sk": &dynamodbtypes.AttributeValueMemberS{Value: "b"}}
	if _, err := to.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(first.Tables["VaultTable"]), Item: item}); err != nil {
		t.Fatal(err)
	}
	clear(calls.calls)
	if diff := cmp.Diff(first, create(t, to, read(t))); diff != "" {
		t.Errorf("resources of the second Create (-first +second):\n%s", diff)
	}
	want := []string{"CreateQueue", "DescribeKey", "DescribeTable", "DescribeTimeToLive", "GetQueueAttributes"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(calls.calls))); diff != "" {
		t.Errorf("operations of the second Create (-want +got):\n%s", diff)
	}
	got, err := to.DynamoDB.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(first.Tables["VaultTable"]), Key: item})
	if err != nil || len(got.Item) != 2 {
		t.Errorf("item after the second Create: got %v, %v; want it as stored", got, err)
	}
}

// A stream is asked for, and a table is not made without it where there are none.
func TestCreateStream(t *testing.T) {
	calls := &recorder{calls: map[string]string{}}
	to := clientsThrough(t, calls)
	s := read(t)
	s.Tables = s.Tables[1:]
	s.Tables[0].Stream = "NEW_IMAGE"
	_, err := stack.Create(t.Context(), to, s)
	if want := "creating the table zenvault-dev-audit"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
	if want := `"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}`; !strings.Contains(calls.calls["CreateTable"], want) {
		t.Errorf("request: got %s, want one with %s", calls.calls["CreateTable"], want)
	}
}

// Two Creates at once end with the same resources.
func TestCreateAtOnce(t *testing.T) {
	to := clients(t)
	s := read(t)
	var made [4]stack.Resources
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			var err error
			if made[i], err = stack.Create(t.Context(), to, s); err != nil {
				t.Errorf("creating beside others: %v", err)
			}
		})
	}
	all.Wait()
	for _, other := range made[1:] {
		if diff := cmp.Diff(made[0], other); diff != "" {
			t.Errorf("resources of another Create (-first +other):\n%s", diff)
		}
	}
}

// doubler sends everything twice and gives the second answer: that of whoever comes just after another Create.
type doubler struct{}

func (doubler) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	first, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	first.Body.Close()
	request.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultClient.Do(request)
}

// A Create that finds at every step that another one was just before it ends well.
func TestCreateComesSecond(t *testing.T) {
	to := clientsThrough(t, doubler{})
	made := create(t, to, read(t))
	if diff := cmp.Diff(made, create(t, to, read(t))); diff != "" {
		t.Errorf("resources of the next Create (-first +next):\n%s", diff)
	}
}

// A Create that was cut short after a table was made is made good by the next.
func TestCreateResumes(t *testing.T) {
	to := clients(t)
	s := read(t)
	bare := s
	bare.Queues, bare.Keys = nil, nil
	bare.Tables = append([]stack.Table(nil), s.Tables...)
	bare.Tables[0].TimeToLive = ""
	create(t, to, bare)
	create(t, to, s)
	expiry, err := to.DynamoDB.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("zenvault-dev-vault")})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(expiry.TimeToLiveDescription.AttributeName); got != "expires_at" {
		t.Errorf("expiry of the vault: got %q, want expires_at", got)
	}
}

// What exists but is not what the template says is refused, by its name, and not taken for it.
func TestCreateRefusesAnotherShape(t *testing.T) {
	to := clients(t)
	create(t, to, read(t))
	for _, c := range []struct {
		name, want string
		change     func(*stack.Stack)
	}{
		{"index", "zenvault-dev-vault exists with other indexes", func(s *stack.Stack) { s.Tables[0].Indexes = s.Tables[0].Indexes[:1] }},
		{"projection", "zenvault-dev-vault exists with other indexes", func(s *stack.Stack) { s.Tables[0].Indexes[1].Projection = "ALL" }},
		{"key", "zenvault-dev-audit exists with another key", func(s *stack.Stack) { s.Tables[1].PrimaryKey.Sort.Type = "N" }},
		{"stream", "zenvault-dev-audit exists with another stream", func(s *stack.Stack) { s.Tables[1].Stream = "NEW_IMAGE" }},
		{"expiry", "zenvault-dev-vault exists and expires by expires_at", func(s *stack.Stack) { s.Tables[0].TimeToLive = "ttl" }},
		{"visibility", "creating the queue zenvault-dev-events", func(s *stack.Stack) { s.Queues[0].Visibility /= 2 }},
		{"dead letters", "creating the queue zenvault-dev-events", func(s *stack.Stack) { s.Queues[0].Redrive.MaxReceives = 6 }},
		{"key usage", "alias/zenvault-dev-token exists as ECC_NIST_P256 for SIGN_VERIFY", func(s *stack.Stack) {
			s.Keys[2].Spec, s.Keys[2].Usage = "HMAC_256", "GENERATE_VERIFY_MAC"
		}},
		{"circle", "the dead letters of the queue zenvault-dev-events come back to it", func(s *stack.Stack) {
			s.Queues[5].Redrive = stack.Redrive{DeadLetters: "EventQueue", MaxReceives: 1}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := read(t)
			c.change(&s)
			if _, err := stack.Create(t.Context(), to, s); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}
