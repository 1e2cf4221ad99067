package cobo_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

func to(kind string, members object) object {
	d := object{"destination_type": kind}
	maps.Copy(d, members)
	return object{"destination": d}
}

// Where a transaction goes, and how much: the account's output, the sum of the others, or what a wallet gets.
func TestDestinations(t *testing.T) {
	two := []object{{"address": "bc1a", "amount": "0.1"}, {"address": "bc1b", "amount": "0.2"}}
	for about, c := range map[string]struct {
		tx     object
		amount *amount.Decimal
		want   []signing.Party
	}{
		"account": {nil, codectest.Decimal("0.25"), []signing.Party{{Type: "Address", NoID: true, Address: "0xA"}}},
		"outputs": {to("Address", object{"utxo_outputs": two}), codectest.Decimal("0.3"),
			[]signing.Party{{Type: "Address", NoID: true, Address: "bc1a"}, {Type: "Address", NoID: true, Address: "bc1b"}}},
		"a memo": {to("Address", object{"account_output": object{"address": "r1", "amount": "1", "memo": "7"}}), codectest.Decimal("1"),
			[]signing.Party{{Type: "Address", NoID: true, Address: "r1", Tag: "7"}}},
		"a silent output": {to("Address", object{"utxo_outputs": []object{two[0], {"address": "bc1b"}}}), nil,
			[]signing.Party{{Type: "Address", NoID: true, Address: "bc1a"}, {Type: "Address", NoID: true, Address: "bc1b"}}},
		"a wallet":        {to("CustodialWallet", object{"wallet_id": "w", "amount": "1.0"}), codectest.Decimal("1"), []signing.Party{{Type: "CustodialWallet", ID: "w"}}},
		"a silent wallet": {to("ExchangeWallet", object{"wallet_id": "w"}), nil, []signing.Party{{Type: "ExchangeWallet", ID: "w"}}},
		"nobody":          {to("Address", nil), nil, nil},
	} {
		got := read(t, keysign(c.tx, nil)).Request
		if diff := codectest.Diff(c.want, got.Destinations) + codectest.Diff(c.amount, got.Amount); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", about, got.Amount, diff)
		}
	}
}

// What contradicts itself is found out: another transaction's id, more hashes than the transaction needs, two receivers.
func TestConsistency(t *testing.T) {
	utxo := to("Address", object{"utxo_outputs": []object{{"address": "bc1a", "amount": "0.1"}}})
	inputs := func(n int) object {
		tx := maps.Clone(utxo)
		tx["raw_tx_info"] = object{"selected_utxos": make([]object, n)}
		for i := range n {
			tx["raw_tx_info"].(object)["selected_utxos"].([]object)[i] = object{"tx_hash": "aa", "vout_n": i}
		}
		return tx
	}
	hashes := func(n int) object {
		return object{"msg_hash_list": strings.Split(strings.Repeat("aa ", n-1)+"aa", " ")}
	}
	for about, c := range map[string]struct {
		tx, detail object
		want       string
	}{
		"as it is":                      {nil, nil, ""},
		"another transaction":           {nil, object{"biz_task_id": "tx-2"}, "transaction_id"},
		"no transaction's id":           {nil, object{"biz_task_id": nil}, ""},
		"another wallet":                {object{"wallet_id": "wallet-2"}, nil, "source_wallet"},
		"no hash":                       {nil, object{"msg_hash_list": []string{}}, "hashes"},
		"hashes not told":               {nil, object{"msg_hash_list": nil}, "hashes"},
		"two hashes":                    {nil, hashes(2), "hashes"},
		"one hash of one input":         {inputs(1), hashes(1), ""},
		"two hashes of two inputs":      {inputs(2), hashes(2), ""},
		"one hash of two inputs":        {inputs(2), hashes(1), ""},
		"two hashes of one input":       {inputs(1), hashes(2), "hashes"},
		"two hashes, inputs not told":   {utxo, hashes(2), ""},
		"no hash, inputs not told":      {utxo, object{"msg_hash_list": nil}, "hashes"},
		"nobody":                        {to("Address", nil), nil, "destination"},
		"an account and outputs":        {to("Address", object{"account_output": object{"address": "0xA"}, "utxo_outputs": []object{{"address": "b"}}}), nil, "destination"},
		"an address and a wallet":       {to("Address", object{"account_output": object{"address": "0xA"}, "wallet_id": "w"}), nil, "destination"},
		"an address and another amount": {to("Address", object{"account_output": object{"address": "0xA", "amount": "1"}, "amount": "1"}), nil, "destination"},
		"a wallet and an address":       {to("CustodialWallet", object{"wallet_id": "w", "amount": "1", "account_output": object{"address": "0xA"}}), nil, "destination"},
		"an exponent":                   {to("Address", object{"account_output": object{"address": "0xA", "amount": "1e2"}}), nil, "amount_malformed"},
		"a wallet's exponent":           {to("CustodialWallet", object{"wallet_id": "w", "amount": "1e2"}), nil, "amount_malformed"},
	} {
		if got := read(t, keysign(c.tx, c.detail)).Inconsistent; got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

// The digest changes with all that is decided on or signed, and with nothing that differs between two sendings.
func TestDigest(t *testing.T) {
	of := func(tx, d object) string { return read(t, keysign(tx, d)).Digest }
	base := of(nil, nil)
	for _, name := range []string{"transaction_id", "request_id", "wallet_id", "chain_id", "token_id", "type"} {
		if of(object{name: "9"}, nil) == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
	for about, tx := range map[string]object{
		"source type": {"source": object{"source_type": "x", "wallet_id": "wallet-1", "address": "0xF"}}, "source address": {"source": object{"source_type": "Org-Controlled", "wallet_id": "wallet-1"}},
		"source wallet": {"source": object{"source_type": "Org-Controlled", "address": "0xF"}}, "raw transaction": {"raw_tx_info": object{"unsigned_raw_tx": "0xea"}},
		"address": to("Address", object{"account_output": object{"address": "0xB", "amount": "0.25"}}), "amount": to("Address", object{"account_output": object{"address": "0xA", "amount": "0.26"}}),
		"memo": to("Address", object{"account_output": object{"address": "0xA", "amount": "0.25", "memo": "1"}}), "form": to("Address", object{"utxo_outputs": []object{{"address": "0xA", "amount": "0.25"}}}),
		"wallet": to("CustodialWallet", object{"wallet_id": "w"}), "amount to a wallet": to("CustodialWallet", object{"wallet_id": "w", "amount": "1"}),
		"account at the exchange": to("ExchangeWallet", object{"wallet_id": "w", "trading_account_type": "spot"}), "exchange": to("ExchangeWallet", object{"wallet_id": "w", "exchange_id": "x"}),
	} {
		if of(tx, nil) == base {
			t.Errorf("another %s has the same digest", about)
		}
	}
	for name, value := range map[string]any{"group_id": "x", "root_pub_key": "x", "bip32_path_list": []string{"m/45"}, "msg_hash_list": []string{"0xab"},
		"tweak_list": []string{"00"}, "signature_type": 2, "tss_protocol": 2, "biz_task_id": nil} {
		if of(nil, object{name: value}) == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
	for about, c := range map[string][2]object{
		"nodes": {nil, {"used_node_ids": []string{"n3"}}}, "task": {nil, {"task_id": "x"}}, "state": {{"status": "x"}, nil}, "zeros": {to("Address", object{"account_output": object{"address": "0xA", "amount": "0.25"}}), nil},
		"people": {{"initiator": "x"}, nil}, "time": {{"updated_timestamp": 1}, nil}, "new member": {{"new": object{"a": 1}}, {"new": 1}},
	} {
		if of(c[0], c[1]) != base {
			t.Errorf("another %s has another digest", about)
		}
	}
	contract := func(data string) string {
		return of(object{"type": "ContractCall", "destination": object{"destination_type": "EVM_Contract", "calldata": data}}, nil)
	}
	if contract("0x00") == contract("0x01") {
		t.Error("another call has the same digest")
	}
	for _, number := range []int{1, 3, 5, 7} {
		other := func(detail string) string {
			return read(t, object{"request_id": "a", "request_type": number, "request_detail": detail}).Digest
		}
		if other("{}") == other(`{"a":1}`) {
			t.Errorf("type %d: another detail has the same digest", number)
		}
	}
}
