package providerkey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/aws/kms/providerkey"
	vaultfault "github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/keyref"
)

const arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// canned answers calls, and keeps the requests.
type canned struct {
	status int
	header http.Header
	body   string
	asked  []asked
}

// asked is a request as it goes out.
type asked struct{ URL, Target, ContentType, Body, Signed string }

func (c *canned) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return nil, err
	}
	var fields map[string]any
	_ = json.Unmarshal(body, &fields)
	sorted, _ := json.Marshal(fields)
	signed := regexp.MustCompile(`/\d{8}/`).ReplaceAllString(r.Header.Get("Authorization"), "/DATE/")
	scope, _, _ := strings.Cut(signed, ",")
	c.asked = append(c.asked, asked{r.Method + " " + r.URL.String(), r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"), string(sorted), scope})
	header := c.header
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: c.status, Header: header, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func config(region string, answers *canned) aws.Config {
	return aws.Config{Region: region, HTTPClient: answers, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "session"}, nil
	})}
}

// The two calls are those that the SDK's client makes: the same address in each partition, target, type, body and scope of
// the signature.
func TestCallsAreTheSDKs(t *testing.T) {
	for _, region := range []string{"eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"} {
		no := `{"__type":"NotFoundException"}`
		own, theirs := &canned{status: 400, body: no}, &canned{status: 400, body: no}
		client := sdk.NewFromConfig(config(region, theirs))
		_, _ = client.GetPublicKey(t.Context(), &sdk.GetPublicKeyInput{KeyId: aws.String(arn)})
		_, err := providerkey.Service{Config: config(region, own)}.Find(t.Context(), arn, keyref.RSA(2048))
		if !errors.Is(err, providerkey.ErrGone) {
			t.Errorf("%s: %v", region, err)
		}
		if diff := cmp.Diff(theirs.asked, own.asked); diff != "" {
			t.Errorf("%s: GetPublicKey (-SDK +ours):\n%s", region, diff)
		}
	}
	k := open(t)
	made := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	found, err := k.Find(t.Context(), made, keyref.RSA(2048))
	if err != nil {
		t.Fatal(err)
	}
	k.vault.AWS.Forget()
	if _, err := found.Sign(t.Context(), []byte("message")); err != nil {
		t.Fatal(err)
	}
	digest := []byte("\xab\x53\x0a\x13\xe4\x59\x14\x98\x2b\x79\xf9\xb7\xe3\xfb\xa9\x94\xcf\xd1\xf3\xfb\x22\xf7\x1c\xea\x1a\xfb\xf0\x2b\x46\x0c\x6d\x1d")
	_, err = k.Client.Sign(t.Context(), &sdk.SignInput{KeyId: &made, Message: digest, MessageType: types.MessageTypeDigest,
		SigningAlgorithm: types.SigningAlgorithmSpecRsassaPkcs1V15Sha256})
	if err != nil {
		t.Fatal(err)
	}
	var bodies [2]map[string]any
	for i, call := range k.vault.AWS.Calls() {
		if err := json.Unmarshal(call.Body, &bodies[i]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(bodies[1], bodies[0]); diff != "" {
		t.Errorf("Sign (-SDK +ours):\n%s", diff)
	}
}

// What KMS refuses is told by its kind, wherever the answer has it; its message, which names the caller, is told nobody. What
// passes is tried three times, what stays once.
func TestRefusals(t *testing.T) {
	for about, c := range map[string]struct {
		answer canned
		want   error
		tries  int
	}{
		"in the body":        {canned{status: 400, body: `{"__type":"NotFoundException","message":"arn:aws:sts::1:assumed-role/us"}`}, providerkey.ErrGone, 1},
		"with a namespace":   {canned{status: 400, body: `{"__type":"com.amazonaws.kms#DisabledException"}`}, providerkey.ErrGone, 1},
		"in the header":      {canned{status: 400, header: http.Header{"X-Amzn-Errortype": {"KMSInvalidStateException:http://internal"}}, body: "{}"}, providerkey.ErrGone, 1},
		"no signing key":     {canned{status: 400, body: `{"__type":"UnsupportedOperationException"}`}, providerkey.ErrUnfit, 1},
		"may not":            {canned{status: 400, body: `{"__type":"AccessDeniedException","message":"assumed-role/us"}`}, providerkey.ErrUnavailable, 1},
		"too many":           {canned{status: 400, body: `{"__type":"ThrottlingException"}`}, providerkey.ErrUnavailable, 3},
		"trouble":            {canned{status: 500, body: `{"__type":"KMSInternalException"}`}, providerkey.ErrUnavailable, 3},
		"a proxy's page":     {canned{status: 502, body: "<html>assumed-role/us</html>"}, providerkey.ErrUnavailable, 3},
		"no JSON":            {canned{status: 200, body: "assumed-role/us"}, providerkey.ErrUnavailable, 1},
		"a kind with a text": {canned{status: 400, body: `{"__type":"assumed-role/us"}`}, providerkey.ErrUnavailable, 1},
		"an empty answer":    {canned{status: 200, body: "{}"}, providerkey.ErrUnfit, 1},
	} {
		_, err := providerkey.Service{Config: config("eu-central-1", &c.answer)}.Find(t.Context(), arn, keyref.RSA(2048))
		if !errors.Is(err, c.want) || len(c.answer.asked) != c.tries {
			t.Errorf("%s: %v after %d tries, want %v after %d", about, err, len(c.answer.asked), c.want, c.tries)
		}
		if text := err.Error() + vaultfault.From(err).Error(); strings.Contains(text, "assumed-role") {
			t.Errorf("%s: it is told: %s", about, text)
		}
	}
}

// FuzzAnswer: nothing that is answered panics, or passes for a key.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "", `{"KeyId":"`+arn+`","KeySpec":"RSA_2048","KeyUsage":"SIGN_VERIFY","PublicKey":"MIIB"}`)
	f.Add(400, "NotFoundException:http://x", `{"__type":"a#b"}`)
	f.Add(400, "", `{"__type":7}`)
	f.Add(200, "", "")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status >= 500 {
			return // tried again, with pauses
		}
		answer := &canned{status: status, body: body, header: http.Header{"X-Amzn-Errortype": {kind}}}
		key, err := providerkey.Service{Config: config("eu-central-1", answer)}.Find(t.Context(), arn, keyref.RSA(2048))
		if err == nil && !keyref.IsKeyARN(key.ARN()) {
			t.Errorf("the key %q", key.ARN())
		}
	})
}
