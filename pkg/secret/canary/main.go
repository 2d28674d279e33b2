// Command canary runs after the tests: it reads what `go test -json` prints, says of it what go test
// would have said, and fails if a planted secret is anywhere in it, plain or encoded.
//
//	go test -json ./... | go run ./pkg/secret/canary
//
// Planted is every word that begins with canary- in a test of the module. It has to be run at the
// module's root. Its exit code is 0 only if tests were run, all passed, and told no secret.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Stdin, os.Stdout, ".")) }

func run(in io.Reader, out io.Writer, root string) (exitCode int) {
	planted, err := findPlanted(root)
	if err != nil {
		return fail(out, err)
	}
	tests, err := read(in, out)
	if err != nil {
		return fail(out, err)
	}
	told, err := search(tests.printed, planted)
	if err != nil {
		return fail(out, err)
	}
	for _, where := range told {
		_, _ = fmt.Fprintln(out, "canary:", where)
	}
	_, _ = fmt.Fprintf(out, "canary: %d planted secrets, told %d times in %d bytes of output\n", len(planted), len(told), tests.bytes)
	if tests.failed || len(told) > 0 {
		return 1
	}
	return 0
}

func fail(out io.Writer, err error) int {
	_, _ = fmt.Fprintln(out, "canary:", err)
	return 1
}
