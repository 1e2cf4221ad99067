package wire

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/secret"
)

// Env is a function's settings, as the template gives them. Which are required depends on what the function opens.
type Env struct {
	Region        string // AWS_REGION
	Stack         string // ZENVAULT_STACK
	VaultTable    string // ZENVAULT_VAULT_TABLE
	AuditTable    string // ZENVAULT_AUDIT_TABLE
	EventQueue    string // ZENVAULT_EVENT_QUEUE, a URL, as the other queues
	DeliveryQueue string // ZENVAULT_DELIVERY_QUEUE
	RetryQueue    string // ZENVAULT_RETRY_QUEUE
	MailQueue     string // ZENVAULT_MAIL_QUEUE
	TransferQueue string // ZENVAULT_TRANSFER_QUEUE
	LimitsTable   string // ZENVAULT_LIMITS_TABLE
	TokenKey      string // ZENVAULT_TOKEN_KEY, the KMS key that signs access tokens
	MasterKey     string // ZENVAULT_MASTER_KEY, the wrapped master keys, base64, the newest first, separated by commas
	MasterWrapKey string // ZENVAULT_MASTER_WRAP_KEY, the KMS key that wraps master keys
	Issuer        string // ZENVAULT_ISSUER, the base URL of the API
	ConsoleURL    string // ZENVAULT_CONSOLE_URL, which links in letters lead to; empty where there is no console
	MailFrom      string // ZENVAULT_MAIL_FROM, the address that letters are sent from

	MailConfigurationSet string // ZENVAULT_MAIL_CONFIGURATION_SET, of SES; empty is none

	SecretsDir  string // ZENVAULT_SECRETS_DIR, where provider signing keys are mounted; empty where they all live in KMS
	SecretsMode string // ZENVAULT_SECRETS_MODE, the form of that directory: "plain", which is the default, or "kubernetes"
	SecretsUser int    // ZENVAULT_SECRETS_USER, the user id of an EFS access point, whose files are taken; 0 is nobody
	Endpoint    string // ZENVAULT_AWS_ENDPOINT, of the embedded AWS; empty on AWS

	Rates   limit.Rates      // ZENVAULT_RATE_LIMITS; nil is limit.DefaultRates
	Proxies clientip.Proxies // ZENVAULT_TRUSTED_PROXIES, whose X-Forwarded-For is believed; none is the default

	// FactorOptional lets admins without a second factor do what their role may: ZENVAULT_SECOND_FACTOR is "optional".
	// Anything else, nothing included, asks for one.
	FactorOptional bool

	// OneAdmin lets the author of a policy publish it: ZENVAULT_FOUR_EYES is "optional". Anything else, nothing included, asks
	// for another admin.
	OneAdmin bool

	// AllowPlainDelivery lets webhooks go to http and loopback addresses: for the local gateway only, never a function.
	AllowPlainDelivery bool

	// ProviderURL is where the environment "local" of every custody provider is: of the local gateway only, never a function's.
	ProviderURL string

	accessKey    string
	secretKey    secret.Text
	sessionToken secret.Text
}

// ReadEnv reads the settings through getenv. It fails naming the first missing one that every function needs.
func ReadEnv(getenv func(string) string) (Env, error) {
	e := Env{
		Region: getenv("AWS_REGION"), Stack: getenv("ZENVAULT_STACK"),
		VaultTable: getenv("ZENVAULT_VAULT_TABLE"), AuditTable: getenv("ZENVAULT_AUDIT_TABLE"),
		EventQueue: getenv("ZENVAULT_EVENT_QUEUE"), DeliveryQueue: getenv("ZENVAULT_DELIVERY_QUEUE"),
		RetryQueue: getenv("ZENVAULT_RETRY_QUEUE"), MailQueue: getenv("ZENVAULT_MAIL_QUEUE"), TransferQueue: getenv("ZENVAULT_TRANSFER_QUEUE"),
		LimitsTable: getenv("ZENVAULT_LIMITS_TABLE"), FactorOptional: getenv("ZENVAULT_SECOND_FACTOR") == "optional",
		OneAdmin: getenv("ZENVAULT_FOUR_EYES") == "optional", TokenKey: getenv("ZENVAULT_TOKEN_KEY"),
		MasterKey: getenv("ZENVAULT_MASTER_KEY"), MasterWrapKey: getenv("ZENVAULT_MASTER_WRAP_KEY"), Issuer: getenv("ZENVAULT_ISSUER"),
		SecretsDir: getenv("ZENVAULT_SECRETS_DIR"), SecretsMode: getenv("ZENVAULT_SECRETS_MODE"), Endpoint: getenv("ZENVAULT_AWS_ENDPOINT"),
		ConsoleURL: getenv("ZENVAULT_CONSOLE_URL"), MailFrom: getenv("ZENVAULT_MAIL_FROM"), MailConfigurationSet: getenv("ZENVAULT_MAIL_CONFIGURATION_SET"),
		accessKey: getenv("AWS_ACCESS_KEY_ID"), secretKey: secret.NewText(getenv("AWS_SECRET_ACCESS_KEY")),
		sessionToken: secret.NewText(getenv("AWS_SESSION_TOKEN")),
	}
	var err error
	if e.Rates, err = limit.ParseRates(getenv("ZENVAULT_RATE_LIMITS")); err != nil {
		return Env{}, fmt.Errorf("reading ZENVAULT_RATE_LIMITS: %w", err)
	}
	if e.SecretsUser, err = userID(getenv("ZENVAULT_SECRETS_USER")); err != nil {
		return Env{}, err
	}
	if e.Proxies, err = clientip.Parse(getenv("ZENVAULT_TRUSTED_PROXIES")); err != nil {
		return Env{}, fmt.Errorf("reading ZENVAULT_TRUSTED_PROXIES: %w", err)
	}
	for name, value := range map[string]string{
		"AWS_REGION": e.Region, "ZENVAULT_STACK": e.Stack, "ZENVAULT_VAULT_TABLE": e.VaultTable, "ZENVAULT_AUDIT_TABLE": e.AuditTable,
		"ZENVAULT_LIMITS_TABLE": e.LimitsTable,
	} {
		if value == "" {
			return Env{}, fmt.Errorf("the environment variable %s is not set", name)
		}
	}
	return e, nil
}

// userID reads the id of a user; nothing is nobody.
func userID(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, errors.New("reading ZENVAULT_SECRETS_USER: a user id is a number")
	}
	return int(id), nil
}

// credentials are those of the environment, which Lambda sets; the embedded AWS takes any.
func (e Env) credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if e.Endpoint != "" && e.accessKey == "" {
			return aws.Credentials{AccessKeyID: "embedded", SecretAccessKey: "embedded"}, nil
		}
		return aws.Credentials{AccessKeyID: e.accessKey, SecretAccessKey: e.secretKey.Expose(),
			SessionToken: e.sessionToken.Expose(), Source: "environment"}, nil
	})
}
