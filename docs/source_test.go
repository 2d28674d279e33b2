package docs_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// constant is one of a type's constants, as the source has it.
type constant struct {
	value   string
	comment string // beside it
	heading string // above it
}

// constantsOf are the constants of a type in a file, in the order of the file.
func constantsOf(t *testing.T, file, typeName string) []constant {
	t.Helper()
	var found []constant
	ast.Inspect(parse(t, file), func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		kind, ok := spec.Type.(*ast.Ident)
		if value, isLiteral := spec.Values[0].(*ast.BasicLit); ok && isLiteral && kind.Name == typeName {
			found = append(found, constant{strings.Trim(value.Value, `"`), oneLine(spec.Comment), oneLine(spec.Doc)})
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("%s has no constants of type %s", file, typeName)
	}
	return found
}

// field is one of a struct, as the source has it.
type field struct{ name, typeName, comment string }

// fieldsOf are the fields of a struct in a file.
func fieldsOf(t *testing.T, file, typeName string) []field {
	t.Helper()
	var found []field
	ast.Inspect(parse(t, file), func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok || spec.Name.Name != typeName {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			kind, _ := f.Type.(*ast.Ident)
			for _, name := range f.Names {
				found = append(found, field{name.Name, identName(kind), oneLine(f.Comment)})
			}
		}
		return false
	})
	if len(found) == 0 {
		t.Fatalf("%s has no struct %s", file, typeName)
	}
	return found
}

func identName(ident *ast.Ident) string {
	if ident == nil {
		return ""
	}
	return ident.Name
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// packageAt is what the comments of a folder's package say.
func packageAt(t *testing.T, folder string) *doc.Package {
	t.Helper()
	files := token.NewFileSet()
	var parsed []*ast.File
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	all, err := doc.NewFromFiles(files, parsed, folder, doc.PreserveAST)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// oneLine is a comment as one line.
func oneLine(group *ast.CommentGroup) string {
	return strings.Join(strings.Fields(group.Text()), " ")
}

// table is a table in Markdown, of its head and its rows.
func table(head []string, rows [][]string) string {
	var page strings.Builder
	line := func(cells []string) { page.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	page.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, cells := range rows {
		escaped := make([]string, len(cells))
		for i, text := range cells {
			escaped[i] = strings.ReplaceAll(text, "|", `\|`)
		}
		line(escaped)
	}
	return page.String()
}

// code is a text as code.
func code(text string) string { return "`" + text + "`" }

// read reads a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
