package expression_test

import (
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
)

func item(t testing.TB, text string) attribute.Item {
	t.Helper()
	var m attribute.Map
	if err := m.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatalf("item %s: %v", text, err)
	}
	return m
}

const stored = `{"a":{"N":"1"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"L":[{"M":{"y":{"S":"z"}}}]}}},"s":{"SS":["a","b"]}}`

func scope(t testing.TB) *expression.Scope {
	t.Helper()
	s, err := expression.NewScope(map[string]string{"#a": "a", "#m": "m"}, item(t, `{":n":{"N":"7"},":s":{"SS":["b"]},":l":{"L":[]},":t":{"S":"text"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An update leaves the item that it is applied to as it was, however deep it reaches.
func TestApplyCopies(t *testing.T) {
	for _, text := range []string{
		"SET a = :n", "SET l[0] = :n", "SET m.x[0].y = :n", "REMOVE l[1]", "REMOVE m.x[0].y", "SET l[9] = :n", "ADD a :n, s :s", "DELETE s :s", "SET l = list_append(l, l)",
	} {
		before := item(t, stored)
		u, err := scope(t).Update(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		after, err := u.Apply(before)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !attribute.Equal(before, item(t, stored)) {
			t.Errorf("%s changed the item that it was given", text)
		}
		if attribute.Equal(before, after) {
			t.Errorf("%s changed nothing", text)
		}
	}
}

// The placeholders of a request are checked before and after its expressions.
func TestScope(t *testing.T) {
	for _, c := range []struct {
		names  map[string]string
		values attribute.Map
		want   string
	}{
		{map[string]string{}, nil, "ExpressionAttributeNames must not be empty"},
		{nil, attribute.Map{}, "ExpressionAttributeValues must not be empty"},
		{map[string]string{"a": "b"}, nil, `invalid key: Syntax error; key: "a"`},
		{map[string]string{"#a-b": "b"}, nil, `invalid key: Syntax error; key: "#a-b"`},
		{map[string]string{"#a": ""}, nil, "Empty attribute name"},
		{nil, attribute.Map{"v": attribute.Null{}}, `invalid key: Syntax error; key: "v"`},
	} {
		if _, err := expression.NewScope(c.names, c.values); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("scope of %v %v: %v, want %s", c.names, c.values, err, c.want)
		}
	}
	s := scope(t)
	if _, err := s.Condition("ConditionExpression", "#a = :n"); err != nil {
		t.Fatal(err)
	}
	if err := s.Unused(); err == nil || !strings.Contains(err.Error(), "keys: {#m}") {
		t.Errorf("unused = %v, want #m", err)
	}
}

// An expression as long as the limit is read, a longer one is not; nesting as deep as the length allows is no harm.
func TestLength(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("NOT ", n) + "a = :n" }
	if _, err := scope(t).Condition("ConditionExpression", nested(1000)); err != nil {
		t.Errorf("4006 bytes: %v", err)
	}
	if _, err := scope(t).Condition("ConditionExpression", nested(1023)); err == nil || !strings.Contains(err.Error(), "expression size: 4098") {
		t.Errorf("4098 bytes: %v, want a refusal of the size", err)
	}
}

// Whatever the text, parsing ends in an expression or a refusal, and an expression can be evaluated.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{
		"a = :n AND (b <> :t OR NOT #m.x[0].y = :t)", "a BETWEEN :n AND :n", "a IN (:n, :t)", "attribute_type(a, :t)", "begins_with(a, :t)", "contains(s, :t)", "size(l) > :n",
		"SET a = a + :n, m.x[0].y = if_not_exists(b, :t) REMOVE l[0], l[2] ADD c :n DELETE s :s", "SET l = list_append(l, :l)", "SET l[9] = :n, l[5] = :n REMOVE l[1]",
		"#a, #m.x[0].y, l[2]", "((a = :n))", "SET SET", "a[", "#", ":", "a = = b", "attribute_exists(attribute_exists(a))", "(((((",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole := item(t, stored)
		if c, err := scope(t).Condition("ConditionExpression", text); err == nil {
			c.Holds(whole)
			c.Holds(nil)
			expression.Names(c)
		}
		if u, err := scope(t).Update(text); err == nil {
			if after, err := u.Apply(whole); err == nil && after == nil {
				t.Errorf("%s made an item of nothing", text)
			}
		}
		if p, err := scope(t).Projection(text); err == nil {
			if attribute.ItemSize(p.Of(whole)) > attribute.ItemSize(whole) {
				t.Errorf("%s shows more than there is", text)
			}
		}
		scope(t).KeyCondition(text, "a", "b")
		if !attribute.Equal(whole, item(t, stored)) {
			t.Errorf("%s changed the item", text)
		}
	})
}
