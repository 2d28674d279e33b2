package record

import (
	"fmt"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Stored is an item as a record keeps it.
type Stored struct {
	Key  string
	Body []byte
	Live bool
}

// Encode is what one commit stores. The error is of a commit that no record takes: it has more than
// [runner.MaxCommit] items, or one of them twice.
func Encode(items ...runner.Item) ([]Stored, error) {
	if len(items) > runner.MaxCommit {
		return nil, fmt.Errorf("record: %d items in one commit, at most %d are allowed", len(items), runner.MaxCommit)
	}
	encoded := make([]Stored, 0, len(items))
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		key := item.Key()
		body, err := runner.EncodeItem(item)
		if err != nil {
			return nil, fmt.Errorf("record: %s: %w", key, err)
		}
		if seen[key] {
			return nil, fmt.Errorf("record: %s is twice in one commit", key)
		}
		seen[key] = true
		encoded = append(encoded, Stored{Key: key, Body: body, Live: item.Live()})
	}
	return encoded, nil
}

// Unique are the keys that a read is about: sorted, and each once.
func Unique(keys []string) []string { return slices.Compact(slices.Sorted(slices.Values(keys))) }
