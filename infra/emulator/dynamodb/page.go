package dynamodb

import (
	"iter"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxPage is how many bytes of items one Query or Scan reads (API reference of Query).
const maxPage = 1 << 20

// pageInput is what Query and Scan have in common.
type pageInput struct {
	TableName            string
	FilterExpression     *string
	ProjectionExpression *string
	placeholders
	Limit                  *int
	ExclusiveStartKey      attribute.Item
	ConsistentRead         bool
	Select                 selection
	ReturnConsumedCapacity returnConsumedCapacity

	filter expression.Condition
	view   view
}

type pageOutput struct {
	Items            *[]attribute.Item `json:",omitempty"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey attribute.Item    `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

// open checks what needs no table.
func (in *pageInput) open(others ...member) (*expression.Scope, error) {
	if err := checkTableName(in.TableName); err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return nil, protocol.Invalid("1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1")
	}
	return in.scope(append(others, member{"FilterExpression", in.FilterExpression}, member{"ProjectionExpression", in.ProjectionExpression})...)
}

// parse reads the expressions, the last of the request, and checks what is selected.
func (in *pageInput) parse(scope *expression.Scope, source source) (err error) {
	if in.FilterExpression != nil {
		if in.filter, err = scope.Condition("FilterExpression", *in.FilterExpression); err != nil {
			return err
		}
		for _, name := range expression.Names(in.filter) {
			if source.key.has(name) {
				return protocol.Invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
			}
		}
	}
	if err := in.view.parse(scope, in.ProjectionExpression); err != nil {
		return err
	}
	if err := scope.Unused(); err != nil {
		return err
	}
	return in.checkSelect(source)
}

func (in *pageInput) checkSelect(source source) error {
	projected := in.ProjectionExpression != nil
	switch in.Select {
	case "SPECIFIC_ATTRIBUTES":
		if !projected {
			return protocol.Invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
		}
		return nil
	case "ALL_PROJECTED_ATTRIBUTES":
		if source.index == nil {
			return protocol.Invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
		}
	case "ALL_ATTRIBUTES":
		if x := source.index; x != nil && x.projection.ProjectionType != "ALL" {
			return protocol.Invalid("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", x.name)
		}
	}
	if projected && in.Select != "" {
		return protocol.Invalid("Cannot specify the ProjectionExpression when choosing to get %s", in.Select)
	}
	return nil
}

// page reads rows up to the limit or 1 MB, both counted before the filter; s.mu is held.
func (in *pageInput) page(trace *protocol.Trace, source source, rows iter.Seq2[place, *row]) (out pageOutput) {
	items, bytes := []attribute.Item{}, 0
	var last *row
	more := false
	for _, r := range rows {
		if more = last != nil && bytes+r.size > maxPage; more {
			break
		}
		last = r
		bytes += r.size
		out.ScannedCount++
		if in.filter == nil || in.filter.Holds(r.item) {
			items = append(items, in.view.of(r))
		}
		// DynamoDB does not look whether there is an item behind the limit.
		if more = in.Limit != nil && out.ScannedCount == *in.Limit; more {
			break
		}
	}
	out.Count = len(items)
	if in.Select != "COUNT" {
		out.Items = &items
	}
	if more {
		out.LastEvaluatedKey = source.startKey(last.item)
	}
	var units meter
	u := units.of(source.table.definition.TableName)
	if source.index != nil {
		u.readIndex(source.index.name, readUnits(bytes, false))
	} else {
		u.read = readUnits(bytes, in.ConsistentRead)
	}
	units.trace(trace)
	out.ConsumedCapacity = units.reportOf(in.TableName, in.ReturnConsumedCapacity)
	return out
}
