package local_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"github.com/zenvault/zenvault/infra/local"
)

// After everything that all routes and workers do, no run of bytes of the provider signing key is stored: not of its
// file, its DER form, or any of its secret numbers, in whatever encoding; nor was any sent to AWS.
func TestClaim_K1_NoByteOfASigningKeyIsStored(t *testing.T) {
	v := shared(t)
	v.Emulator.Forget()
	for _, row := range rows() {
		v.want(t, success(row.Spec), v.example(t, row.Spec))
	}
	tx := transfer(v.home, "k1")
	for _, signing := range []bool{false, true} {
		if tx.Signing = signing; ask(t, v.provider, tx).Action != "APPROVE" {
			t.Fatal("the key was not used")
		}
	}
	must(t, drained(v.deliver(t)))
	key, secret := v.signingKey(t), runs{}
	for _, number := range [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes(), key.Precomputed.Dp.Bytes(),
		key.Precomputed.Dq.Bytes(), key.Precomputed.Qinv.Bytes()} {
		secret.add(number)
	}
	// The modulus is public; what follows the public exponent in the DER form is not.
	public := len(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	secret.add(x509.MarshalPKCS1PrivateKey(key)[public+16:])
	file, err := os.ReadFile(filepath.Join(v.SecretsDir, local.SigningKey))
	must(t, err)
	if !secret.in(string(file)) {
		t.Error("the search does not find the key in its own file")
	}
	stored := v.dump(t).texts()
	for where, text := range stored {
		if secret.in(text) {
			t.Errorf("a part of the key is stored: %s", where)
		}
	}
	calls := v.Emulator.Calls()
	for _, call := range calls {
		if secret.in(string(call.Body)) {
			t.Errorf("a part of the key went to %s", call.Operation)
		}
	}
	if len(stored) < 200 || len(calls) < 50 {
		t.Errorf("only %d texts and %d calls were looked at", len(stored), len(calls))
	}
}
