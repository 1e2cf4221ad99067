package emulator

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxBody is beyond the largest request of any service in bytes: a BatchWriteItem may have 16 MB.
const maxBody = 16 << 20

// ServeHTTP answers one call: POST / with the operation in X-Amz-Target.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.Header.Get("X-Amz-Target")
	prefix, operation, _ := strings.Cut(target, ".")
	service, known := e.services[prefix]
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case err != nil:
		e.answer(w, "", nil, &protocol.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLarge", Message: err.Error()})
		return
	case r.Method != http.MethodPost || r.URL.Path != "/" || !known:
		e.answer(w, "", nil, protocol.Refuse("UnknownOperationException", "no emulated service answers %s %s with the target %q", r.Method, r.URL.Path, target))
		return
	}
	if err := e.checkSignature(r.Header.Get("Authorization")); err != nil {
		e.answer(w, service.ContentType(), nil, err)
		return
	}
	call := fault.Call{Operation: target, Body: body}
	out, err := e.faults.Run(r.Context(), call, e.act(service, operation, call))
	if errors.Is(err, fault.ErrCut) {
		panic(http.ErrAbortHandler)
	}
	e.answer(w, service.ContentType(), out, err)
}

var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/([^/]+)/[^/]+/aws4_request,`)

// checkSignature wants a signature version 4 for the region. The signature itself is not verified.
func (e *Emulator) checkSignature(authorization string) error {
	if authorization == "" {
		return protocol.Refuse("MissingAuthenticationTokenException", "Request is missing Authentication Token")
	}
	scope := credential.FindStringSubmatch(authorization)
	if scope == nil {
		return protocol.Refuse("IncompleteSignatureException", "Authorization is no AWS Signature Version 4")
	}
	if scope[1] != e.region {
		return protocol.Refuse("InvalidSignatureException", "Credential should be scoped to a valid region: '%s' is not '%s'", scope[1], e.region)
	}
	return nil
}

func (e *Emulator) answer(w http.ResponseWriter, contentType string, out any, err error) {
	status := http.StatusOK
	if err != nil {
		status, out = refusal(err)
	}
	body, err := json.Marshal(out)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"__type":"InternalServerError"}`)
	}
	if contentType == "" {
		contentType = "application/x-amz-json-1.0"
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	h.Set("X-Amzn-Requestid", e.calls.nextID())
	w.WriteHeader(status)
	w.Write(body)
}

// refusal is an error as AWS writes it. What is no *protocol.Error is a defect of the emulator.
func refusal(err error) (status int, out map[string]any) {
	refused, ok := errors.AsType[*protocol.Error](err)
	if !ok {
		refused = &protocol.Error{Status: http.StatusInternalServerError, Type: "InternalServerError", Message: err.Error()}
	}
	out = maps.Clone(refused.Fields)
	if out == nil {
		out = map[string]any{}
	}
	out["__type"], out["message"] = refused.Type, refused.Message
	return refused.Status, out
}
