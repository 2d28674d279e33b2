package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// openLogs makes the directory for the jobs' logs, if one is wanted.
func openLogs(f Flags) error {
	if f.Logs == "" {
		return nil
	}
	if err := os.MkdirAll(f.Logs, 0o700); err != nil {
		return fmt.Errorf("flag --logs %s: %w: give a directory that can be made", f.Logs, err)
	}
	return nil
}

// keepLogs writes the log of each job into a file of its own: 03-check-x64-2.log is the third job's.
func keepLogs(dir string, rows []Row) error {
	if dir == "" {
		return nil
	}
	for i, row := range rows {
		path := filepath.Join(dir, fmt.Sprintf("%02d-%s.log", i+1, plain(row.Job)))
		if err := os.WriteFile(path, []byte(row.Log), 0o600); err != nil {
			return fmt.Errorf("keep the log of %s: %w", row.Job, err)
		}
	}
	return nil
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9._]+`)

// longestPlain is how much of a name a file's name has, in bytes.
const longestPlain = 60

// plain is a job's name as part of a file's.
func plain(name string) string {
	name = strings.Trim(notPlain.ReplaceAllString(name, "-"), "-.")
	return name[:min(len(name), longestPlain)]
}
