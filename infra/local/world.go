package local

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/stack"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

// stackName is that of the local stack.
const stackName = "zenvault-local"

// SigningKey is the name of the development signing key in the secrets directory.
const SigningKey = "fireblocks-response"

// ProviderKey is the name under which the demo and the tests put the key of an API user at a provider there. None is made
// here: the provider is told its public half by whoever makes it.
const ProviderKey = "fireblocks-api"

// world makes the surroundings that the template gives a function.
func (g *Gateway) world(ctx context.Context, o Options) error {
	endpoint := o.Endpoint
	if endpoint == "" {
		var err error
		if g.Emulator, err = emulator.Start(emulator.Options{Dir: inside(o.Dir, "aws"), Region: o.Region, Mailed: o.showMail}); err != nil {
			return fmt.Errorf("starting the embedded AWS: %w", err)
		}
		endpoint = g.Emulator.URL()
	}
	env := wire.Env{Region: o.Region, Stack: stackName, Issuer: "http://zenvault.localhost", Endpoint: endpoint, AllowPlainDelivery: true,
		FactorOptional: !o.SecondFactor, OneAdmin: !o.FourEyes, Rates: o.Rates, ProviderURL: o.ProviderURL}
	g.World = wire.New(env, o.Log)
	g.World.Now = o.Now
	g.World.Env.ConsoleURL, g.World.Env.MailFrom = g.URL, MailFrom
	if o.Metrics != nil {
		g.World.Metrics.Out = o.Metrics
	}
	made, err := g.resources(ctx)
	if err != nil {
		return err
	}
	e := &g.World.Env
	e.VaultTable, e.AuditTable = made.Tables["VaultTable"], made.Tables["AuditTable"]
	e.EventQueue, e.DeliveryQueue, e.RetryQueue = made.Queues["EventQueue"], made.Queues["DeliveryQueue"], made.Queues["RetryQueue"]
	e.TransferQueue = made.Queues["TransferQueue"]
	e.MailQueue, e.LimitsTable = made.Queues["MailQueue"], made.Tables["LimitsTable"]
	e.TokenKey, e.MasterWrapKey = made.Keys["TokenKey"], made.Keys["MasterWrapKey"]
	home := o.Dir
	if home == "" {
		home = g.scratch
	}
	if e.MasterKey, err = g.masterKey(ctx, home, made.Keys["MasterWrapKey"]); err != nil {
		return err
	}
	g.SecretsDir = filepath.Join(home, "secrets")
	e.SecretsDir = g.SecretsDir
	return signingKey(filepath.Join(g.SecretsDir, SigningKey))
}

func inside(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

func (g *Gateway) resources(ctx context.Context) (stack.Resources, error) {
	template, err := template()
	if err != nil {
		return stack.Resources{}, err
	}
	described, err := stack.Read(template, stack.Deployment{Name: stackName, Region: g.World.Env.Region})
	if err != nil {
		return stack.Resources{}, fmt.Errorf("reading template.yaml: %w", err)
	}
	c := g.World.Config
	return stack.Create(ctx, stack.Clients{DynamoDB: dynamodb.NewFromConfig(c), KMS: kms.NewFromConfig(c), SQS: sqs.NewFromConfig(c)}, described)
}

// template finds template.yaml at the top of the module that the working directory is in.
func template() ([]byte, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "template.yaml"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
		if dir == filepath.Dir(dir) {
			return nil, errors.New("template.yaml is not in this directory or above: run this inside the repository")
		}
		dir = filepath.Dir(dir)
	}
}

// masterKey keeps a wrapped master key beside the state: a ciphertext, which only the embedded KMS opens.
func (g *Gateway) masterKey(ctx context.Context, home, wrapKey string) (string, error) {
	path := filepath.Join(home, "master-key.wrapped")
	if kept, err := os.ReadFile(path); err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	wrapped, err := keys.Service(g.World).NewWrappedKey(ctx, wrapKey, keyset.Context(stackName))
	if err != nil {
		return "", fmt.Errorf("making a master key: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(wrapped)
	return text, writeNew(path, []byte(text+"\n"))
}

// signingKey makes a development signing key, once. Deployments get theirs from whoever holds them.
func signingKey(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding the signing key: %w", err)
	}
	return writeNew(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// writeNew writes a private file whole or not at all: a kill in between leaves nothing half done.
func writeNew(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
