package tokens_test

import (
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

func create(t *testing.T, w *wire.World, spec types.KeySpec) string {
	t.Helper()
	made, err := keys.Service(w).Client.CreateKey(t.Context(), &sdk.CreateKeyInput{KeySpec: spec, KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		t.Fatal(err)
	}
	return *made.KeyMetadata.Arn
}

// While keys rotate, the first signs, and the tokens of all are accepted.
func TestRotation(t *testing.T) {
	v := vaulttest.New(t)
	token, err := v.Issuer.Issue(t.Context(), "adm_1", "ses_1", "tok_1", v.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	v.World.Env.TokenKey = create(t, v.World, types.KeySpecEccNistP256) + "," + v.World.Env.TokenKey
	verifier, err := tokens.OpenVerifier(t.Context(), v.World)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := tokens.OpenIssuer(t.Context(), v.World)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(token, v.Clock.Now()); err != nil {
		t.Errorf("the old key's token: %v", err)
	}
	token, err = issuer.Issue(t.Context(), "adm_1", "ses_1", "tok_1", v.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(token, v.Clock.Now()); err != nil || issuer.KeyID == v.Issuer.KeyID {
		t.Errorf("the new key's token: %v", err)
	}
	if _, err := v.Verifier.Verify(token, v.Clock.Now()); err == nil {
		t.Error("the new key's token is accepted where the key is not known")
	}
}

// A process that can't verify tokens does not start, and says which setting is at fault, and no key's content.
func TestRefusesToStart(t *testing.T) {
	tests := []struct {
		name   string
		change func(*testing.T, *wire.World)
		want   string
	}{
		{"no token key", func(_ *testing.T, w *wire.World) { w.Env.TokenKey = "" }, "the environment variable ZENVAULT_TOKEN_KEY is not set"},
		{"no issuer", func(_ *testing.T, w *wire.World) { w.Env.Issuer = "" }, "the environment variable ZENVAULT_ISSUER is not set"},
		{"an RSA key", func(t *testing.T, w *wire.World) { w.Env.TokenKey = create(t, w, types.KeySpecRsa2048) }, "kms: the key is not an ECC_NIST_P256 key for signing"},
		{"an unknown key", func(_ *testing.T, w *wire.World) { w.Env.TokenKey = "alias/nothing" }, "the token key alias/nothing: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := vaulttest.New(t)
			tt.change(t, v.World)
			_, errVerifier := tokens.OpenVerifier(t.Context(), v.World)
			_, errIssuer := tokens.OpenIssuer(t.Context(), v.World)
			_, errEdge := bysession.Open(t.Context(), v.World, v.Ledger)
			for _, err := range []error{errVerifier, errIssuer, errEdge} {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %s", err, tt.want)
				}
			}
		})
	}
}
