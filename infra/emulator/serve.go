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
	"github.com/zenvault/zenvault/infra/emulator/ses"
)

// maxBody is beyond the largest request of any service in bytes: a BatchWriteItem may have 16 MB.
const maxBody = 16 << 20

// ServeHTTP answers one call: POST / with the operation in X-Amz-Target, or to the path of SES's one operation.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := target(r)
	prefix, operation, _ := strings.Cut(target, ".")
	service, known := e.services[prefix]
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case err != nil:
		e.answer(w, "", nil, &protocol.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLarge", Message: err.Error()})
		return
	case r.Method != http.MethodPost || !known:
		e.answer(w, "", nil, protocol.Refuse("UnknownOperationException", "no emulated service answers %s %s with the target %q", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target")))
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

// target names a call's operation. The API of SES is REST, and says by its path what others say by a header.
func target(r *http.Request) string {
	header := r.Header.Get("X-Amz-Target")
	switch {
	case r.URL.Path == ses.Path && r.URL.RawQuery == "" && header == "":
		return ses.Operation
	case r.URL.Path == "/" && header != ses.Operation:
		return header
	}
	return ""
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

// restContentType is that of the REST services, which name an error's type in a header and not in the body.
const restContentType = "application/json"

func (e *Emulator) answer(w http.ResponseWriter, contentType string, out any, err error) {
	status, h := http.StatusOK, w.Header()
	if err != nil {
		var refused map[string]any
		status, refused = refusal(err)
		if contentType == restContentType {
			h.Set("X-Amzn-Errortype", refused["__type"].(string))
			delete(refused, "__type")
		}
		out = refused
	}
	body, err := json.Marshal(out)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"__type":"InternalServerError"}`)
	}
	if contentType == "" {
		contentType = "application/x-amz-json-1.0"
	}
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
