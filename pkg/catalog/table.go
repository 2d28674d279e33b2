package catalog

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// columns is the table's first row after its comments.
var columns = []string{"type", "arch", "vcpu", "memory_mib", "price_usd_per_hour"}

// parse reads a table of instance types: CSV with a head row; lines that start with # are comments.
func parse(table []byte) ([]Type, error) {
	reader := csv.NewReader(bytes.NewReader(table))
	reader.Comment = '#'
	reader.FieldsPerRecord = len(columns)
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return nil, fmt.Errorf("catalog: the first row is not the column names %q", columns)
	}
	types := make([]Type, 0, len(rows)-1)
	for _, row := range rows[1:] {
		t, err := parseRow(row)
		if err != nil {
			return nil, fmt.Errorf("catalog: %s: %w", row[0], err)
		}
		types = append(types, t)
	}
	return types, nil
}

func parseRow(row []string) (Type, error) {
	vcpu, errVCPU := strconv.Atoi(row[2])
	memory, errMemory := strconv.Atoi(row[3])
	price, errPrice := strconv.ParseFloat(row[4], 64)
	t := Type{Name: row[0], Arch: runner.Arch(row[1]), VCPU: vcpu, MemoryMiB: memory, PriceUSDPerHour: price}
	if t.Arch != runner.X64 && t.Arch != runner.ARM64 {
		return Type{}, fmt.Errorf("arch is %q, known are %s and %s", row[1], runner.X64, runner.ARM64)
	}
	return t, errors.Join(errVCPU, errMemory, errPrice)
}
