package cosign_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/secretdir"
	"github.com/zenvault/zenvault/shared/tenant"
)

// version is which key it is: the hex SHA-256 of its public half.
func version(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// signedBy tells which of the keys signed an answer, 0 if none did.
func signedBy(answer []byte, keys ...*rsa.PrivateKey) int {
	signed, last, _ := strings.Cut(string(answer), ".")
	payload, last, _ := strings.Cut(last, ".")
	signature, err := base64.RawURLEncoding.Strict().DecodeString(last)
	sum := sha256.Sum256([]byte(signed + "." + payload))
	for i, key := range keys {
		if err == nil && rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) == nil {
			return i + 1
		}
	}
	return 0
}

// payload is what an answer says, without who signed it.
func payload(answer []byte) string {
	parts := strings.Split(string(answer), ".")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}

// hand is an operator's: it puts a key in place of another one in one step.
func (s *stage) hand(name string, key *rsa.PrivateKey) {
	s.t.Helper()
	s.putKey(name+".new", key)
	must(s.t, os.Rename(filepath.Join(s.secrets, name+".new"), filepath.Join(s.secrets, name)))
}

// announce says that there is something new in the directory.
func (s *stage) announce(version string) {
	s.t.Helper()
	must(s.t, os.WriteFile(filepath.Join(s.secrets, ".version"), []byte(version), 0o600))
}

// ahead is a clock that a test moves ahead of the real one.
type ahead struct{ by atomic.Int64 }

func (a *ahead) now() time.Time            { return time.Now().Add(time.Duration(a.by.Load())) }
func (a *ahead) advance(d time.Duration)   { a.by.Add(int64(d)) }
func (s *stage) moved(clock *ahead) *stage { s.world.Now = clock.now; s.restart(); return s }

// Under traffic a response key is replaced: no request fails, each answer is signed by the old key or the new one, by the
// new one alone after the next look; and repeats keep their bytes as long as the old key is there beside it.
func TestResponseKeyRotatesUnderTraffic(t *testing.T) {
	clock := &ahead{}
	s := newStage(t).moved(clock)
	old, fresh := ours(), stranger()
	before := sign(theirs(), s.request(object{"requestId": "before"}))
	first := s.post(before)

	var failed, byOld, byNew atomic.Int64
	stop, traffic := make(chan struct{}), sync.WaitGroup{}
	for worker := range 4 {
		traffic.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				request := "w" + string(rune('0'+worker)) + "-" + hex.EncodeToString([]byte{byte(i >> 8), byte(i)})
				answer := s.post(sign(theirs(), s.request(object{"requestId": request})))
				switch signedBy(answer.Body, old, fresh) {
				case 1:
					byOld.Add(1)
				case 2:
					byNew.Add(1)
				default:
					failed.Add(1)
				}
			}
		})
	}
	until := func(n *atomic.Int64, more int64) {
		for target := n.Load() + more; n.Load() < target && failed.Load() == 0; {
			s.post(before)
		}
	}
	until(&byOld, 20)
	s.hand("fireblocks-response.previous", old)
	s.hand("fireblocks-response", fresh)
	s.announce("2")
	clock.advance(secretdir.LookEvery)
	until(&byNew, 20)
	if again := s.post(before); !bytes.Equal(again.Body, first.Body) {
		t.Errorf("a repeat, of this process:\n%s\n%s", first.Body, again.Body)
	}
	close(stop)
	traffic.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d requests failed", failed.Load())
	}
	if answer := s.post(sign(theirs(), s.request(object{"requestId": "after"}))); signedBy(answer.Body, fresh) != 1 {
		t.Errorf("not signed by the new key: %s", answer.Body)
	}
}

// A repeat has the bytes of the first answer also in a process that never had the old key, as long as that key is in the
// file of the previous one. Once it is gone, the same decision is told with the present key's signature: it is not made
// again, and nobody is left without an answer.
func TestRepeatAfterRotation(t *testing.T) {
	clock := &ahead{}
	s := newStage(t).moved(clock)
	old, fresh := ours(), stranger()
	token := sign(theirs(), s.request(nil))
	first := s.post(token)
	if signedBy(first.Body, old) != 1 {
		t.Fatalf("first: %s", first.Body)
	}
	s.hand("fireblocks-response.previous", old)
	s.hand("fireblocks-response", fresh)
	s.announce("2")
	s.restart()
	if again := s.post(token); !bytes.Equal(again.Body, first.Body) {
		t.Errorf("a repeat, of a fresh process:\n%s\n%s", first.Body, again.Body)
	}
	must(t, os.Remove(filepath.Join(s.secrets, "fireblocks-response.previous")))
	s.announce("3")
	s.restart()
	retired := s.post(token)
	if retired.Status != http.StatusOK || signedBy(retired.Body, old, fresh) != 2 || payload(retired.Body) != payload(first.Body) {
		t.Errorf("a repeat, without the old key: %d %s", retired.Status, retired.Body)
	}
	if n := len(s.trail("req-1", "fireblocks.tx.approval")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

// A previous key that breaks a rule is not used, and not taken for a retired one either: the repeat gets a 503.
func TestPreviousKeyIsHeldToTheRules(t *testing.T) {
	s := newStage(t)
	token := sign(theirs(), s.request(nil))
	s.post(token)
	s.hand("fireblocks-response.previous", ours())
	s.hand("fireblocks-response", stranger())
	must(t, os.Chmod(filepath.Join(s.secrets, "fireblocks-response.previous"), 0o644))
	s.restart()
	if p := problem(t, s.post(token)); p.Status != http.StatusServiceUnavailable || p.Code != "response_key_unavailable" {
		t.Errorf("%d %s, want 503", p.Status, p.Code)
	}
}

// With keys in KMS an alias is moved to the next key. Repeats have their bytes as long as the key before is enabled; after
// that the same decision is told with the present key's signature, also in a process that knew the old one.
func TestKMSKeyRotates(t *testing.T) {
	clock := &ahead{}
	s := newStage(t).moved(clock)
	client := kms.NewFromConfig(s.world.Config)
	create := func() string {
		made, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify})
		must(t, err)
		return *made.KeyMetadata.Arn
	}
	old, fresh := create(), create()
	_, err := client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String("alias/answers"), TargetKeyId: &old})
	must(t, err)
	made, err := s.cosigners().Register(t.Context(), admin, cosign.RegisterInput{Name: "KMS", Provider: "fireblocks",
		InboundKeys: []string{public(theirs())}, ResponseKey: "kms:alias/answers", Workspaces: []tenant.ID{s.workspace}})
	must(t, err)
	s.cosigner = made.ID
	token := sign(theirs(), s.request(nil))
	first := s.post(token)
	_, err = client.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: aws.String("alias/answers"), TargetKeyId: &fresh})
	must(t, err)
	clock.advance(time.Minute)
	if again := s.post(token); first.Status != http.StatusOK || !bytes.Equal(again.Body, first.Body) {
		t.Errorf("a repeat:\n%d %s\n%s", first.Status, first.Body, again.Body)
	}
	_, err = client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &old})
	must(t, err)
	for _, about := range []string{"the process that knew the old key", "the next time", "a fresh process"} {
		if about == "a fresh process" {
			s.restart()
		}
		answer := s.post(token)
		if answer.Status != http.StatusOK || payload(answer.Body) != payload(first.Body) || bytes.Equal(answer.Body, first.Body) {
			t.Errorf("%s: %d %s", about, answer.Status, answer.Body)
		}
	}
}
