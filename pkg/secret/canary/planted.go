package main

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
)

// pattern is a planted secret: a word that nobody writes by chance, of secret.MinBytes or more.
var pattern = regexp.MustCompile(`\bcanary-[0-9a-z][0-9a-z-]*`)

// findPlanted are the secrets planted in the tests below a folder, in order. There has to be one, or
// else nothing would be searched for.
func findPlanted(root string) (planted []string, err error) {
	files := os.DirFS(root)
	err = fs.WalkDir(files, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(files, path)
		planted = append(planted, pattern.FindAllString(string(text), -1)...)
		return err
	})
	if err == nil && len(planted) == 0 {
		err = fmt.Errorf("no test in %s plants a secret, which begins with canary-: run this at the module's root", root)
	}
	slices.Sort(planted)
	return slices.Compact(planted), err
}
