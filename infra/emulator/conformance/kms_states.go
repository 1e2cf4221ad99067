package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A key is found by its id, its ARN, an alias and an alias ARN; an alias moves with UpdateAlias.
func (c kmsCases) references(t *testing.T) {
	first, second := c.create(t, types.KeySpecSymmetricDefault, ""), c.create(t, types.KeySpecSymmetricDefault, "")
	name := kmsAlias()
	if _, err := c.client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: first.KeyId}); err != nil {
		t.Fatalf("CreateAlias: %v", err)
	}
	aliasARN := strings.Replace(*first.Arn, "key/"+*first.KeyId, name, 1)
	for _, reference := range []string{*first.KeyId, *first.Arn, name, aliasARN} {
		out, err := c.client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &reference})
		if err != nil || *out.KeyMetadata.KeyId != *first.KeyId {
			t.Errorf("DescribeKey(%s): %v, want key %s", reference, err, *first.KeyId)
		}
	}
	sealed := c.seal(t, name, "secret", nil)
	_, err := c.client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: second.KeyId})
	kmsCode(t, "the alias again", err, "AlreadyExistsException")
	if _, err := c.client.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: second.Arn}); err != nil {
		t.Fatalf("UpdateAlias: %v", err)
	}
	if _, err := c.open(t.Context(), nil, sealed, nil); err != nil {
		t.Errorf("the old key still opens its own: %v", err)
	}
	_, err = c.open(t.Context(), &name, sealed, nil)
	kmsCode(t, "by the moved alias", err, "IncorrectKeyException")
	list, err := c.client.ListAliases(t.Context(), &kms.ListAliasesInput{KeyId: second.KeyId})
	if err != nil || len(list.Aliases) != 1 || *list.Aliases[0].AliasName != name || *list.Aliases[0].AliasArn != aliasARN || *list.Aliases[0].TargetKeyId != *second.KeyId {
		t.Errorf("ListAliases: got %+v, %v, want %s", list, err, name)
	}
	for _, unknown := range []string{"00000000-0000-4000-8000-000000000000", kmsAlias(), "nonsense",
		strings.Replace(*first.Arn, *first.KeyId, "00000000-0000-4000-8000-000000000000", 1), strings.Replace(aliasARN, name, kmsAlias(), 1)} {
		_, err := c.client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &unknown, KeySpec: types.DataKeySpecAes256})
		kmsCode(t, unknown, err, "NotFoundException")
	}
	unknown := kmsAlias()
	_, err = c.client.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &unknown, TargetKeyId: first.KeyId})
	kmsCode(t, "moving an unknown alias", err, "NotFoundException")
	_, err = c.client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String("no-prefix"), TargetKeyId: first.KeyId})
	kmsCode(t, "an alias without its prefix", err, "ValidationException")
}

// A disabled key does nothing, in either direction, until it is enabled; a key pending deletion does nothing and
// cannot be enabled, and a cancelled deletion leaves it disabled.
func (c kmsCases) states(t *testing.T) {
	id := c.symmetric(t)
	sealed := c.seal(t, id, "secret", nil)
	use := func(want string) {
		t.Helper()
		_, err := c.open(t.Context(), nil, sealed, nil)
		kmsCode(t, "Decrypt", err, want)
		_, err = c.client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &id, Plaintext: []byte("x")})
		kmsCode(t, "Encrypt", err, want)
		_, err = c.client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &id, KeySpec: types.DataKeySpecAes256})
		kmsCode(t, "GenerateDataKey", err, want)
		_, err = c.client.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: &id})
		kmsCode(t, "RotateKeyOnDemand", err, want)
	}
	state := func(want types.KeyState) {
		t.Helper()
		out, err := c.client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &id})
		if err != nil || out.KeyMetadata.KeyState != want || out.KeyMetadata.Enabled != (want == types.KeyStateEnabled) {
			t.Fatalf("DescribeKey: got %+v, %v, want state %s", out, err, want)
		}
	}
	state(types.KeyStateEnabled)
	if _, err := c.client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &id}); err != nil {
		t.Fatalf("DisableKey: %v", err)
	}
	state(types.KeyStateDisabled)
	use("DisabledException")
	if _, err := c.client.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: &id}); err != nil {
		t.Fatalf("EnableKey: %v", err)
	}
	if got, err := c.open(t.Context(), nil, sealed, nil); err != nil || got != "secret" {
		t.Errorf("after EnableKey: got %q, %v", got, err)
	}
	_, err := c.client.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: &id})
	kmsCode(t, "cancelling what is not pending", err, "KMSInvalidStateException")
	for _, days := range []int32{6, 31} {
		_, err = c.client.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: &days})
		kmsCode(t, "window", err, "ValidationException")
	}
	scheduled, err := c.client.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: kmsNumber(7)})
	if err != nil || scheduled.KeyState != types.KeyStatePendingDeletion || scheduled.DeletionDate == nil {
		t.Fatalf("ScheduleKeyDeletion: got %+v, %v", scheduled, err)
	}
	state(types.KeyStatePendingDeletion)
	use("KMSInvalidStateException")
	_, err = c.client.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: &id})
	kmsCode(t, "EnableKey", err, "KMSInvalidStateException")
	name := kmsAlias()
	_, err = c.client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &id})
	kmsCode(t, "CreateAlias", err, "KMSInvalidStateException")
	if _, err := c.client.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: &id}); err != nil {
		t.Fatalf("CancelKeyDeletion: %v", err)
	}
	state(types.KeyStateDisabled)
}

// After a rotation old and new ciphertexts open; keys without versions refuse it.
func (c kmsCases) rotation(t *testing.T) {
	id := c.symmetric(t)
	sealed := [][]byte{c.seal(t, id, "version 0", nil)}
	for range 3 {
		if _, err := c.client.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: &id}); err != nil {
			t.Fatalf("RotateKeyOnDemand: %v", err)
		}
		sealed = append(sealed, c.seal(t, id, "version "+string(rune('0'+len(sealed))), nil))
	}
	for i, blob := range sealed {
		if got, err := c.open(t.Context(), &id, blob, nil); err != nil || got != "version "+string(rune('0'+i)) {
			t.Errorf("ciphertext %d: got %q, %v", i, got, err)
		}
	}
	ec := c.create(t, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	_, err := c.client.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: ec.KeyId})
	kmsCode(t, "rotating an EC key", err, "UnsupportedOperationException")
}

// KMSTimed runs the cases that need to move the service's clock: a key is gone, with its alias, when its deletion is due
// and not a moment before.
func KMSTimed(t *testing.T, client *kms.Client, advance func(time.Duration)) {
	c := kmsCases{client}
	key, name := c.create(t, types.KeySpecSymmetricDefault, ""), kmsAlias()
	sealed := c.seal(t, *key.KeyId, "secret", nil)
	if _, err := client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: key.KeyId}); err != nil {
		t.Fatalf("CreateAlias: %v", err)
	}
	if _, err := client.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key.KeyId, PendingWindowInDays: kmsNumber(7)}); err != nil {
		t.Fatalf("ScheduleKeyDeletion: %v", err)
	}
	advance(7*24*time.Hour - time.Second)
	_, err := c.open(t.Context(), nil, sealed, nil)
	kmsCode(t, "a second before", err, "KMSInvalidStateException")
	advance(time.Second)
	for _, reference := range []string{*key.KeyId, *key.Arn, name} {
		_, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &reference})
		kmsCode(t, reference, err, "NotFoundException")
	}
	_, err = client.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: key.KeyId})
	kmsCode(t, "cancelling too late", err, "NotFoundException")
	_, err = c.open(t.Context(), nil, sealed, nil)
	kmsCode(t, "opening too late", err, "InvalidCiphertextException")
	again := c.symmetric(t)
	if _, err := client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &again}); err != nil {
		t.Errorf("the alias of a deleted key is free: %v", err)
	}
}
