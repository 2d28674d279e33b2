package docker

import (
	"encoding/json"
	"fmt"
)

// limits judges what a container may use. A new one has to say it, a change only what changes.
func (p *Policy) limits(values map[string]any, isNew bool) error {
	for _, limit := range []struct {
		field, flag string
		most, unit  float64
	}{
		{"Memory", "--memory", float64(p.MaxMemory), 1},
		{"NanoCpus", "--cpus", p.MaxCPUs, 1e9},
		{"PidsLimit", "--pids-limit", float64(p.MaxPIDs), 1},
	} {
		if limit.most == 0 {
			continue
		}
		asked, err := amount(values, limit.field)
		if err != nil {
			return err
		}
		if !isNew && isKept(limit.field, values[fold(limit.field)]) {
			continue
		}
		if asked <= 0 || asked > limit.most*limit.unit {
			return &RefusedError{"limits", fmt.Sprintf("%s is %.0f", limit.field, asked), fmt.Sprintf("use %s %v or less", limit.flag, limit.most)}
		}
	}
	return p.swap(values)
}

// isKept says whether a change leaves a limit as it is. For processes 0 is no limit.
// Source: Docker Engine API, ContainerUpdate.
func isKept(field string, value any) bool {
	return value == nil || field != "PidsLimit" && asksNothing(value)
}

// swap judges memory and swap together: by Docker's default twice the memory.
func (p *Policy) swap(values map[string]any) error {
	if p.MaxMemory == 0 {
		return nil
	}
	asked, err := amount(values, "MemorySwap")
	if err != nil {
		return err
	}
	if asked < 0 || asked > 2*float64(p.MaxMemory) {
		return &RefusedError{"limits", fmt.Sprintf("MemorySwap is %.0f", asked), fmt.Sprintf("leave out --memory-swap, or use %d or less", 2*p.MaxMemory)}
	}
	return nil
}

func amount(values map[string]any, field string) (float64, error) {
	value := values[fold(field)]
	if value == nil {
		return 0, nil
	}
	number, is := value.(json.Number)
	asked, err := number.Float64()
	if !is || err != nil {
		return 0, wrongType(field, "a number")
	}
	return asked, nil
}
