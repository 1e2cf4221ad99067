package dynamo

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/zenvault/zenvault/shared/ledger"
)

type attributes = map[string]types.AttributeValue

// encodeItem is the stored form of an item with its key.
func encodeItem(key ledger.Key, item ledger.Item) (attributes, error) {
	out, err := encodeMap(item, len(item)+2)
	if err != nil {
		return nil, fmt.Errorf("encoding %s/%s: %w", key.PK, key.SK, err)
	}
	out["pk"], out["sk"] = text(key.PK), text(key.SK)
	return out, nil
}

func encodeKey(key ledger.Key) attributes {
	return attributes{"pk": text(key.PK), "sk": text(key.SK)}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func encodeMap(item ledger.Item, size int) (attributes, error) {
	out := make(attributes, size)
	for name, value := range item {
		encoded, err := encode(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		out[name] = encoded
	}
	return out, nil
}

func encode(value any) (types.AttributeValue, error) {
	switch v := value.(type) {
	case string:
		return text(v), nil
	case int64:
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}, nil
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}, nil
	case []byte:
		return &types.AttributeValueMemberB{Value: v}, nil
	case []string:
		return encodeList(v)
	case []ledger.Item:
		return encodeList(v)
	case ledger.Item:
		inner, err := encodeMap(v, len(v))
		return &types.AttributeValueMemberM{Value: inner}, err
	}
	return nil, fmt.Errorf("a stored value can't be a %T", value)
}

func encodeList[T any](values []T) (types.AttributeValue, error) {
	out := make([]types.AttributeValue, len(values))
	for i, value := range values {
		var err error
		if out[i], err = encode(value); err != nil {
			return nil, err
		}
	}
	return &types.AttributeValueMemberL{Value: out}, nil
}

// decodeItem reads what encodeItem wrote; a value of any other form is left out, so that a reader misses it by name.
func decodeItem(stored attributes) ledger.Item {
	if len(stored) == 0 {
		return nil
	}
	item := make(ledger.Item, len(stored))
	for name, value := range stored {
		if decoded := decode(value); decoded != nil {
			item[name] = decoded
		}
	}
	return item
}

func decode(value types.AttributeValue) any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil {
			return n
		}
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberM:
		if item := decodeItem(v.Value); item != nil {
			return item
		}
		return ledger.Item{}
	case *types.AttributeValueMemberL:
		return decodeList(v.Value)
	}
	return nil
}

// decodeList reads a list of one kind, texts or maps; a mixed one is nothing of ours.
func decodeList(values []types.AttributeValue) any {
	texts, items := []string{}, []ledger.Item{}
	for _, value := range values {
		switch v := decode(value).(type) {
		case string:
			texts = append(texts, v)
		case ledger.Item:
			items = append(items, v)
		}
	}
	switch len(values) {
	case len(texts):
		return texts
	case len(items):
		return items
	}
	return nil
}
