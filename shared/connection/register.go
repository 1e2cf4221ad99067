package connection

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/label"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// RegisterInput describes a connection.
type RegisterInput struct {
	Workspace   tenant.ID `path:"workspace"`
	Name        string    `json:"name"`
	Provider    string    `json:"provider"`
	Environment string    `json:"environment"`
	APIKey      string    `json:"api_key"`
	SigningKey  string    `json:"signing_key"`
}

// Register makes a connection known. It fails with the rules' faults, each naming the member, with the workspace's "not
// found" and with ErrTooMany. Whether the key is there, and whether the provider takes it, is not known here: only the
// function that calls the provider may use it.
func (s Service) Register(ctx context.Context, who caller.Caller, in RegisterInput) (View, error) {
	c := Connection{Workspace: in.Workspace, Provider: in.Provider, Name: in.Name, Environment: in.Environment, APIKey: in.APIKey, SigningKey: in.SigningKey}
	if err := s.check(c); err != nil {
		return View{}, err
	}
	if err := s.Workspaces(ctx, c.Workspace); err != nil {
		return View{}, err
	}
	c.ID, c.CreatedAt = ID(s.Ledger.NewID(idPrefix)), s.Ledger.Now()
	return c.view(), s.insert(ctx, who, c)
}

// check holds a whole connection against the rules.
func (s Service) check(c Connection) error {
	if !label.Valid(c.Name) {
		return ErrName
	}
	if _, err := s.baseURL(c.Provider, c.Environment); err != nil {
		return err
	}
	if err := checkAPIKey(c.APIKey); err != nil {
		return err
	}
	if !s.ValidKey(c.SigningKey) {
		return ErrSigningKey
	}
	return nil
}

// insert commits the connection with the count of its workspace.
func (s Service) insert(ctx context.Context, who caller.Caller, c Connection) error {
	_, err := s.Ledger.CommitOneMore(ctx, ledger.Change{
		By: who, Action: "connection.register", Target: c.target(), Workspace: c.Workspace.String(), After: c.fields(),
		Key: At(c.Workspace, c.ID), Item: c.item(), Else: errExists,
		Reply: c.view(),
	}, ledger.Limit{Key: countKey(c.Workspace), Most: maxConnections, Full: ErrTooMany})
	return err
}
