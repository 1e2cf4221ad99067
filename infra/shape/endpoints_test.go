package shape_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/shape"
	"github.com/zenvault/zenvault/shared/edge"
)

// statements are what the endpoints' policies say: by service and resource, the actions.
func statements(t *testing.T, text string) map[string]string {
	t.Helper()
	all, service, action := map[string]string{}, "", ""
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if name, found := strings.CutPrefix(line, "ServiceName: !Sub com.amazonaws.${AWS::Region}."); found {
			service = name
		}
		if list, found := strings.CutPrefix(line, "Action: "); found {
			action = list
		}
		if resource, found := strings.CutPrefix(line, "Resource: "); found {
			all[service+" "+resource] = action
		}
	}
	return all
}

// The endpoints let through what functions with the secrets directory do, by their roles, and nothing else: no deletion, no
// index, no other queue, no master key.
func TestEndpoints(t *testing.T) {
	text, err := shape.Endpoints(shape.Specs())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"dynamodb !GetAtt VaultTable.Arn":  "[dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem]",
		"dynamodb !GetAtt AuditTable.Arn":  "[dynamodb:PutItem]",
		"dynamodb !GetAtt LimitsTable.Arn": "[dynamodb:UpdateItem]",
		"sqs !GetAtt EventQueue.Arn":       "[sqs:SendMessage]",
		"sqs !GetAtt TransferQueue.Arn":    "[sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage]",
		"kms !Ref ProviderKeyArns":         "[kms:GetPublicKey, kms:Sign]",
	}
	if diff := cmp.Diff(want, statements(t, text)); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	inside := 0
	for _, s := range shape.Specs() {
		role := "!GetAtt " + shape.Camel(s.Name) + "Role.Arn"
		if s.Needs.Secrets {
			inside++
		}
		if n := strings.Count(text, role+",") + strings.Count(text, role+"]"); s.Needs.Secrets != (n == len(want)) || !s.Needs.Secrets && n > 0 {
			t.Errorf("%s is let through in %d of %d statements", s.Name, n, len(want))
		}
	}
	if inside != 5 {
		t.Errorf("%d functions are in the VPC, want 5", inside)
	}
}

// A function that mounts the secrets directory and needs what no endpoint leads to is told when the template is made, not by
// a time-out in production.
func TestEndpointMissing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*edge.Spec)
		want   string
	}{
		"mail":             {func(s *edge.Spec) { s.Needs.Mails = true }, "ses:SendEmail"},
		"the master key":   {func(s *edge.Spec) { s.Needs.MasterKey = true }, "kms:Decrypt"},
		"an admin's token": {func(s *edge.Spec) { s.Guard.Kind = edge.AdminGuard }, "kms:GetPublicKey"},
	} {
		s := spec(t, "cosign-fireblocks")
		c.change(&s)
		_, err := shape.Endpoints([]edge.Spec{spec(t, "workspace-list"), s})
		if err == nil || err.Error() != "cosign-fireblocks mounts the secrets directory and needs "+c.want+", to which no VPC endpoint leads" {
			t.Errorf("%s: %v", name, err)
		}
	}
	outside := spec(t, "mail-send")
	if _, err := shape.Endpoints([]edge.Spec{outside}); err != nil {
		t.Errorf("a function outside: %v", err)
	}
}
