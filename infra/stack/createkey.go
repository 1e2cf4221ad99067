package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// ensureKey finds a key by its alias. Of two that make it at once, one names its key; the other takes that one, and its
// own stays without a name and without use.
func ensureKey(ctx context.Context, client *kms.Client, k Key) (string, error) {
	arn, err := findKey(ctx, client, k)
	var missing *types.NotFoundException
	if !errors.As(err, &missing) {
		return arn, err
	}
	made, err := client.CreateKey(ctx, &kms.CreateKeyInput{Description: &k.Description,
		KeySpec: types.KeySpec(k.Spec), KeyUsage: types.KeyUsageType(k.Usage)})
	if err != nil {
		return "", fmt.Errorf("creating the key %s: %w", k.LogicalID, err)
	}
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &k.Alias, TargetKeyId: made.KeyMetadata.KeyId})
	var raced *types.AlreadyExistsException
	if errors.As(err, &raced) {
		return findKey(ctx, client, k)
	}
	if err != nil {
		return "", fmt.Errorf("naming the key %s: %w", k.Alias, err)
	}
	return *made.KeyMetadata.Arn, nil
}

func findKey(ctx context.Context, client *kms.Client, k Key) (string, error) {
	found, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &k.Alias})
	if err != nil {
		return "", fmt.Errorf("describing the key %s: %w", k.Alias, err)
	}
	m := found.KeyMetadata
	if string(m.KeySpec) != k.Spec || string(m.KeyUsage) != k.Usage {
		return "", fmt.Errorf("the key %s exists as %s for %s, not as %s for %s", k.Alias, m.KeySpec, m.KeyUsage, k.Spec, k.Usage)
	}
	return *m.Arn, nil
}
