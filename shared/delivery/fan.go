package delivery

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Fan makes the deliveries of an event, one for each endpoint that wants it, in one transaction with the event's leaving
// the due index, and sends their first messages; an event that an
// admin is to hear of becomes a letter besides. An event that was fanned out before is left alone: what the first time
// did not send, the sweeper does.
func (s Service) Fan(ctx context.Context, who caller.Caller, m edge.Message) error {
	told, err := ParseAnnouncement(m.Body)
	if err != nil {
		return err
	}
	item, err := s.Ledger.GetOne(ctx, ledger.EventKey(told.Event))
	if err != nil {
		return err
	}
	if item == nil {
		return errNoEvent
	}
	if item.Version().Number > 0 {
		return nil
	}
	event, err := ledger.ParseEvent(item)
	if err != nil {
		return err
	}
	if err := s.tellAdmin(ctx, event); err != nil {
		return err
	}
	deliveries, err := s.deliveries(ctx, event)
	if err != nil {
		return err
	}
	if err := s.fanOut(ctx, who, event, item, deliveries); err != nil {
		return unlessMoved(err)
	}
	return s.sendFirst(ctx, deliveries)
}

// tellAdmin has an admin told of an event by mail, before the event leaves the due index: after a crash in between he is told
// twice rather than never.
func (s Service) tellAdmin(ctx context.Context, e ledger.Event) error {
	if e.Admin == "" {
		return nil
	}
	return s.Queue.Send(ctx, edge.MailQueue, 0, announcement(e.ID))
}

// deliveries are what an event becomes. An event of no workspace is nobody's to hear of.
func (s Service) deliveries(ctx context.Context, e ledger.Event) ([]Delivery, error) {
	if e.Workspace == "" {
		return nil, nil
	}
	workspace, err := tenant.Parse(e.Workspace)
	if err != nil {
		return nil, err
	}
	endpoints, err := s.Endpoints.Subscribed(ctx, workspace, e.Type)
	if err != nil {
		return nil, err
	}
	now, all := s.Ledger.Now(), make([]Delivery, len(endpoints))
	for i, endpoint := range endpoints {
		all[i] = Delivery{Event: e.ID, Endpoint: endpoint, Workspace: workspace, State: Due, Attempt: 1,
			NextAt: now, Deadline: now.Add(Lifetime)}
	}
	return all, nil
}

func (s Service) fanOut(ctx context.Context, who caller.Caller, e ledger.Event, item ledger.Item, all []Delivery) error {
	endpoints, writes := make([]string, len(all)), make([]ledger.Write, len(all))
	for i, d := range all {
		endpoints[i] = d.Endpoint
		writes[i] = ledger.Write{Key: At(d.Event, d.Endpoint), Put: ledger.Begin(d.item(s.Ledger.Now())),
			If: ledger.Absent(), Else: errExists}
	}
	_, err := s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "event.fan_out", Target: audit.Target{Type: "event", ID: e.ID}, Workspace: e.Workspace,
		After: audit.Fields{"type": e.Type, "endpoints": endpoints},
		Key:   ledger.EventKey(e.ID), There: true, Item: ledger.FannedOut(item), Else: errMoved, Also: writes,
	})
	return err
}

func (s Service) sendFirst(ctx context.Context, all []Delivery) error {
	bodies := make([][]byte, len(all))
	for i, d := range all {
		bodies[i] = d.message()
	}
	if len(bodies) == 0 {
		return nil
	}
	return s.Queue.Send(ctx, edge.DeliveryQueue, 0, bodies...)
}

// unlessMoved is nil where another worker was faster: the message has done its work.
func unlessMoved(err error) error {
	if errors.Is(err, errMoved) || errors.Is(err, errExists) || errors.Is(err, ledger.ErrLeased) {
		return nil
	}
	return err
}
