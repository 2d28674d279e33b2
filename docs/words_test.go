package docs_test

import (
	"go/ast"
	"go/doc"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// word is one of those that the house has for a thing. Where says is empty, the comment of the symbol
// says it.
type word struct{ word, folder, symbol, says string }

var words = []word{
	{"job", "pkg/runner", "Job", ""},
	{"run", "pkg/runner", "Job.RunID", "one execution of a workflow, with all its jobs; started again it is another attempt of the same run, with new jobs"},
	{"labels", "pkg/labels", "Parse", "what a job writes after runs-on; GitHub compares them without case or order"},
	{"class", "pkg/runner", "Class", ""},
	{"shape", "pkg/runner", "Shape", ""},
	{"delivery", "pkg/runner", "Event.ID", "one webhook that GitHub sends, with an id of its own"},
	{"event", "pkg/runner", "Event", ""},
	{"App", "pkg/runner", "Account.App", "a GitHub App of the operator's; several may share the load"},
	{"installation", "pkg/runner", "Class.Installation", "one owner's instance of a GitHub App"},
	{"account", "pkg/runner", "Account", ""},
	{"runner", "pkg/runner", "Runner", ""},
	{"runner group", "pkg/runner", "Class.Group", "GitHub's set of an organisation's runners, that some of its repositories may use; a repository has but one"},
	{"JIT config", "server/launch", "GitHub", "GitHub's registration of one runner, good for one job; a secret"},
	{"instance", "pkg/runner", "Instance", ""},
	{"instance type", "pkg/catalog", "Type", "a size of machine that EC2 has, as m7a.large"},
	{"zone", "pkg/runner", "Subnet", "an availability zone; each has one subnet of the stack's"},
	{"capacity type", "pkg/runner", "CapacityType", ""},
	{"offering", "pkg/runner", "Offering", ""},
	{"no-capacity", "pkg/runner", "CapacityMemory", "EC2's answer that it has none of an offering, remembered for a while"},
	{"interruption", "pkg/runner", "Interruption", ""},
	{"image", "pkg/runner", "Image", ""},
	{"boots", "pkg/runner", "Boots", ""},
	{"launch", "pkg/runner", "Launch", ""},
	{"fleet call", "pkg/runner", "LaunchRequest", ""},
	{"slot", "pkg/runner", "Slot", ""},
	{"attempt", "pkg/runner", "Job.Attempts", "one launch made on a job's account; after five it is refused"},
	{"assignment", "pkg/assignment", "Assignment", ""},
	{"report", "pkg/assignment", "Report", ""},
	{"user data", "pkg/assignment", "UserData", ""},
	{"profile", "pkg/assignment", "Profile", ""},
	{"door", "pkg/assignment", "Door", ""},
	{"queue", "server", "Queue", ""},
	{"record", "server", "Record", ""},
	{"item", "pkg/runner", "Item", ""},
	{"snapshot", "pkg/runner", "Snapshot", ""},
	{"lease", "pkg/runner", "Lease", ""},
	{"pass", "server", "Server.Pass", ""},
	{"decision", "pkg/runner", "Decision", ""},
	{"demand", "server/scheduler", "Decide", "the queued jobs of a class"},
	{"supply", "pkg/runner", "Runner.Supplies", "the runners of a class that launch, boot or idle"},
	{"surplus", "pkg/runner", "Surplus", "supply that no demand needs"},
	{"reason", "pkg/runner", "Reason", ""},
	{"stamp", "pkg/runner", "Stamps", ""},
	{"sweep", "server/sweep", "Stage.Run", "a look at EC2 and GitHub, to repair what was lost; once a minute"},
	{"cancellation", "pkg/runner", "Cancellation", ""},
	{"rerun", "pkg/runner", "Rerun", ""},
	{"budget", "pkg/runner", "Budgets", ""},
	{"origin", "pkg/runner", "Origin", ""},
	{"policy", "server/scheduler", "Policy", ""},
	{"audit", "server", "AuditEvent", "what the server decided and why, a line each"},
	{"metric", "server/metrics", "Definition", "a count, a time or a standing that Prometheus reads; it names no repository, job or instance"},
	{"alert", "server/alert", "Alert", "something that a person has to do something about"},
	{"usage", "pkg/runner", "Usage", "the minutes that runners live, for an alarm on what they may cost"},
	{"seam", "server", "Seams", ""},
	{"stage", "server", "Server", "one step of the flow, a folder; it knows no other stage"},
}

func wordsPage(t *testing.T) string {
	t.Helper()
	var named, places [][]string
	for _, w := range words {
		says := predicate(meaning(t, w.folder, w.symbol), w.symbol[strings.LastIndexByte(w.symbol, '.')+1:])
		if w.says != "" {
			says = w.says
		}
		named = append(named, []string{w.word, says, at(path.Base(w.folder)+"."+w.symbol, w.folder)})
	}
	for _, folder := range folders(t) {
		places = append(places, []string{at(folder, folder), purpose(t, folder)})
	}
	return made("the code's own comments") + `# Words

One word for one thing, and the same one everywhere: in types, folders, log keys and pages.

` + table([]string{"word", "is", "where"}, named) + "\n## Where what is\n\n" + table([]string{"folder", "what is there"}, places)
}

// at is a link to a folder.
func at(name, folder string) string { return "[" + code(name) + "](../" + folder + ")" }

// meaning is the first sentence of a symbol's comment: of a type, a function, a method, or a field.
func meaning(t *testing.T, folder, symbol string) string {
	t.Helper()
	all := packageAt(t, "../"+folder)
	owner, member, _ := strings.Cut(symbol, ".")
	for _, function := range all.Funcs {
		if function.Name == symbol {
			return all.Synopsis(function.Doc)
		}
	}
	for _, kind := range all.Types {
		if kind.Name != owner {
			if i := indexOf(kind.Funcs, symbol); i >= 0 {
				return all.Synopsis(kind.Funcs[i].Doc)
			}
			continue
		}
		if member == "" {
			return all.Synopsis(kind.Doc)
		}
		if i := indexOf(kind.Methods, member); i >= 0 {
			return all.Synopsis(kind.Methods[i].Doc)
		}
		if comment, found := fieldComment(kind, member); found {
			return comment
		}
	}
	t.Errorf("%s has no %s any more: say in docs/words_test.go where the word lives now", folder, symbol)
	return ""
}

func indexOf(functions []*doc.Func, name string) int {
	for i, function := range functions {
		if function.Name == name {
			return i
		}
	}
	return -1
}

func fieldComment(kind *doc.Type, name string) (comment string, found bool) {
	ast.Inspect(kind.Decl, func(node ast.Node) bool {
		if f, ok := node.(*ast.Field); ok {
			for _, ident := range f.Names {
				if ident.Name == name {
					comment, found = oneLine(f.Comment), true
				}
			}
		}
		return !found
	})
	return comment, found
}

// purpose is the first sentence about a package, without its name.
func purpose(t *testing.T, folder string) string {
	t.Helper()
	all := packageAt(t, "../"+folder)
	says := all.Synopsis(all.Doc)
	if says == "" {
		t.Errorf("the package %s has no comment: say what it is for", folder)
	}
	return predicate(says, "Package "+all.Name)
}

// predicate is a sentence without its subject.
func predicate(sentence, subject string) string {
	sentence = strings.TrimPrefix(sentence, subject+" ")
	return strings.TrimSuffix(strings.TrimPrefix(sentence, "is "), ".")
}

// folders are those of the module that have Go code.
func folders(t *testing.T) (found []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			found = append(found, path.Dir(name))
		case entry.IsDir() && name != "." && (entry.Name()[0] == '.' || entry.Name() == "testdata" || entry.Name() == "bin"):
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
