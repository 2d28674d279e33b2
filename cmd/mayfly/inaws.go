package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// companion is the program beside this one that does what needs an AWS account. It is one of its own, so
// that the demo is never linked with EC2's SDK, which takes minutes to compile.
const companion = "mayfly-aws"

// becomeCompanion has the companion take this process's place, and returns only where it cannot.
func becomeCompanion(args []string) int {
	self, err := os.Executable()
	if err != nil {
		return failed(fmt.Errorf("find this program, to find %s beside it: %w", companion, err))
	}
	program := filepath.Join(filepath.Dir(self), companion)
	err = syscall.Exec(program, append([]string{companion}, args...), os.Environ()) //nolint:gosec // G702: the arguments are the user's own, and no shell reads them
	if errors.Is(err, fs.ErrNotExist) {
		return failed(fmt.Errorf("%s is done by the program %s, which is not there: `make build` builds both", args[0], program))
	}
	return failed(fmt.Errorf("become %s: %w", program, err))
}
