package local_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/receiver"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// bytesOf are the 32 bytes of a secret as it is shown.
func bytesOf(t testing.TB, shown string) []byte {
	t.Helper()
	text, found := strings.CutPrefix(shown, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !found || err != nil || len(raw) != 32 {
		t.Fatalf("the secret is %q", shown)
	}
	return raw
}

// work runs the worker of a queue on everything in it, once, and gives the errors. What failed is taken out as well.
func (v *vault) work(t testing.TB, queue edge.Queue, url string) error {
	t.Helper()
	var worker edge.Worker
	for _, row := range routes.Table() {
		if row.Job != nil && row.Spec.Queue == queue {
			worker = row.Job(v.Opened)
		}
	}
	client, errs := sqs.NewFromConfig(v.World.Config), []error{}
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		must(t, err)
		if len(out.Messages) == 0 {
			return errors.Join(errs...)
		}
		for _, m := range out.Messages {
			errs = append(errs, worker(t.Context(), edge.Message{ID: *m.MessageId, Body: []byte(*m.Body), Receives: 1}))
			_, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			must(t, err)
		}
	}
}

// deliver brings all events that are announced to their endpoints.
func (v *vault) deliver(t testing.TB) error {
	t.Helper()
	env := v.World.Env
	must(t, v.work(t, edge.EventQueue, env.EventQueue))
	return v.work(t, edge.DeliveryQueue, env.DeliveryQueue)
}

// listening is a workspace with an endpoint at a receiver of its own.
func (v *vault) listening(t testing.TB) (workspace string, made endpoint, r *receiver.Receiver) {
	t.Helper()
	workspace = v.workspace(t, "Listening")
	r, err := receiver.Start()
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	made = v.endpoint(t, v.key(t, workspace, "endpoints:write"), r.URL)
	r.Trust(made.Secret)
	return workspace, made, r
}

// arrived is how many webhooks a receiver has verified and refused since it was last asked.
func arrived(r *receiver.Receiver) (verified, refused int) {
	for {
		select {
		case <-r.Verified:
			verified++
		case <-r.Refused:
			refused++
		default:
			return verified, refused
		}
	}
}

// The signing secret is stored as a ciphertext only: no run of its bytes, in whatever form, is in any item or in any
// message, also after it was used.
func TestClaim_W2_SecretIsNowhereInPlain(t *testing.T) {
	v := shared(t)
	must(t, drained(v.deliver(t)))
	v.Emulator.Forget()
	workspace, made, r := v.listening(t)
	v.publish(t, workspace)
	must(t, v.deliver(t))
	if verified, refused := arrived(r); verified != 1 || refused != 0 {
		t.Fatalf("%d webhooks verified, %d refused: want one, verified", verified, refused)
	}
	secret := runs{}
	secret.add(bytesOf(t, made.Secret))
	secret.add([]byte(made.Secret[len("whsec_"):]))
	for at, stored := range v.dump(t).texts() {
		if secret.in(stored) {
			t.Errorf("a part of the secret is stored: %s", at)
		}
	}
	sent := 0
	for _, call := range v.Emulator.Calls() {
		if strings.HasPrefix(call.Operation, "AmazonSQS.Send") {
			sent++
		}
		if secret.in(string(call.Body)) {
			t.Errorf("a part of the secret went to %s", call.Operation)
		}
	}
	if sent < 2 {
		t.Errorf("%d calls sent messages: the event and its delivery were not looked at", sent)
	}
	if !secret.in("x" + made.Secret) {
		t.Error("the search does not find the secret where it is")
	}
}

// drained forgets what deliveries of earlier tests came to: their endpoints are closed.
func drained(error) error { return nil }

// The secret is in the answer that made the endpoint and in no other: not in a repeat under the same Idempotency-Key, not
// when reading, not in a list.
func TestClaim_W2_SecretIsShownOnce(t *testing.T) {
	v := shared(t)
	good := v.example(t, routeNamed(t, "endpoint-create"))
	good.once = "once-" + made(v)
	var first endpoint
	v.want(t, 201, good).decode(t, &first)
	secret := runs{}
	secret.add(bytesOf(t, first.Secret))
	secret.add([]byte(first.Secret))
	get := request{method: "GET", path: "/v1/webhook-endpoints/" + first.ID, token: v.homeKey.Token}
	list := request{method: "GET", path: "/v1/webhook-endpoints?limit=100", token: v.homeKey.Token}
	for name, tt := range map[string]struct {
		request
		status int
	}{"a repeat": {good, 201}, "another repeat": {good, 201}, "reading": {get, 200}, "the list": {list, 200}} {
		got := v.want(t, tt.status, tt.request)
		if secret.in(string(got.body)) || strings.Contains(string(got.body), `"secret"`) {
			t.Errorf("%s shows the secret: %s", name, got.body)
		}
		if name != "the list" && !strings.Contains(string(got.body), first.ID) {
			t.Errorf("%s is not of the endpoint: %s", name, got.body)
		}
	}
}

func made(v *vault) string { return v.Opened.Ledger.NewID("one") }

func routeNamed(t testing.TB, name string) edge.Spec {
	t.Helper()
	for _, row := range rows() {
		if row.Spec.Name == name {
			return row.Spec
		}
	}
	t.Fatalf("there is no route %s", name)
	return edge.Spec{}
}

// A ciphertext that is moved to another endpoint, of the same or another workspace, does not open: nothing is sent, and
// so nothing signed with it.
func TestClaim_W2_MovedCiphertextDoesNotOpen(t *testing.T) {
	v := shared(t)
	must(t, drained(v.deliver(t)))
	workspaceA, a, atA := v.listening(t)
	workspaceB, b, atB := v.listening(t)
	second := v.endpoint(t, v.key(t, workspaceA, "endpoints:write"), atA.URL+"/second")
	sealedA, sealedB := v.sealed(t, workspaceA, a.ID), v.sealed(t, workspaceB, b.ID)
	v.seal(t, workspaceA, a.ID, sealedB)
	v.seal(t, workspaceB, b.ID, sealedA)
	v.seal(t, workspaceA, second.ID, sealedA)
	v.publish(t, workspaceA)
	v.publish(t, workspaceB)
	if err := v.deliver(t); err == nil {
		t.Error("the moved ciphertexts were used without a complaint")
	}
	for name, r := range map[string]*receiver.Receiver{"A": atA, "B": atB} {
		if verified, refused := arrived(r); verified+refused != 0 {
			t.Errorf("endpoint %s got %d webhooks", name, verified+refused)
		}
	}
	v.seal(t, workspaceA, a.ID, sealedA) // back in their places they open again
	v.seal(t, workspaceB, b.ID, sealedB)
	v.publish(t, workspaceB)
	must(t, v.deliver(t))
	if verified, refused := arrived(atB); verified != 1 || refused != 0 {
		t.Errorf("after moving it back %d webhooks verified, %d refused", verified, refused)
	}
}

func endpointKey(workspace, endpointID string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "endpoints#" + workspace},
		"sk": &types.AttributeValueMemberS{Value: "endpoint#" + endpointID}}
}

func (v *vault) sealed(t testing.TB, workspace, endpointID string) types.AttributeValue {
	t.Helper()
	out, err := v.database().GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &v.World.Env.VaultTable, Key: endpointKey(workspace, endpointID)})
	must(t, err)
	return out.Item["secret"]
}

func (v *vault) seal(t testing.TB, workspace, endpointID string, sealed types.AttributeValue) {
	t.Helper()
	_, err := v.database().UpdateItem(context.WithoutCancel(t.Context()), &dynamodb.UpdateItemInput{TableName: &v.World.Env.VaultTable,
		Key: endpointKey(workspace, endpointID), UpdateExpression: aws.String("SET #s = :s"), ExpressionAttributeNames: map[string]string{"#s": "secret"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":s": sealed}})
	must(t, err)
}
