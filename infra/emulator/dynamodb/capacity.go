package dynamodb

import (
	"math"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Units (Amazon DynamoDB Developer Guide, "DynamoDB provisioned capacity mode"): a read is counted in 4 KB and costs half
// if it need not be consistent, a write in 1 KB, and either twice that in a transaction. What is not there costs as
// much as the smallest item.

func readUnits(size int, consistent bool) float64 {
	units := math.Max(1, math.Ceil(float64(size)/4096))
	if consistent {
		return units
	}
	return units / 2
}

func writeUnits(size int) float64 {
	return math.Max(1, math.Ceil(float64(size)/1024))
}

// meter sums up what one call consumes, by table and index.
type meter struct {
	tables []string // in the order of first use
	usage  map[string]*usage
}

type usage struct {
	read, write float64 // the table's own
	indexes     map[string]float64
	indexReads  float64
	indexWrites float64
}

func (m *meter) of(table string) *usage {
	if m.usage == nil {
		m.usage = map[string]*usage{}
	}
	u, ok := m.usage[table]
	if !ok {
		u = &usage{indexes: map[string]float64{}}
		m.usage[table] = u
		m.tables = append(m.tables, table)
	}
	return u
}

func (u *usage) readIndex(name string, units float64) {
	u.indexes[name] += units
	u.indexReads += units
}

func (u *usage) writeIndex(name string, units float64) {
	if units > 0 {
		u.indexes[name] += units
		u.indexWrites += units
	}
}

// trace adds the sums to the call's trace.
func (m *meter) trace(t *protocol.Trace) {
	for _, u := range m.usage {
		t.ReadUnits += u.read + u.indexReads
		t.WriteUnits += u.write + u.indexWrites
	}
}

// capacity names the units by their kind too in a transaction.
type capacity struct {
	CapacityUnits      float64
	ReadCapacityUnits  float64 `json:",omitempty"`
	WriteCapacityUnits float64 `json:",omitempty"`
}

type consumedCapacity struct {
	TableName string
	capacity
	Table                  *capacity           `json:",omitempty"`
	GlobalSecondaryIndexes map[string]capacity `json:",omitempty"`
}

// report is ConsumedCapacity of a call on several tables, nil unless asked for.
func (m *meter) report(mode returnConsumedCapacity) []consumedCapacity {
	var reports []consumedCapacity
	for _, name := range slices.Sorted(slices.Values(m.tables)) {
		if r := m.reportOf(name, mode); r != nil {
			reports = append(reports, *r)
		}
	}
	return reports
}

// reportOf is ConsumedCapacity of a call on one table.
func (m *meter) reportOf(name string, mode returnConsumedCapacity) *consumedCapacity {
	if mode == "" || mode == "NONE" {
		return nil
	}
	u := m.of(name)
	own := u.read + u.write
	r := &consumedCapacity{TableName: name, capacity: capacity{CapacityUnits: own + u.indexReads + u.indexWrites}}
	if mode == "INDEXES" {
		r.Table = &capacity{CapacityUnits: own}
		r.GlobalSecondaryIndexes = map[string]capacity{}
		for index, units := range u.indexes {
			r.GlobalSecondaryIndexes[index] = capacity{CapacityUnits: units}
		}
	}
	return r
}

// reportTransaction is report with the units also named by their kind. No index is read in a transaction.
func (m *meter) reportTransaction(mode returnConsumedCapacity) []consumedCapacity {
	reports := m.report(mode)
	for i, r := range reports {
		u := m.usage[r.TableName]
		reports[i].ReadCapacityUnits = u.read
		reports[i].WriteCapacityUnits = u.write + u.indexWrites
		if r.Table == nil {
			continue
		}
		r.Table.ReadCapacityUnits, r.Table.WriteCapacityUnits = u.read, u.write
		for name, units := range u.indexes {
			r.GlobalSecondaryIndexes[name] = capacity{CapacityUnits: units, WriteCapacityUnits: units}
		}
	}
	return reports
}
