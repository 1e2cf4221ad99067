package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/client"
	"github.com/zenvault/zenvault/shared/secret"
)

// newPrivateKey is the program's own: only its public half leaves it.
func newPrivateKey() (secret.Text, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return secret.Text{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return secret.Text{}, err
	}
	return secret.NewText(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))), nil
}

func (s *story) signRequest(ctx context.Context) error {
	s.say("The program lists its endpoints; a JWT over method, path, body and a nonce goes with the request")
	request, err := s.program.Request(ctx, client.Call{Method: "GET", Path: "/v1/webhook-endpoints?limit=5"})
	if err != nil {
		return err
	}
	var page struct{ Items []struct{ ID string } }
	if err := s.program.Send(request, &page); err != nil {
		return err
	}
	s.show("200, %d endpoint; Zenvault-Signature: %.40s…", len(page.Items), request.Header.Get("Zenvault-Signature"))
	s.say("Somebody who recorded it sends the same request again, and then one with the API key alone")
	if err := s.refused(s.program.Send(request.Clone(ctx), nil), "signature_replayed"); err != nil {
		return err
	}
	unsigned := *s.program
	unsigned.Signer = nil
	return s.refused(unsigned.Do(ctx, client.Call{Method: "GET", Path: "/v1/webhook-endpoints?limit=5"}, nil), "signature_required")
}

// refused wants an answer that lets nobody in, with a code.
func (s *story) refused(err error, code string) error {
	var problem *client.Problem
	if !errors.As(err, &problem) || problem.Status != 401 || problem.Code != code {
		return fmt.Errorf("want 401 %s, got %v", code, err)
	}
	s.show("%d %s", problem.Status, problem.Code)
	return nil
}
