package emulator_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

func stored(t *testing.T, e *emulator.Emulator) map[string]*attribute.Item {
	t.Helper()
	items, err := e.Stored("vault")
	if err != nil {
		t.Fatalf("stored: %v", err)
	}
	all := map[string]*attribute.Item{}
	for _, item := range items {
		all[string((*item)["pk"].(attribute.String))] = item
	}
	return all
}

// What is stored is what a Scan answers. An item is the same one for as long as nothing writes it: what another look has
// was not changed meanwhile, and what was written is not the same.
func TestStored(t *testing.T) {
	e := start(t, emulator.Options{Region: "us-east-1"})
	db := client(e, "us-east-1")
	createTable(t, db)
	for _, pk := range []string{"a", "b", "c", "a"} {
		if err := add(db, pk); err != nil {
			t.Fatalf("add: %v", err)
		}
	}
	before := stored(t, e)
	scanned, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("vault")})
	if err != nil {
		t.Fatalf("scan: %v", err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, item := range scanned.Items {
		want[item["pk"].(*types.AttributeValueMemberS).Value] = item["n"].(*types.AttributeValueMemberN).Value
	}
	for pk, item := range before {
		got[pk] = (*item)["n"].(attribute.Number).String()
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 3 {
		t.Errorf("(-scanned +stored):\n%s", diff)
	}
	if err := add(db, "b"); err != nil {
		t.Fatalf("add: %v", err)
	}
	after := stored(t, e)
	if same := [3]bool{before["a"] == after["a"], before["b"] == after["b"], before["c"] == after["c"]}; same != [3]bool{true, false, true} {
		t.Errorf("after b was written, a, b and c are the same: %v", same)
	}
	if was, is := (*before["b"])["n"].(attribute.Number).String(), (*after["b"])["n"].(attribute.Number).String(); was != "1" || is != "2" {
		t.Errorf("b was %s and is %s, want 1 and 2", was, is)
	}
	if _, err := e.Stored("none"); err == nil {
		t.Error("a table that is not there has items")
	}
}
