package providerkey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	contentType = "application/x-amz-json-1.1"
	target      = "TrentService." // KMS's name in its own protocol
	maxAnswer   = 64 << 10        // bytes; a public key has less than one KiB
	tries       = 3
	pause       = 50 * time.Millisecond
)

// call makes one call of KMS: a POST of JSON, signed by Signature Version 4. What passes is tried again.
func (s Service) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	for try := range tries {
		if try > 0 {
			if err := wait(ctx, time.Duration(try)*pause); err != nil {
				return err
			}
		}
		var again bool
		if again, err = s.try(ctx, operation, body, out); err == nil || !again {
			return err
		}
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// try reports also whether the same call may go better in a moment.
func (s Service) try(ctx context.Context, operation string, body []byte, out any) (again bool, err error) {
	request, err := s.request(ctx, operation, body)
	if err != nil {
		return false, err
	}
	response, err := s.Config.HTTPClient.Do(request)
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return ctx.Err() == nil, err
	case response.StatusCode != http.StatusOK:
		refused := refusal(response, answer)
		return response.StatusCode >= http.StatusInternalServerError || refused.kind == "ThrottlingException", refused
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return false, errors.New("the answer is no JSON")
	}
	return false, nil
}

func (s Service) request(ctx context.Context, operation string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("X-Amz-Target", target+operation)
	credentials, err := s.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum, now := sha256.Sum256(body), time.Now() // AWS's time, not the program's
	return request, v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), "kms", s.Config.Region, now)
}

// endpoint is KMS's in the region, or the one that is set. (AWS General Reference, "Regions, endpoints and quotas"; isolated
// regions have names of their own, and need one that is set.)
func (s Service) endpoint() string {
	if base := aws.ToString(s.Config.BaseEndpoint); base != "" {
		return strings.TrimSuffix(base, "/") + "/"
	}
	suffix := "amazonaws.com"
	switch {
	case strings.HasPrefix(s.Config.Region, "cn-"):
		suffix = "amazonaws.com.cn"
	case strings.HasPrefix(s.Config.Region, "eusc-"):
		suffix = "amazonaws.eu"
	}
	return "https://kms." + s.Config.Region + "." + suffix + "/"
}

// refused is an answer that says no.
type refused struct {
	status int
	kind   string // such as "NotFoundException"
}

func (r refused) Error() string { return fmt.Sprintf("KMS answers %d %s", r.status, r.kind) }

// refusal reads what kind of no it is: a header or a member of the body has it, perhaps with a namespace before it or a URL
// behind it. The message is left out: it names the caller.
func refusal(response *http.Response, answer []byte) refused {
	kind := response.Header.Get("X-Amzn-Errortype")
	if kind == "" {
		var body struct {
			Type string `json:"__type"`
		}
		_ = json.Unmarshal(answer, &body) // without a kind it is still a no
		kind = body.Type
	}
	kind, _, _ = strings.Cut(kind, ":")
	kind = kind[strings.LastIndex(kind, "#")+1:]
	if len(kind) > 100 || strings.Trim(strings.ToLower(kind), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		kind = ""
	}
	return refused{response.StatusCode, kind}
}
