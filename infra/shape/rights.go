package shape

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// keyspaces is the closed set of what Needs may name: prefixes of the vault's keys, and partitions of its indexes with
// the index that they are in.
var keyspaces = map[string]string{
	"admin#": "", "apikey#": "", "connections#": "", "cosigner#": "", "decision#": "", "delivery#": "", "email#": "", "endpoints#": "",
	"event#": "", "founder#": "", "health#": "", "policy#": "", "reservation#": "", "transfer#": "", "usage#": "", "workspace#": "",

	"admins": ledger.Directory, "apikeys#": ledger.Directory, "cosigners": ledger.Directory, "transfers#": ledger.Directory, "workspaces": ledger.Directory,
	"due#": ledger.DueIndex, "transferdue#": ledger.DueIndex,
}

// Right is one statement of a function's role.
type Right struct {
	Why       string
	Actions   []string
	Resources []string // as YAML
	Condition []string // lines of YAML
}

// Rights derives what a function may do from its spec. What is not here it may not do. TransactWriteItems has no action
// of its own: each of its writes needs the action of that write. Nothing deletes, so nothing may.
func Rights(s edge.Spec) ([]Right, error) {
	reads, adds, lists, err := leading(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	all := slices.Concat(
		keyed("read its items, and hold them still while it writes", reads,
			"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"),
		keyed("write its items", s.Needs.Writes, "dynamodb:PutItem", "dynamodb:UpdateItem"),
		keyed("add what a commit adds", adds, "dynamodb:PutItem"),
	)
	for _, index := range []string{ledger.Directory, ledger.DueIndex} {
		all = append(all, listing(index, lists[index])...)
	}
	return slices.Concat(all, trail(s), limits(s), keys(s), queues(s), mails(s)), nil
}

// leading sorts what a function needs of the vault: keys that it reads, keys that a commit adds beside its own, and
// partitions of indexes.
func leading(s edge.Spec) (reads, adds []string, lists map[string][]string, err error) {
	lists = map[string][]string{}
	for _, prefix := range append(slices.Clone(s.Needs.Reads), s.Needs.Writes...) {
		index, known := keyspaces[prefix]
		switch {
		case !known:
			return nil, nil, nil, fmt.Errorf("the keys %q are not known to the generator", prefix)
		case index != "" && slices.Contains(s.Needs.Writes, prefix):
			return nil, nil, nil, fmt.Errorf("the index partition %q can't be written", prefix)
		case index != "":
			lists[index] = append(lists[index], prefix)
		default:
			reads = append(reads, prefix)
		}
	}
	switch s.Guard.Kind {
	case edge.AdminGuard:
		reads = append(reads, "admin#")
	case edge.KeyGuard:
		reads = append(reads, "apikey#")
	}
	if tokens := onceKeys(s); tokens != "" {
		reads, adds = append(reads, tokens), append(adds, tokens)
	}
	if (s.Needs.Announces || s.Needs.Events) && len(s.Needs.Writes) > 0 {
		adds = append(adds, "event#")
	}
	return reads, adds, lists, nil
}

// onceKeys are where the replies under a caller's Idempotency-Keys are kept.
func onceKeys(s edge.Spec) string {
	if !TakesIdempotencyKey(s) {
		return ""
	}
	if s.Guard.Kind == edge.AdminGuard {
		return "once#" + string(caller.Admin) + "#"
	}
	return "once#" + string(caller.APIKey) + "#"
}

// TakesIdempotencyKey tells where the edge looks at the header.
func TakesIdempotencyKey(s edge.Spec) bool { return edge.TakesOnce(s) }

func keyed(why string, prefixes []string, actions ...string) []Right {
	if len(prefixes) == 0 {
		return nil
	}
	return []Right{{why, actions, []string{"!GetAtt VaultTable.Arn"}, leadingKeys(prefixes)}}
}

func listing(index string, partitions []string) []Right {
	if len(partitions) == 0 {
		return nil
	}
	return []Right{{"list by the index " + index, []string{"dynamodb:Query"},
		[]string{fmt.Sprintf(`!Sub "${VaultTable.Arn}/index/%s"`, index)}, leadingKeys(partitions)}}
}

// leadingKeys bounds a statement to partitions. ForAllValues holds where there is no value, so a request without a key
// is refused on its own.
func leadingKeys(prefixes []string) []string {
	var patterns []string
	for _, p := range slices.Compact(slices.Sorted(slices.Values(prefixes))) {
		if strings.HasSuffix(p, "#") {
			p += "*"
		}
		patterns = append(patterns, fmt.Sprintf("%q", p))
	}
	return []string{
		"ForAllValues:StringLike: { dynamodb:LeadingKeys: [" + strings.Join(patterns, ", ") + "] }",
		`"Null": { dynamodb:LeadingKeys: "false" }`,
	}
}

// trail is what a function may do with audit entries: never change and never remove one.
func trail(s edge.Spec) (all []Right) {
	if len(s.Needs.Writes) > 0 || s.Needs.Notes || s.Guard.Kind != edge.Closed { // a guard notes whom it turns away
		all = append(all, Right{Why: "add audit entries", Actions: []string{"dynamodb:PutItem"},
			Resources: []string{"!GetAtt AuditTable.Arn"}})
	}
	if s.Needs.Trail {
		all = append(all, Right{Why: "read the trail", Actions: []string{"dynamodb:Query"},
			Resources: []string{"!GetAtt AuditTable.Arn", `!Sub "${AuditTable.Arn}/index/*"`}})
	}
	return all
}

// limits is the right to count, which every route needs, and to read when API keys were last used: no other record is ever
// read.
func limits(s edge.Spec) (all []Right) {
	table := []string{"!GetAtt LimitsTable.Arn"}
	if s.HTTP() {
		all = append(all, Right{"count", []string{"dynamodb:UpdateItem"}, table, leadingKeys(counted(s))})
	}
	if s.Needs.Uses {
		all = append(all, Right{"read when API keys were last used", []string{"dynamodb:BatchGetItem"}, table, leadingKeys([]string{"used#"})})
	}
	return all
}

// counted are the records of the limits table that a route may write: a count of requests for every one, and what its
// guard or its domain counts besides.
func counted(s edge.Spec) []string {
	records := []string{"rate#"}
	if s.Needs.Attempts {
		records = append(records, "attempts#")
	}
	if s.Guard.Kind == edge.KeyGuard {
		records = append(records, "nonce#", "used#")
	}
	return records
}

// masterContext binds a right to the encryption context of this stack's master keys.
var masterContext = []string{
	"StringEquals:",
	"  kms:EncryptionContext:app: zenvault",
	"  kms:EncryptionContext:stack: !Ref AWS::StackName",
	"  kms:EncryptionContext:purpose: master",
}

func keys(s edge.Spec) (all []Right) {
	if s.Needs.MasterKey || s.Guard.Kind == edge.KeyGuard {
		all = append(all, Right{"unwrap the master key", []string{"kms:Decrypt"}, []string{"!GetAtt MasterWrapKey.Arn"}, masterContext})
	}
	if s.Needs.Wraps {
		all = append(all, Right{"make wrapped master keys", []string{"kms:GenerateDataKeyWithoutPlaintext"}, []string{"!GetAtt MasterWrapKey.Arn"}, masterContext})
	}
	token := []string{"!If [TokenKeysGiven, !Ref TokenKeys, !GetAtt TokenKey.Arn]"}
	switch {
	case s.Needs.Signs:
		all = append(all, Right{Why: "sign access tokens", Actions: []string{"kms:Sign", "kms:GetPublicKey"}, Resources: token})
	case s.Needs.Tokens, s.Guard.Kind == edge.AdminGuard:
		all = append(all, Right{Why: "verify access tokens", Actions: []string{"kms:GetPublicKey"}, Resources: token})
	}
	return all
}

func queues(s edge.Spec) (all []Right) {
	var to []string
	if s.Needs.Announces {
		to = append(to, queueARN(edge.EventQueue))
	}
	if s.Needs.Delivers {
		to = append(to, queueARN(edge.DeliveryQueue), queueARN(edge.RetryQueue))
	}
	if s.Needs.Posts {
		to = append(to, queueARN(edge.MailQueue))
	}
	if s.Needs.Transfers {
		to = append(to, queueARN(edge.TransferQueue))
	}
	if len(to) > 0 {
		all = append(all, Right{Why: "send", Actions: []string{"sqs:SendMessage"}, Resources: to})
	}
	if s.Queue != "" {
		all = append(all, Right{Why: "take messages", Actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
			Resources: []string{queueARN(s.Queue)}})
	}
	return all
}

// mails lets a function send from the stack's one address. Which identity of SES stands for it, itself or a domain that
// it belongs to, is settled by whoever verified it; so the address is what is bounded.
func mails(s edge.Spec) []Right {
	if !s.Needs.Mails {
		return nil
	}
	return []Right{{"send mail from the one address", []string{"ses:SendEmail"}, []string{
		`!Sub "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"`,
		`!If [MailConfigurationSetGiven, !Sub "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailConfigurationSet}", !Ref AWS::NoValue]`,
	}, []string{"StringEquals: { ses:FromAddress: !If [MailFromGiven, !Ref MailFrom, none] }"}}}
}

func queueARN(q edge.Queue) string { return fmt.Sprintf("!GetAtt %s.Arn", q) }
