package transfer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// CreateInput asks for a transfer.
type CreateInput struct {
	Connection  string         `json:"connection"`
	Asset       string         `json:"asset"`
	Amount      amount.Decimal `json:"amount"`
	Source      Source         `json:"source"`
	Destination Destination    `json:"destination"`
	Note        string         `json:"note,omitempty"`
}

// Source is where assets come from.
type Source struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Destination is where they go: to something that the provider knows, by type and id, or to an address.
type Destination struct {
	Type    string `json:"type,omitempty"`
	ID      string `json:"id,omitempty"`
	Address string `json:"address,omitempty"`
	Tag     string `json:"tag,omitempty"`
}

// The rules' faults.
var (
	ErrKeyRequired = fault.New(fault.Invalid, "idempotency_key_required", "A transfer needs an Idempotency-Key: it becomes the transfer's name at the provider.").At("Idempotency-Key")
	ErrKeyUnfit    = fault.New(fault.Unprocessable, "idempotency_key_unfit", "The Idempotency-Key of a transfer has 1 to 128 letters, digits, dots, dashes, underscores and tildes.").At("Idempotency-Key")
	ErrKeyReused   = ledger.ErrKeyReused.Saying("This Idempotency-Key is the name of another transfer of this workspace.")
	ErrConnection  = fault.New(fault.Unprocessable, "connection_unknown", "The workspace has no such connection.").At("/connection")
	ErrAsset       = fault.New(fault.Unprocessable, "asset_invalid", "An asset is the provider's id of it: 1 to 100 letters, digits, dots, dashes and underscores.").At("/asset")
	ErrAmount      = fault.New(fault.Unprocessable, "amount_invalid", "An amount is above zero.").At("/amount")
	ErrPartyType   = fault.New(fault.Unprocessable, "party_type_unknown", "The types are: "+strings.Join(custody.PartyTypes(), ", ")+".")
	ErrPartyID     = fault.New(fault.Unprocessable, "party_id_invalid", "The id has 1 to 100 visible ASCII characters.")
	ErrDestination = fault.New(fault.Unprocessable, "destination_ambiguous", "A destination is either a type and an id, or an address, which may have a tag.").At("/destination")
	ErrAddress     = fault.New(fault.Unprocessable, "address_invalid", "An address has 1 to 200 visible ASCII characters.").At("/destination/address")
	ErrTag         = fault.New(fault.Unprocessable, "tag_invalid", "A tag has at most 100 visible ASCII characters.").At("/destination/tag")
	ErrNote        = fault.New(fault.Unprocessable, "note_invalid", "A note has at most 200 printable characters.").At("/note")
)

const (
	lower = "abcdefghijklmnopqrstuvwxyz"
	plain = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

	maxID, maxAddress, maxNote = 100, 200, 200
)

// reference is the name of the transfer at the provider. Its key is kept to what stands in a URL as it is: the provider is
// asked for it by path, and no two ways of escaping may make an existing order look absent.
func reference(who caller.Caller) (tenant.Ref, error) {
	key := who.Once.Key
	if key == "" {
		return tenant.Ref{}, ErrKeyRequired
	}
	ref, err := tenant.NewRef(who.Workspace, key)
	if err != nil || strings.Trim(key, plain+"~") != "" {
		return tenant.Ref{}, ErrKeyUnfit
	}
	return ref, nil
}

// check holds an input against the rules, the first that is broken speaking.
func (in CreateInput) check() error {
	switch {
	case in.Asset == "" || len(in.Asset) > maxID || strings.Trim(in.Asset, plain) != "":
		return ErrAsset
	case in.Amount == amount.Decimal{}:
		return ErrAmount
	case !slices.Contains(custody.PartyTypes(), in.Source.Type):
		return ErrPartyType.At("/source/type")
	case !visible(in.Source.ID, maxID):
		return ErrPartyID.At("/source/id")
	case utf8.RuneCountInString(in.Note) > maxNote || strings.ContainsFunc(in.Note, func(c rune) bool { return !unicode.IsPrint(c) }):
		return ErrNote
	}
	return in.Destination.check()
}

func (d Destination) check() error {
	if d.Address == "" {
		switch {
		case d.Type == "" && d.ID == "", d.Tag != "":
			return ErrDestination
		case !slices.Contains(custody.PartyTypes(), d.Type):
			return ErrPartyType.At("/destination/type")
		case !visible(d.ID, maxID):
			return ErrPartyID.At("/destination/id")
		}
		return nil
	}
	switch {
	case d.ID != "" || d.Type != "" && d.Type != custody.OneTime:
		return ErrDestination
	case !visible(d.Address, maxAddress):
		return ErrAddress
	case d.Tag != "" && !visible(d.Tag, maxID):
		return ErrTag
	}
	return nil
}

func (d Destination) party() custody.Party {
	if d.Address != "" {
		d.Type = custody.OneTime
	}
	return custody.Party{Type: d.Type, ID: d.ID, Address: d.Address, Tag: d.Tag}
}

// visible takes 1 to so many visible ASCII characters.
func visible(text string, longest int) bool {
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}
