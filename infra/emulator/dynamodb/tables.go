package dynamodb

import (
	"maps"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type tableName struct{ TableName string }

type tableDescription struct {
	TableName                 string
	TableArn                  string
	TableStatus               string
	CreationDateTime          float64 // seconds
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	ItemCount                 int
	TableSizeBytes            int
	BillingModeSummary        billingMode
	DeletionProtectionEnabled bool
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
}

type billingMode struct{ BillingMode string }

type indexDescription struct {
	indexDefinition
	IndexArn    string
	IndexStatus string
	ItemCount   int
}

// describe is a table that is ready at once; s.mu is held.
func (s *Service) describe(t *table) tableDescription {
	d := tableDescription{
		TableName: t.definition.TableName, TableArn: s.arn(t.definition.TableName), TableStatus: "ACTIVE",
		CreationDateTime:     float64(t.created.UnixMilli()) / 1000,
		AttributeDefinitions: t.definition.AttributeDefinitions, KeySchema: t.definition.KeySchema,
		ItemCount: t.count, TableSizeBytes: t.bytes,
		BillingModeSummary:        billingMode{t.definition.BillingMode},
		DeletionProtectionEnabled: t.definition.DeletionProtectionEnabled,
	}
	for i, x := range t.indexes {
		count := 0
		for _, entries := range x.rows {
			count += len(entries)
		}
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, indexDescription{
			t.definition.GlobalSecondaryIndexes[i], d.TableArn + "/index/" + x.name, "ACTIVE", count,
		})
	}
	return d
}

type createTableOutput struct{ TableDescription tableDescription }

func (s *Service) createTable(_ *protocol.Trace, in tableDefinition) (out createTableOutput, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	err = s.change(func() (*record, error) {
		if _, exists := s.tables[in.TableName]; exists {
			return nil, protocol.Refuse("ResourceInUseException", "Table already exists: %s", in.TableName)
		}
		return &record{Create: &in, At: s.clock.Now().UnixMilli()}, nil
	}, func() { out.TableDescription = s.describe(s.tables[in.TableName]) })
	return out, err
}

func (s *Service) deleteTable(_ *protocol.Trace, in tableName) (out createTableOutput, err error) {
	err = s.change(func() (*record, error) {
		t, err := s.namedTable(in.TableName)
		if err != nil {
			return nil, err
		}
		if t.definition.DeletionProtectionEnabled {
			return nil, protocol.Invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
		}
		out.TableDescription = s.describe(t)
		out.TableDescription.TableStatus = "DELETING"
		return &record{Drop: in.TableName}, nil
	}, nil)
	return out, err
}

// namedTable is table with the words of the operations on tables; s.mu is held.
func (s *Service) namedTable(name string) (*table, error) {
	if err := checkTableName(name); err != nil {
		return nil, err
	}
	t, err := s.table(name)
	if err == errNoResource {
		return nil, protocol.Refuse("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
	}
	return t, err
}

type describeTableOutput struct{ Table tableDescription }

func (s *Service) describeTable(_ *protocol.Trace, in tableName) (out describeTableOutput, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.namedTable(in.TableName)
	if err != nil {
		return out, err
	}
	return describeTableOutput{s.describe(t)}, nil
}

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   *int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (s *Service) listTables(_ *protocol.Trace, in listTablesInput) (out listTablesOutput, err error) {
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > 100 {
		return out, protocol.Invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100", limit)
	}
	s.mu.RLock()
	names := slices.Sorted(maps.Keys(s.tables))
	s.mu.RUnlock()
	at, found := slices.BinarySearch(names, in.ExclusiveStartTableName)
	if found {
		at++
	}
	out.TableNames = names[at:]
	if len(out.TableNames) > limit {
		out.TableNames = out.TableNames[:limit]
		out.LastEvaluatedTableName = out.TableNames[limit-1]
	}
	return out, nil
}
