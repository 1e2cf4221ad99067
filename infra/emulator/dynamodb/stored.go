package dynamodb

import (
	"fmt"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// Stored is every item of a table at one moment, in no order. What is stored is never changed, only replaced: where two
// moments have the same pointer, nothing was written to the item in between. The caller must not change it either.
func (s *Service) Stored(table string) ([]*attribute.Item, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.table(table)
	if err != nil {
		return nil, fmt.Errorf("look at the table %q: %w", table, err)
	}
	all := make([]*attribute.Item, 0, t.count)
	for _, entries := range t.rows {
		for _, e := range entries {
			all = append(all, &e.row.item)
		}
	}
	return all, nil
}
