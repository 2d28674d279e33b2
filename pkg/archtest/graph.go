package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Load reads the imports of all Go files below a module's root, whatever system they are for,
// without tests. Folders that the go command does not look into are left out.
func Load(root, module string) (Graph, error) {
	graph := Graph{}
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && (name == "testdata" || name == "bin" || strings.ContainsRune("._", rune(name[0]))):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		imported, err := importsOf(filepath.Join(root, file), module)
		folder := path.Dir(file)
		graph[folder] = append(graph[folder], imported...)
		return err
	})
	for folder, imported := range graph {
		slices.Sort(imported)
		graph[folder] = slices.Compact(imported)
	}
	return graph, err
}

func importsOf(file, module string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("read imports: %w", err)
	}
	imported := make([]string, 0, len(parsed.Imports))
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", file, spec.Path.Value, err)
		}
		imported = append(imported, strings.TrimPrefix(name, module+"/"))
	}
	return imported, nil
}
