package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// search says which tests told which of the planted secrets, in any form that a masker knows.
func search(printed map[string]*strings.Builder, planted []string) (told []string, err error) {
	for _, plain := range planted {
		masker := secret.NewMasker()
		if err := masker.Register(secret.New(plain), time.Time{}); err != nil {
			return nil, fmt.Errorf("%s: %w", plain, err)
		}
		for _, who := range slices.Sorted(maps.Keys(printed)) {
			if text := printed[who].String(); masker.MaskString(text) != text {
				told = append(told, fmt.Sprintf("%s is told by %s", plain, who))
			}
		}
	}
	return told, nil
}
