package shape_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/shape"
	"github.com/zenvault/zenvault/shared/edge"
)

func spec(t *testing.T, name string) edge.Spec {
	t.Helper()
	for _, s := range shape.Specs() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no function %s", name)
	return edge.Spec{}
}

// What a role allows, in short: actions, where, and under which condition.
func rights(t *testing.T, s edge.Spec) (all []string) {
	t.Helper()
	found, err := shape.Rights(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found {
		line := strings.Join(r.Actions, " ") + " on " + strings.Join(r.Resources, " ")
		if len(r.Condition) > 0 {
			line += " if " + strings.TrimSpace(r.Condition[0])
		}
		all = append(all, line)
	}
	return all
}

// A role allows what the function does and nothing beside it.
func TestRights(t *testing.T) {
	const (
		reading = "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:ConditionCheckItem on !GetAtt VaultTable.Arn if ForAllValues:StringLike: { dynamodb:LeadingKeys: "
		writing = "dynamodb:PutItem dynamodb:UpdateItem on !GetAtt VaultTable.Arn if ForAllValues:StringLike: { dynamodb:LeadingKeys: "
		adding  = "dynamodb:PutItem on !GetAtt VaultTable.Arn if ForAllValues:StringLike: { dynamodb:LeadingKeys: "
		noting  = "dynamodb:PutItem on !GetAtt AuditTable.Arn"
		count   = `dynamodb:UpdateItem on !GetAtt LimitsTable.Arn if ForAllValues:StringLike: { dynamodb:LeadingKeys: ["rate#*"] }`
		public  = "kms:GetPublicKey on !If [TokenKeysGiven, !Ref TokenKeys, !GetAtt TokenKey.Arn]"
		unwrap  = "kms:Decrypt on !GetAtt MasterWrapKey.Arn if StringEquals:"
	)
	for name, want := range map[string][]string{
		"health-check": {reading + `["health#*"] }`, noting, count},
		"session-jwks": {noting, count, public},
		"workspace-list": {reading + `["admin#*"] }`,
			`dynamodb:Query on !Sub "${VaultTable.Arn}/index/directory" if ForAllValues:StringLike: { dynamodb:LeadingKeys: ["workspaces"] }`, noting, count, public},
		"apikey-create": {reading + `["admin#*", "apikey#*", "once#admin#*", "workspace#*"] }`,
			writing + `["apikey#*"] }`, adding + `["once#admin#*"] }`, noting, count, unwrap, public},
		"trail-list": {reading + `["admin#*"] }`, noting,
			`dynamodb:Query on !GetAtt AuditTable.Arn !Sub "${AuditTable.Arn}/index/*"`, count, public},
		"endpoint-get": {reading + `["apikey#*", "endpoints#*"] }`, noting,
			strings.Replace(count, `"rate#*"`, `"nonce#*", "rate#*", "used#*"`, 1), unwrap},
		"policy-publish": {reading + `["admin#*", "once#admin#*", "policy#*", "workspace#*"] }`, writing + `["policy#*"] }`, adding + `["event#*", "once#admin#*"] }`, noting, count, public, "sqs:SendMessage on !GetAtt EventQueue.Arn"},
		"delivery-sweep": {reading + `["delivery#*"] }`,
			`dynamodb:Query on !Sub "${VaultTable.Arn}/index/due" if ForAllValues:StringLike: { dynamodb:LeadingKeys: ["due#*"] }`,
			"sqs:SendMessage on !GetAtt EventQueue.Arn !GetAtt DeliveryQueue.Arn !GetAtt RetryQueue.Arn"},
		"delivery-fan": {reading + `["delivery#*", "endpoints#*", "event#*"] }`, writing + `["delivery#*", "event#*"] }`, noting,
			"sqs:SendMessage on !GetAtt DeliveryQueue.Arn !GetAtt RetryQueue.Arn !GetAtt MailQueue.Arn",
			"sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes on !GetAtt EventQueue.Arn"},
		"session-refresh": {reading + `["admin#*"] }`, writing + `["admin#*"] }`, adding + `["event#*"] }`, noting, count, unwrap,
			"kms:Sign kms:GetPublicKey on !If [TokenKeysGiven, !Ref TokenKeys, !GetAtt TokenKey.Arn]"},
		"mail-send": {reading + `["admin#*", "email#*", "event#*"] }`, writing + `["admin#*"] }`, noting,
			"sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes on !GetAtt MailQueue.Arn",
			`ses:SendEmail on !Sub "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*" ` +
				`!If [MailConfigurationSetGiven, !Sub "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailConfigurationSet}", !Ref AWS::NoValue]` +
				" if StringEquals: { ses:FromAddress: !If [MailFromGiven, !Ref MailFrom, none] }"},
		"transfer-create": {reading + `["apikey#*", "connections#*", "once#api_key#*", "transfer#*"] }`, writing + `["transfer#*"] }`, adding + `["event#*", "once#api_key#*"] }`,
			noting, strings.Replace(count, `"rate#*"`, `"nonce#*", "rate#*", "used#*"`, 1), unwrap, "sqs:SendMessage on !GetAtt EventQueue.Arn !GetAtt TransferQueue.Arn"},
		"transfer-advance": {reading + `["connections#*", "reservation#*", "transfer#*", "usage#*"] }`, writing + `["reservation#*", "transfer#*", "usage#*"] }`, adding + `["event#*"] }`, noting,
			"sqs:SendMessage on !GetAtt EventQueue.Arn !GetAtt TransferQueue.Arn",
			"sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes on !GetAtt TransferQueue.Arn"},
		"transfer-sweep": {`dynamodb:Query on !Sub "${VaultTable.Arn}/index/due" if ForAllValues:StringLike: { dynamodb:LeadingKeys: ["transferdue#*"] }`,
			"sqs:SendMessage on !GetAtt TransferQueue.Arn"},
		"key-generate": {noting, "kms:GenerateDataKeyWithoutPlaintext on !GetAtt MasterWrapKey.Arn if StringEquals:"},
		"key-rewrap": {reading + `["admin#*", "endpoints#*"] }`, writing + `["admin#*", "endpoints#*"] }`,
			`dynamodb:Query on !Sub "${VaultTable.Arn}/index/directory" if ForAllValues:StringLike: { dynamodb:LeadingKeys: ["admins", "apikeys#*", "workspaces"] }`, noting, unwrap},
	} {
		if diff := cmp.Diff(want, rights(t, spec(t, name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A function that needs nothing gets nothing.
func TestNothingNeededNothingAllowed(t *testing.T) {
	if got := rights(t, edge.Spec{Name: "a-b"}); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

// No function may change or remove an audit entry, remove anything, scan, or name an action or a resource by a star.
func TestForbiddenToAll(t *testing.T) {
	allowed := []string{
		"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
		"kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:Sign", "kms:GetPublicKey", "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "ses:SendEmail",
	}
	for _, s := range shape.Specs() {
		found, err := shape.Rights(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			audit := strings.Contains(strings.Join(r.Resources, " "), "AuditTable")
			for _, action := range r.Actions {
				if !slices.Contains(allowed, action) || audit && action != "dynamodb:PutItem" && action != "dynamodb:Query" {
					t.Errorf("%s may %s on %s", s.Name, action, r.Resources)
				}
			}
			if vault := strings.Contains(strings.Join(r.Resources, " "), "VaultTable"); vault && len(r.Condition) == 0 {
				t.Errorf("%s may %s on every key of the vault", s.Name, r.Actions)
			}
		}
	}
}

// A spec that names keys which the generator does not know, or writes to an index, deploys nothing.
func TestRefusesUnknownKeys(t *testing.T) {
	for _, needs := range []edge.Needs{
		{Reads: []string{"secret#"}}, {Writes: []string{"workspace"}}, {Writes: []string{"workspaces"}}, {Reads: []string{""}}, {Writes: []string{"*"}},
	} {
		if got, err := shape.Functions([]edge.Spec{{Name: "a-b", Needs: needs}}); err == nil {
			t.Errorf("%+v: got %s, want an error", needs, got)
		}
	}
}

// Every known keyspace is one that a function needs.
func TestNoStaleKeyspace(t *testing.T) {
	stale := maps.Clone(shape.Keyspaces)
	for _, s := range shape.Specs() {
		for _, prefix := range slices.Concat(s.Needs.Reads, s.Needs.Writes) {
			delete(stale, prefix)
		}
	}
	for prefix := range stale {
		t.Errorf("no function needs %q", prefix)
	}
}

// The stack stays far from CloudFormation's 500 resources.
func TestFewResources(t *testing.T) {
	const limit = 450
	// What SAM makes of an event (AWS SAM, "Generated CloudFormation resources"): a route is a permission, its path being in
	// the API's body; a queue is a mapping; a schedule is a rule and a permission. The API has a stage besides.
	events := map[string]int{"HttpApi": 1, "SQS": 1, "Schedule": 2}
	resources, made := 0, 1
	for _, line := range strings.Split(read(t, "template.yaml"), "\n") {
		if strings.HasPrefix(line, "    Type: AWS::") {
			resources++
		}
		if kind, isEvent := strings.CutPrefix(line, "          Type: "); isEvent {
			if events[kind] == 0 {
				t.Errorf("an event of the kind %s", kind)
			}
			made += events[kind]
		}
	}
	if total := resources + made; made < 50 || total > limit || resources < 100 {
		t.Errorf("%d resources, want at most %d", total, limit)
	}
}
