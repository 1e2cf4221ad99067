package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// entry is a part of an audit entry.
type entry struct {
	Action string
	Actor  struct{ Kind, ID string }
	Target struct{ Type, ID string }
	After  map[string]any
	Hash   string
}

func (s *story) readTrail(ctx context.Context) error {
	s.say("An auditor reads the trail: each decision, and the forgery")
	var denials struct{ Items []entry }
	if err := s.admin.call(ctx, "GET", "/v1/admin/audit?action=callback.open_denied&limit=1", nil, &denials); err != nil {
		return err
	}
	err := errors.Join(
		s.readDecisions(ctx, "decision.approve", "fireblocks.tx.signing allowed", "fireblocks.tx.approval allowed"),
		s.readDecisions(ctx, "decision.reject", "fireblocks.tx.approval unsupported_kind", "fireblocks.tx.approval cap_exceeded"))
	if err != nil {
		return err
	}
	if len(denials.Items) != 1 || denials.Items[0].After["subject"] != "cosigner/"+s.cosigner {
		return fmt.Errorf("the forgery is not in the trail: %v", denials.Items)
	}
	s.show("%s: %v, %v", denials.Items[0].Action, denials.Items[0].After["subject"], denials.Items[0].After["why"])
	return nil
}

// readDecisions reads the newest entries of an action, newest first, and compares them with what was asked.
func (s *story) readDecisions(ctx context.Context, action string, want ...string) error {
	var decisions struct{ Items []entry }
	if err := s.admin.call(ctx, "GET", "/v1/admin/audit?limit=2&action="+action, nil, &decisions); err != nil {
		return err
	}
	var told []string
	for _, e := range decisions.Items {
		told = append(told, fmt.Sprintf("%v %v", e.After["kind"], e.After["reason"]))
		s.show("%s by %s %s: %s (signature %v, policy version %v, hash %.12s…)", e.Action, e.Actor.Kind, e.Actor.ID,
			told[len(told)-1], e.After["signature"], e.After["policy_version"], e.Hash)
	}
	if !slices.Equal(told, want) {
		return fmt.Errorf("the trail says %q of %s, want %q", told, action, want)
	}
	return nil
}

func (s *story) readWebhooks(ctx context.Context) error {
	s.say("The program has received signed webhooks, verified by the reference Standard Webhooks library")
	var got []string
	want := []string{"decision.approved", "decision.approved", "decision.approved", "decision.approved", "decision.rejected", "decision.rejected",
		"transfer.completed", "transfer.created", "transfer.submitted", "transfer.submitting"}
	for len(got) < len(want) {
		select {
		case m := <-s.receiver.Verified:
			got = append(got, m.Type)
			s.show("%s %s, %d bytes", m.ID, m.Type, len(m.Body))
		case err := <-s.receiver.Refused:
			return fmt.Errorf("a webhook did not verify: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("only %q arrived: %w", got, ctx.Err())
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return nil
}
