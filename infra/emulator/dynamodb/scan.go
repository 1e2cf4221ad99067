package dynamodb

import "github.com/zenvault/zenvault/infra/emulator/protocol"

// scan is for tests that look at everything stored. It walks the table in the order of its keys' forms, which is not
// DynamoDB's, and each page is one moment's state.
func (s *Service) scan(trace *protocol.Trace, in pageInput) (out pageOutput, err error) {
	scope, err := in.open()
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return out, err
	}
	source, _ := t.source(nil) // only an unknown index is an error
	// DynamoDB lets a Scan filter by the key, a Query not.
	filtered := source
	filtered.key = schema{}
	if err := in.parse(scope, filtered); err != nil {
		return out, err
	}
	var behind place
	if in.ExclusiveStartKey != nil {
		if behind, err = source.behind(in.ExclusiveStartKey); err != nil {
			return out, err
		}
	}
	trace.Touched = append(trace.Touched, source.label+" all")
	return in.page(trace, source, source.rows.all(behind)), nil
}
