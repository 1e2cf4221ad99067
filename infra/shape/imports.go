package shape

import (
	"slices"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/zenvault/zenvault/"

// Rule says what some packages may import beside the standard library. "x/..." is x and all below it.
type Rule struct {
	Packages []string
	May      []string
	Why      string
}

const (
	sdk  = "github.com/aws/aws-sdk-go-v2"
	jwt  = "github.com/golang-jwt/jwt/v5"
	yaml = "go.yaml.in/yaml/v3"
)

// groups are sets of packages that rules name as one.
var groups = map[string][]string{
	"kernel": {"shared/fault", "shared/secret", "shared/id", "shared/tenant", "shared/caller", "shared/audit", "shared/ledger",
		"shared/strict", "shared/amount", "shared/label"},
	"domain": {"shared/admin", "shared/apikey", "shared/connection", "shared/cosign", "shared/delivery", "shared/endpoint", "shared/health",
		"shared/mail", "shared/policy", "shared/rewrap", "shared/session", "shared/trail", "shared/transfer", "shared/workspace"},
}

// Rules is the architecture: a package imports what its one rule allows, and nothing else.
var Rules = []Rule{
	{[]string{"kernel"}, []string{"kernel"}, "the words that all the rest is written in"},
	{[]string{"shared/clientip"}, nil, "who asks, by address"},
	{[]string{"shared/edge"}, []string{"kernel", "shared/clientip", "shared/limit"}, "HTTP as data; it knows no domain"},

	{[]string{"shared/limit"}, []string{"kernel"}, "counting; the table is a port"},
	{[]string{"shared/metric"}, []string{"kernel"}, "numbers for who must be woken"},
	{[]string{"shared/signing"}, []string{"kernel"}, "what a domain and a provider's codec say to each other"},
	{[]string{"shared/custody"}, []string{"kernel"}, "what a domain and a provider's client say to each other"},
	{[]string{"shared/webhook"}, []string{"kernel"}, "what endpoints, deliveries and the guarded client have in common"},
	{[]string{"shared/keyset"}, []string{"kernel"}, "the master keys; who unwraps them is a port"},

	{[]string{"shared/health", "shared/mail", "shared/rewrap", "shared/trail", "shared/workspace"}, []string{"kernel", "shared/edge"},
		"a domain knows the kernel and how it is called, no other domain and nothing outside"},
	{[]string{"shared/apikey"}, []string{"kernel", "shared/edge", "shared/signedrequest"}, "the domain whose keys can ask for signed requests"},
	{[]string{"shared/totp"}, []string{"kernel"}, "codes of authenticator apps, as RFC 6238 says"},
	{[]string{"shared/qr"}, []string{"kernel", "github.com/boombuler/barcode/qr"}, "the one place that draws QR codes"},
	{[]string{"shared/cosign", "shared/policy"}, []string{"kernel", "shared/edge", "shared/signing"}, "domains that judge signing requests"},
	{[]string{"shared/connection"}, []string{"kernel", "shared/edge", "shared/custody"}, "the domain of accounts at providers"},
	{[]string{"shared/transfer"}, []string{"kernel", "shared/edge", "shared/custody", "shared/signing"}, "the domain of intents, which signing requests must agree with"},
	{[]string{"shared/endpoint", "shared/delivery"}, []string{"kernel", "shared/edge", "shared/webhook"}, "domains of webhooks"},
	{[]string{"shared/admin"}, []string{"kernel", "shared/clientip", "shared/edge", "shared/totp"}, "the domain of people, and of their second factors"},
	{[]string{"shared/session"}, []string{"kernel", "shared/edge", "shared/session/access"}, "the domain whose credential is the access token"},

	{[]string{"shared/session/access"}, []string{"kernel", jwt}, "the JWT of admins"},
	{[]string{"shared/signedrequest"}, []string{"kernel", jwt}, "the JWT of workspaces' requests, pure"},
	{[]string{"shared/client"}, []string{"kernel", "shared/signedrequest"}, "for workspaces' programs: it knows no server code"},
	{[]string{"shared/password"}, []string{"kernel", "golang.org/x/crypto/argon2"}, "the one place that hashes passwords"},
	{[]string{"shared/password/blocklist"}, []string{"kernel"}, "what attackers try first: large, and only where passwords are chosen"},
	{[]string{"shared/gate/keygate"}, []string{"kernel", "shared/edge", "shared/apikey", "shared/signedrequest"}, "API keys to callers"},
	{[]string{"shared/gate/sessiongate"}, []string{"kernel", "shared/edge", "shared/admin", "shared/session", "shared/session/access"}, "sessions to callers"},

	{[]string{"shared/aws/dynamo"}, []string{"kernel", sdk + "/aws", sdk + "/service/dynamodb/..."}, "the one place that knows DynamoDB"},
	{[]string{"shared/aws/kms"}, []string{"kernel", sdk + "/aws", sdk + "/service/kms/...", "golang.org/x/crypto/cryptobyte/..."}, "the one place that knows KMS"},
	{[]string{"shared/aws/kms/providerkey"}, []string{"kernel", "shared/keyref", sdk + "/aws", sdk + "/aws/signer/v4"},
		"the two calls of KMS that a callback may need, without the client that it need not link"},
	{[]string{"shared/aws/queue"}, []string{"kernel", "shared/edge", sdk + "/aws", sdk + "/service/sqs/..."}, "the one place that knows SQS"},
	{[]string{"shared/aws/mailer"}, []string{"kernel", sdk + "/aws", sdk + "/service/sesv2/..."}, "the one place that knows SES"},
	{[]string{"shared/aws/function"}, []string{"kernel", "shared/edge", "github.com/aws/aws-lambda-go/..."}, "the one place that knows Lambda"},
	{[]string{"shared/provider/..."}, []string{"kernel", "shared/signing", "shared/provider/codec", "shared/chain/..."}, "a provider's codec knows no domain and no network"},
	{[]string{"shared/chain/ethereum"}, []string{"golang.org/x/crypto/sha3"}, "what is signed on chains of Ethereum's kind"},
	{[]string{"shared/chain/bitcoin"}, nil, "what is signed on Bitcoin"},
	{[]string{"shared/provider/fireblocks/api"}, []string{"kernel", "shared/custody", "shared/signing", "shared/provider/codec"},
		"a provider's client knows no domain"},
	{[]string{"shared/dialguard"}, []string{"shared/webhook"}, "the guarded client"},
	{[]string{"shared/keyref"}, nil, "how signing keys are named"},
	{[]string{"shared/secretdir"}, []string{"shared/keyref", "golang.org/x/sys/unix"}, "the secrets directory"},

	{[]string{"shared/wire"}, []string{"kernel", "shared/clientip", "shared/edge", "shared/limit", "shared/metric", "shared/aws/dynamo", sdk + "/aws", sdk + "/aws/ratelimit", sdk + "/aws/retry", sdk + "/service/dynamodb",
		"github.com/aws/smithy-go/middleware"}, "what every function opens, and no more: its imports are in every binary"},
	{[]string{"shared/wire/keys"}, []string{"shared/wire", "shared/aws/kms", "shared/keyset", sdk + "/service/kms/..."}, "opens the master keys"},
	{[]string{"shared/wire/wrapping"}, []string{"shared/wire", "shared/aws/kms", "shared/keyset", sdk + "/service/kms"}, "makes master keys that it can't see"},
	{[]string{"shared/wire/rewrapping"}, []string{"kernel", "shared/admin", "shared/apikey", "shared/endpoint", "shared/keyset", "shared/rewrap"},
		"joins the change of master keys to the domains that depend on one"},
	{[]string{"shared/wire/tokens"}, []string{"shared/wire", "shared/aws/kms", "shared/session/access", sdk + "/service/kms"}, "opens the token key"},
	{[]string{"shared/wire/queues"}, []string{"shared/wire", "shared/edge", "shared/mail", "shared/aws/queue", sdk + "/service/sqs"}, "opens the queues"},
	{[]string{"shared/wire/mailing"}, []string{"kernel", "shared/wire", "shared/admin", "shared/mail", "shared/metric", "shared/aws/mailer", sdk + "/service/sesv2"},
		"opens SES, and joins letters to the domain that knows whom they go to"},
	{[]string{"shared/wire/secrets"}, []string{"shared/wire", "shared/aws/kms/providerkey", "shared/keyref", "shared/secretdir", "shared/signing"},
		"opens the homes of signing keys"},
	{[]string{"shared/wire/providers"}, []string{"shared/wire", "shared/wire/secrets", "shared/transfer", "shared/provider/fireblocks/api"}, "opens providers' clients with their keys"},
	{[]string{"shared/wire/sealing"}, []string{"kernel", "shared/endpoint", "shared/keyset"}, "joins the master keys to a domain's port"},
	{[]string{"shared/wire/factors"}, []string{"kernel", "shared/wire", "shared/admin", "shared/keyset"}, "joins the master keys to second factors"},
	{[]string{"shared/wire/bykey"}, []string{"kernel", "shared/wire", "shared/edge", "shared/apikey", "shared/gate/keygate"}, "opens the gate of API keys"},
	{[]string{"shared/wire/bysession"}, []string{"kernel", "shared/wire/...", "shared/edge", "shared/gate/sessiongate", "shared/session/access"}, "opens the gate of sessions"},

	{[]string{"shared/routes"}, []string{"kernel", "domain", "shared/edge", "shared/session/access", "shared/keyset", "shared/password/...", "shared/provider/...",
		"shared/keyref", "shared/qr", "shared/dialguard", "shared/aws/queue", "shared/wire/..."}, "joins every function to its service in one process"},
	{[]string{"functions/..."}, []string{"domain", "shared/edge", "shared/aws/function", "shared/password/...", "shared/provider/...", "shared/keyref",
		"shared/qr", "shared/dialguard", "shared/wire/..."}, "wiring of one function"},

	{[]string{"infra/emulator/conformance"}, []string{sdk + "/...", "github.com/aws/smithy-go", "github.com/google/go-cmp/cmp"},
		"the real clients say what an AWS does"},
	{[]string{"infra/emulator/..."}, []string{"infra/emulator/..."}, "the embedded AWS shares no code with what is tested on it"},
	{[]string{"infra/stack"}, []string{sdk + "/...", yaml}, "reads template.yaml and makes its tables, queues and keys"},
	{[]string{"infra/local/..."}, []string{"kernel", "shared/admin", "shared/edge", "shared/keyset", "shared/limit", "shared/routes", "shared/wire/...", "infra/local",
		"infra/emulator", "infra/stack", sdk + "/..."}, "the gateway of this machine"},
	{[]string{"infra/codectest"}, []string{"shared/amount", "shared/signing", "shared/tenant", "github.com/google/go-cmp/cmp"}, "what the tests of providers' codecs share"},
	{[]string{"infra/vaulttest"}, []string{"kernel", "shared/keyset", "shared/limit", "shared/session/access", "shared/wire/...", "infra/emulator", "infra/stack", sdk + "/..."},
		"a vault for the tests of one package"},
	{[]string{"infra/shape"}, []string{"kernel", "shared/edge", "shared/routes"}, "what follows from the route table"},
	{[]string{"infra/demo"}, []string{"kernel", "shared/client", "shared/signedrequest", "infra/local", "infra/receiver", "infra/simulator"}, "a client: it knows the gateway from outside"},
	{[]string{"infra/simulator", "infra/runtimeapi", "infra/bench"}, nil, "the other side of the wire shares no code with this one"},
	{[]string{"infra/parity"}, nil, "tests alone: both transports answer the same"},
	{[]string{"infra/receiver"}, []string{"github.com/standard-webhooks/standard-webhooks/libraries/go"}, "verifies with the reference library"},
	{[]string{"infra/bench/compare"}, []string{"infra/local", "infra/simulator"}, "the gateway beside other people's handlers, over HTTP"},
	{[]string{"infra/bench/hello"}, []string{"github.com/aws/aws-lambda-go/lambda"}, "the smallest function, to measure against"},
}

// standard says who of shared and functions may import packages of the standard library that reach outside or around
// the types.
var standard = map[string][]string{
	"os": {"shared/wire", "shared/secretdir"}, "net": {"shared/dialguard"}, "math/rand/v2": {"shared/aws/dynamo"},
	"syscall": {"shared/dialguard", "shared/secretdir"}, "os/exec": nil, "unsafe": nil, "plugin": nil, "math/rand": nil, "encoding/gob": nil, "log": nil, "net/rpc": nil,
}

// Package is what the go command tells of one.
type Package struct {
	ImportPath string
	Imports    []string // of its own files, without tests
	Deps       []string // all that is linked with it
}

// Breaches names each import that the rules do not allow, each package that does not have exactly one rule, and each
// line of the rules that is about nothing.
func Breaches(rules []Rule, packages []Package) (found []string) {
	used := map[[2]int]bool{}
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, Module)
		index, ok := ruleOf(rules, name)
		if !ok {
			found = append(found, name+" has no rule: say in infra/shape/imports.go what it may import, and why")
			continue
		}
		used[[2]int{index, -1}] = true
		for _, path := range p.Imports {
			imported := strings.TrimPrefix(path, Module)
			if imported == path && !external(path) {
				if who, listed := standard[path]; listed && !strings.HasPrefix(name, "infra/") && !slices.Contains(who, name) {
					found = append(found, name+" imports "+path+" of the standard library, which it may not")
				}
				continue
			}
			allowed := false
			for i, pattern := range rules[index].May {
				if matches(pattern, imported) {
					allowed, used[[2]int{index, i}] = true, true
				}
			}
			if !allowed {
				found = append(found, name+" imports "+imported+", which its rule does not allow ("+rules[index].Why+")")
			}
		}
	}
	return append(found, stale(rules, used, packages)...)
}

// ruleOf finds the most exact rule for a package.
func ruleOf(rules []Rule, name string) (index int, ok bool) {
	best := -1
	for i, rule := range rules {
		for _, pattern := range rule.Packages {
			if matches(pattern, name) && exactness(pattern) > best {
				index, ok, best = i, true, exactness(pattern)
			}
		}
	}
	return index, ok
}

// exactness orders patterns: whole names before trees, deeper trees before shallow ones.
func exactness(pattern string) int {
	if strings.HasSuffix(pattern, "/...") {
		return len(pattern)
	}
	return 1000
}

func matches(pattern, name string) bool {
	if group, ok := groups[pattern]; ok {
		return slices.Contains(group, name)
	}
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == tree || strings.HasPrefix(name, tree+"/")
	}
	return name == pattern
}

func stale(rules []Rule, used map[[2]int]bool, packages []Package) (found []string) {
	for i, rule := range rules {
		for _, pattern := range rule.Packages {
			if !present(pattern, packages) {
				found = append(found, "stale: a rule is about "+pattern+", which is not there")
			}
		}
		for j, pattern := range rule.May {
			if used[[2]int{i, -1}] && !used[[2]int{i, j}] {
				found = append(found, "stale: the rule of "+strings.Join(rule.Packages, ", ")+" allows "+pattern+", which nobody imports")
			}
		}
	}
	for group, names := range groups {
		for _, name := range names {
			if !present(name, packages) {
				found = append(found, "stale: the "+group+" names "+name+", which is not there")
			}
		}
	}
	return found
}

func present(pattern string, packages []Package) bool {
	for _, p := range packages {
		if matches(pattern, strings.TrimPrefix(p.ImportPath, Module)) {
			return true
		}
	}
	return false
}

// external tells a path of another module from one of the standard library.
func external(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}
